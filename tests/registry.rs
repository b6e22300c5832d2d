//! What is generated from the registry of formats is up to date; `UPDATE=1 cargo test --test registry` rewrites it.
#![allow(clippy::unwrap_used, clippy::panic)]

use lamina::formats::{self, FORMATS};
use lamina::model::GraphId;
use lamina::source::{Files, NativeFile};
use lamina::view::Viewer;
use std::fmt::Write;
use std::fs;
use std::rc::Rc;

/// Compares the file at `path` with `wanted`, or writes it when asked to.
fn golden(path: &str, wanted: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, wanted).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "{path} is out of date: run UPDATE=1 cargo test --test registry");
}

#[test]
fn the_list_of_the_page_is_the_registry() {
    let list: Vec<_> = FORMATS
        .iter()
        .map(|format| serde_json::json!({ "id": format.id, "name": format.name, "extensions": format.extensions }))
        .collect();
    golden("static/formats.json", &format!("{}\n", serde_json::to_string_pretty(&list).unwrap()));
}

#[test]
fn the_table_of_the_readme_is_the_registry() {
    let mut table = String::from("| format | extensions |\n| --- | --- |\n");
    for format in FORMATS {
        let extensions: Vec<String> = format.extensions.iter().map(|extension| format!("`.{extension}`")).collect();
        writeln!(table, "| {} | {} |", format.name, extensions.join(" ")).unwrap();
    }
    let readme = fs::read_to_string("README.md").unwrap();
    let (begin, end) = ("<!-- formats -->\n", "<!-- /formats -->");
    let (before, rest) = readme.split_once(begin).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    golden("README.md", &format!("{before}{begin}{table}{end}{after}"));
}

#[test]
fn the_thumbnails_of_the_samples_are_their_graphs() {
    let samples: Vec<serde_json::Value> =
        serde_json::from_str(&fs::read_to_string("static/samples/samples.json").unwrap()).unwrap();
    assert!(!samples.is_empty());
    for sample in samples {
        let (file, thumb) = (sample["file"].as_str().unwrap(), sample["thumb"].as_str().unwrap());
        let source = NativeFile::open(format!("static/samples/{file}").as_ref()).unwrap();
        let files = Files::new(file, Rc::new(source));
        let viewer = Viewer::new(formats::open(&files, &|_| ()).unwrap(), files);
        golden(&format!("static/samples/{thumb}"), &viewer.thumbnail(GraphId(0)).unwrap());
    }
}

#[test]
fn ids_are_unique_and_in_order() {
    let ids: Vec<_> = FORMATS.iter().map(|format| format.id).collect();
    assert!(ids.is_sorted() && ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
}
