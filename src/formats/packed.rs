//! Models that are packed: in a gzip file, or as the entry of a ZIP or tar archive that is no format of its own.

use super::{Opened, open_file, recognise};
use crate::codec::tar;
use crate::model::Entry;
use crate::probe::Probe;
use crate::report::{Error, Result};
use crate::safety::Audit;
use crate::source::{FileId, Files, InflatedSource, Limits, Packing, Slice, WindowSource};
use std::rc::Rc;

/// How files begin that are compressed with gzip (RFC 1952).
const GZIP: &[u8] = &[0x1f, 0x8b];
/// The most entries of an archive that are looked at.
const ENTRIES: usize = 256;

/// Opens what `probe` packs, which is `file`; none if it packs no model.
///
/// # Errors
/// Those of the model that is in it, and of unpacking it.
pub(super) fn open(
    probe: &Probe,
    file: FileId,
    files: &Files,
    audit: &mut Audit,
    progress: &dyn Fn(f32),
) -> Result<Option<Opened>> {
    let (inner, id, how) = if probe.has(0, GZIP) {
        let Some((inner, id)) = inflated(probe, files)? else { return Ok(None) };
        (inner, id, "gzip".to_owned())
    } else {
        let Some((inner, id)) = entry(probe, file, files)? else { return Ok(None) };
        let kind = if probe.zip().is_some() { "a ZIP" } else { "a tar" };
        let how = format!("{} in {kind} archive", inner.name());
        (inner, id, how)
    };
    let mut opened = open_file(&inner, id, files, audit, progress)?;
    opened.model.properties.push(Entry { name: "compression".into(), value: how.into() });
    Ok(Some(opened))
}

/// What a gzip file inflates to; none if that is no model.
fn inflated(probe: &Probe, files: &Files) -> Result<Option<(Probe, FileId)>> {
    let source = InflatedSource::measured(probe.file(), Packing::Gzip, Limits::default().inflated)?;
    let name = probe.name().strip_suffix(".gz").unwrap_or(probe.name());
    let file = files.add_inside(name, Rc::new(source));
    let inner = Probe::new(name, files.slice(file).unwrap_or_default())?;
    if inner.has(0, GZIP) {
        return Err(Error::unsupported("a file that is compressed twice"));
    }
    // An archive in it may pack a model itself, but not a third time.
    let known = recognise(&inner).is_some();
    if let (false, Some((inner, id))) = (known, entry(&inner, file, files)?) {
        return Ok(Some((inner, id)));
    }
    Ok(known.then_some((inner, file)))
}

/// The first entry of an archive that is a model, of those that are least deep in folders; the others become files beside it, as it may name them. None
/// if there is none.
fn entry(probe: &Probe, file: FileId, files: &Files) -> Result<Option<(Probe, FileId)>> {
    let mut found: Option<(String, Probe, FileId)> = None;
    let mut others = Vec::new();
    let mut entries = entries(probe, file, files);
    entries.sort_by_key(|(path, _)| path.matches('/').count());
    for (path, bytes) in entries {
        if found.is_none() {
            let source = Rc::new(WindowSource(bytes.clone()));
            let own = files.add_inside(&path, source);
            let inner = Probe::new(&path, files.slice(own).unwrap_or_default())?;
            if recognise(&inner).is_some() {
                found = Some((path, inner, own));
                continue;
            }
        }
        others.push((path, bytes));
    }
    let Some((path, inner, id)) = found else { return Ok(None) };
    beside(files, &path, others);
    Ok(Some((inner, id)))
}

/// The entries of an archive, ZIP or tar: their paths and bytes.
fn entries(probe: &Probe, file: FileId, files: &Files) -> Vec<(String, Slice)> {
    let archive = probe.file();
    let Some(zip) = probe.zip() else {
        // Of an archive that is cut short, what comes before the end may do.
        let (entries, _) = tar::entries(&archive, ENTRIES);
        let entries = entries.into_iter().filter(|entry| entry.span.len > 0);
        let path = |path: &str| path.trim_start_matches("./").to_owned();
        return entries.map(|entry| (path(&entry.path), archive.window(entry.span))).collect();
    };
    let entries = zip.entries.iter().filter(|entry| entry.size > 0 && !entry.encrypted).take(ENTRIES);
    // Of an entry that cannot be unpacked, somebody may still want the others.
    let opened = entries.filter_map(|entry| {
        let (id, span) = entry.open(files, file, &archive, &Limits::default()).ok()?;
        Some((entry.path.clone(), files.slice(id).unwrap_or_default().window(span)))
    });
    opened.collect()
}

/// Adds the entries of an archive as files, so that the model at `path` in it finds them where it says they are.
fn beside(files: &Files, path: &str, others: Vec<(String, Slice)>) {
    let folder = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let main = files.name();
    let outer = main.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    for (path, bytes) in others {
        let relative = path.strip_prefix(&folder).unwrap_or(&path);
        files.add(&format!("{outer}{relative}"), Rc::new(WindowSource(bytes)));
    }
}
