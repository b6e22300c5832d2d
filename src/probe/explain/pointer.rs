//! Files that stand for another file: nothing, placeholders, links, downloads that did not end.

use super::{Probe, quote, size};
use crate::report::Error;

/// Names that browsers and downloaders give to what is not complete yet.
const UNFINISHED: &[&str] =
    &["crdownload", "part", "partial", "download", "opdownload", "aria2", "incomplete", "filepart", "!ut", "xltd"];

/// What is here in place of the model.
pub fn explain(probe: &Probe) -> Option<Error> {
    empty(probe)
        .or_else(|| unfinished(probe))
        .or_else(|| zeros(probe))
        .or_else(|| lfs(probe))
        .or_else(|| other_pointers(probe))
        .or_else(|| shortcut(probe))
        .or_else(|| link(probe))
}

fn empty(probe: &Probe) -> Option<Error> {
    probe.is_empty().then(|| {
        Error::malformed(
            "This file is empty (0 bytes): a download or an export did not get to write it. Fetch or export it again.",
        )
    })
}

fn unfinished(probe: &Probe) -> Option<Error> {
    UNFINISHED.iter().any(|extension| probe.has_extension(extension)).then(|| {
        Error::malformed(format!(
            "This is a download that is not finished ({} so far). Wait for it to end, or start it again.",
            size(probe.len())
        ))
    })
}

/// A file whose space was reserved, but which was never filled: zeros at its start, in its middle and at its end.
fn zeros(probe: &Probe) -> Option<Error> {
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let middle = || probe.bytes_at(probe.len() / 2, probe.len().min(4096) / 2).unwrap_or_default();
    (is_zero(probe.head()) && is_zero(probe.tail()) && is_zero(&middle())).then(|| {
        Error::malformed(format!(
            "This file ({}) holds nothing but zeros, at its start, in its middle and at its end: its space was reserved, \
             but its content never arrived. Download or copy it again.",
            size(probe.len())
        ))
    })
}

/// A pointer of Git LFS: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
fn lfs(probe: &Probe) -> Option<Error> {
    let text = probe.text()?;
    let version = text.lines().next()?.strip_prefix("version https://")?;
    if !(version.starts_with("git-lfs.github.com/") || version.starts_with("hawser.github.com/")) {
        return None;
    }
    let stands_for = text
        .lines()
        .find_map(|line| line.strip_prefix("size ")?.trim().parse().ok())
        .map(|bytes: u64| format!(", which has {}", size(bytes)))
        .unwrap_or_default();
    Some(Error::missing(format!(
        "This is a Git LFS pointer ({}), not the model itself{stands_for}. Fetch it with `git lfs pull`, then open it again.",
        size(probe.len())
    )))
}

fn other_pointers(probe: &Probe) -> Option<Error> {
    let text = probe.text()?;
    let (what, fetch) = if text.trim_start().starts_with("/annex/objects/") {
        ("git-annex pointer", "git annex get")
    } else if text.starts_with("outs:") && text.contains("md5:") {
        ("DVC pointer", "dvc pull")
    } else {
        return None;
    };
    Some(Error::missing(format!(
        "This is a {what} ({}), not the model itself. Fetch it with `{fetch}`, then open it again.",
        size(probe.len())
    )))
}

fn shortcut(probe: &Probe) -> Option<Error> {
    const BEGINS: [(&[u8], &str); 4] = [
        (b"L\0\0\0\x01\x14\x02\0", "a Windows shortcut"),
        (b"book\0\0\0\0mark", "an alias of macOS"),
        (b"[InternetShortcut]", "a shortcut to a web page"),
        (b"[Desktop Entry]", "a desktop shortcut"),
    ];
    let (_, what) = BEGINS.iter().find(|(bytes, _)| probe.has(0, bytes))?;
    Some(Error::missing(format!("This is {what}, not what it points to. Open the model file itself.")))
}

/// The text of a symbolic link, which Git and ZIP write where links cannot be made: a single path.
fn link(probe: &Probe) -> Option<Error> {
    let text = probe.text().filter(|_| probe.len() <= 1024)?.trim_end();
    let is_path =
        text.starts_with("../") || text.starts_with("./") || text.starts_with('/') && text.matches('/').count() > 1;
    (is_path && !text.contains(['\n', ' ', '\t', '{', '<', ';'])).then(|| {
        Error::missing(format!(
            "This is the text of a symbolic link to {}, not the file that it points to. Open that file.",
            quote(text)
        ))
    })
}
