//! The other half of a model: the weights beside a net, or the net beside its weights.

use super::super::Open;
use super::recognise::{self, Root};
use crate::probe::Probe;
use crate::report::Severity;
use crate::source::FileId;

/// What weights are called.
const WEIGHTS: &str = "caffemodel";
/// What nets are called as text.
const NETS: &[&str] = &["prototxt", "pt", "txt"];

/// The file of weights that belongs to the net called `name`.
pub fn weights(name: &str, open: &mut Open) -> Option<(FileId, Probe)> {
    find(name, &[WEIGHTS], Root::Net, "weights", open)
}

/// The file of the net that weights called `name` belong to.
pub fn net(name: &str, open: &mut Open) -> Option<(FileId, Probe)> {
    find(name, NETS, Root::NetText, "nets", open)
}

/// The file that is `wanted`: of those that were opened together, the one of the same name or the first; else the one of the same name in the folder.
fn find(name: &str, extensions: &[&str], wanted: Root, what: &str, open: &mut Open) -> Option<(FileId, Probe)> {
    let stem = stem(name);
    let mut found: Vec<(bool, String, FileId, Probe)> = Vec::new();
    for path in open.files.companions() {
        let own = path.rsplit('/').next().unwrap_or_default().to_owned();
        if extensions.iter().any(|extension| own.to_ascii_lowercase().ends_with(&format!(".{extension}"))) {
            found.extend(opened(&own, wanted, open).map(|(file, probe)| (self::stem(&own) != stem, own, file, probe)));
        }
    }
    // Of nets, the one that is to be deployed has no data and no losses.
    found.sort_by_key(|(other, own, ..)| (*other, !own.contains("deploy"), own.clone()));
    if found.len() > 1
        && let Some((true, first, ..)) = found.first()
    {
        let message = format!("there are {} files of {what} here; {first:?} is taken", found.len());
        open.report.add(Severity::Note, message);
    }
    if let Some((_, _, file, probe)) = found.into_iter().next() {
        return Some((file, probe));
    }
    // Looking for a file that may not be there is free only here.
    if open.files.is_remote() {
        return None;
    }
    extensions.iter().find_map(|extension| opened(&format!("{stem}.{extension}"), wanted, open))
}

/// The file called `name` beside the main one, if it is there and is `wanted`.
fn opened(name: &str, wanted: Root, open: &Open) -> Option<(FileId, Probe)> {
    let file = open.files.sibling(name).ok().flatten().filter(|file| *file != open.file)?;
    let probe = Probe::new(name, open.files.slice(file)?).ok()?;
    recognise::root(&probe).filter(|(root, _)| *root == wanted)?;
    Some((file, probe))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
