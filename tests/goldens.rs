//! Opens every fixture and compares what the reader makes of it with the golden beside it.
//!
//! Files that are not recognised as a model have none: what is said of them is the matter of `tests/probe.rs`.
//!
//! `UPDATE=1 cargo test --test goldens` writes the goldens anew, and removes those whose fixture is gone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use lamina::formats::{self, FORMATS};
use lamina::model::dump;
use lamina::probe::Probe;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// What a golden says of a fixture: its dump, or why there is none; nothing if it is not recognised.
fn state(path: &Path) -> Option<String> {
    let files = common::on_disk(path);
    Some(match common::open(&files) {
        Ok(opened) => format!("{}\n{}", opened.format.id, dump::text(&opened.model, &opened.report)),
        Err(error) => {
            let format = formats::recognise(&Probe::new(&files.name(), files.main()).unwrap())?;
            format!("{}\n{:?}: {error}\n", format.id, error.kind)
        }
    })
}

fn golden(fixture: &Path) -> PathBuf {
    let mut name = fixture.as_os_str().to_owned();
    name.push(".dump");
    name.into()
}

/// The first line in which two texts differ.
fn difference(expected: &str, found: &str) -> String {
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((line, (expected, found))) => format!("line {}\n  expected {expected}\n  found    {found}", line + 1),
        None => format!("{} lines expected, {} found", expected.lines().count(), found.lines().count()),
    }
}

#[test]
fn fixtures_open_as_their_goldens_say() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = String::new();
    let mut count = 0;
    for fixture in common::fixtures(&common::root()) {
        let (golden, Some(found)) = (golden(&fixture), state(&fixture)) else { continue };
        count += 1;
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected == found {
            continue;
        }
        if update {
            fs::write(&golden, &found).unwrap();
        } else {
            writeln!(wrong, "{}: {}", common::name(&fixture), difference(&expected, &found)).unwrap();
        }
    }
    assert!(count > 90, "only {count} fixtures");
    assert!(wrong.is_empty(), "{wrong}\nIf this is meant to be so: UPDATE=1 cargo test --test goldens");
}

#[test]
fn every_golden_has_its_fixture() {
    let update = std::env::var_os("UPDATE").is_some();
    let goldens = common::files(&common::root()).into_iter().filter(|path| path.extension() == Some("dump".as_ref()));
    let orphan = |fixture: &Path| !fixture.exists() || state(fixture).is_none();
    for golden in goldens.filter(|golden| orphan(&golden.with_extension(""))) {
        assert!(update, "{} has no fixture that is a model", common::name(&golden));
        fs::remove_file(golden).unwrap();
    }
}

#[test]
fn every_format_has_fixtures_that_open_as_it() {
    for format in FORMATS {
        let folder = common::root().join(format.id);
        let opened = common::fixtures(&folder)
            .into_iter()
            .filter(|path| common::open(&common::on_disk(path)).is_ok_and(|opened| opened.format.id == format.id));
        assert!(opened.count() > 0, "{} has no fixture", format.id);
    }
}

#[test]
fn dumps_are_the_same_every_time() {
    for fixture in common::fixtures(&common::root()) {
        assert_eq!(state(&fixture), state(&fixture), "{}", common::name(&fixture));
    }
}
