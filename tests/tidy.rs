//! The invariants of the architecture that the text of the repository can show.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use lamina::formats::FORMATS;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What may lie at the top level, besides dot-files.
const TOP_LEVEL: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "Trunk.toml",
    "index.html",
    "src",
    "static",
    "tests",
    // What is built; not in the repository.
    "dist",
    "target",
];

/// What a codec must not know of.
const FRAMEWORKS: &[&str] = &[
    "caffe",
    "coreml",
    "darknet",
    "executorch",
    "ggml",
    "gguf",
    "keras",
    "lightning",
    "mxnet",
    "ncnn",
    "onnx",
    "openvino",
    "paddle",
    "paddlepaddle",
    "pytorch",
    "safetensors",
    "sklearn",
    "tensorflow",
    "tflite",
    "torch",
    "torchscript",
];

/// Addresses that the page may name: namespaces, which nobody fetches, and links that a person follows.
const ADDRESSES: &[&str] = &["http://www.w3.org/"];

/// A text file of the repository.
struct Text {
    path: String,
    content: String,
}

impl Text {
    /// `path:line: line` of each line that `wrong` holds for.
    fn lines_where(&self, wrong: impl Fn(&str) -> bool) -> Vec<String> {
        let numbered = self.content.lines().zip(1..);
        numbered
            .filter(|(line, _)| wrong(line))
            .map(|(line, number)| format!("{}:{number}: {}", self.path, line.trim()))
            .collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && !["node_modules", "work"].contains(&&*name) {
            walk(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The files below `folder` with one of the extensions, in order of their paths.
fn texts(folder: &str, extensions: &[&str]) -> Vec<Text> {
    let mut files = Vec::new();
    walk(&root().join(folder), &mut files);
    files.retain(|file| file.extension().is_some_and(|extension| extensions.iter().any(|known| extension == *known)));
    files.sort();
    let read = |file: PathBuf| Text {
        path: file.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"),
        content: fs::read_to_string(&file).unwrap(),
    };
    files.into_iter().map(read).collect()
}

fn sources(folder: &str) -> Vec<Text> {
    let found = texts(folder, &["rs"]);
    assert!(!found.is_empty(), "there are no sources in {folder}");
    found
}

/// Whether `word` occurs in `text` as a word of its own.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        !text[..at].chars().next_back().is_some_and(part) && !text[at + word.len()..].chars().next().is_some_and(part)
    })
}

fn is_comment(line: &str) -> bool {
    ["//", "*", "/*", "<!--"].iter().any(|start| line.trim_start().starts_with(start))
}

#[track_caller]
fn assert_none(rule: &str, violations: Vec<String>) {
    assert!(violations.is_empty(), "{rule}:\n{}", violations.join("\n"));
}

#[test]
fn words_are_found_as_words() {
    assert!(has_word("use torch::x", "torch"));
    assert!(!has_word("torchlight, a_torch", "torch"));
}

#[test]
fn fixtures_are_small() {
    let mut files = Vec::new();
    walk(&root().join("tests/fixtures"), &mut files);
    let large = files.iter().filter(|file| fs::metadata(file).unwrap().len() > 64 << 10);
    assert_none("a fixture has at most 64 KiB", large.map(|file| file.display().to_string()).collect());
}

#[test]
fn the_top_level_is_bare() {
    let names = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    assert_none(
        "the top level holds what is listed here, and dot-files",
        names.filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&&**name)).collect(),
    );
}

#[test]
fn the_registry_lists_every_file_of_formats() {
    let files: BTreeSet<String> = fs::read_dir(root().join("src/formats"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .filter(|name| !["mod", "packed", "several"].contains(&&**name))
        .collect();
    let ids: Vec<&str> = FORMATS.iter().map(|format| format.id).collect();
    assert_eq!(ids, files.iter().map(String::as_str).collect::<Vec<_>>(), "ids are file names, in alphabetical order");
}

#[test]
fn formats_do_not_import_formats() {
    let violations = sources("src/formats").into_iter().flat_map(|text| {
        let own = text.path.trim_start_matches("src/formats/").split(['/', '.']).next().unwrap().to_owned();
        let others: Vec<&str> =
            FORMATS.iter().map(|format| format.id).filter(|id| own != "mod" && *id != own).collect();
        text.lines_where(|line| {
            let path = !is_comment(line) && (line.contains("formats::") || line.contains("super::"));
            path && !line.contains("codec::") && others.iter().any(|id| has_word(line, id))
        })
    });
    assert_none("what formats share belongs in `codec`", violations.collect());
}

#[test]
fn codecs_name_no_framework() {
    let violations = sources("src/codec").into_iter().flat_map(|text| {
        text.lines_where(|line| {
            let line = line.to_lowercase();
            FRAMEWORKS.iter().any(|name| has_word(&line, name))
        })
    });
    assert_none("codecs know no framework", violations.collect());
}

#[test]
fn only_web_touches_javascript() {
    let violations = sources("src").into_iter().filter(|text| !text.path.starts_with("src/web/")).flat_map(|text| {
        text.lines_where(|line| {
            !is_comment(line) && ["wasm_bindgen", "js_sys", "web_sys"].iter().any(|name| has_word(line, name))
        })
    });
    assert_none("only `web` touches JavaScript", violations.collect());
}

#[test]
fn readers_keep_the_lints_that_stop_panics() {
    let lints = ["unwrap_used", "expect_used", "panic", "indexing_slicing"];
    let readers = ["src/formats", "src/codec", "src/source"].into_iter().flat_map(sources);
    let violations = readers.flat_map(|text| {
        let tests = text.content.find("#[cfg(test)]").unwrap_or(text.content.len());
        let code = Text { content: text.content[..tests].to_owned(), path: text.path };
        code.lines_where(|line| line.contains("allow(") && lints.iter().any(|lint| line.contains(lint)))
    });
    assert_none("readers do not panic", violations.collect());
}

#[test]
fn scripts_do_not_name_formats() {
    let violations = texts("static", &["js"]).into_iter().flat_map(|text| {
        text.lines_where(|line| {
            !is_comment(line)
                && FORMATS
                    .iter()
                    .any(|format| ['\'', '"', '`'].iter().any(|q| line.contains(&format!("{q}{}{q}", format.id))))
        })
    });
    assert_none("scripts never branch on a format", violations.collect());
}

#[test]
fn the_page_names_no_other_host() {
    let mut page = texts("static", &["js", "css", "html", "svg", "webmanifest"]);
    page.push(Text { path: "index.html".into(), content: fs::read_to_string(root().join("index.html")).unwrap() });
    let violations = page.iter().flat_map(|text| {
        text.lines_where(|line| {
            !is_comment(line)
                && ["http://", "https://", "ws://", "wss://"].iter().any(|scheme| {
                    let hosts = line.match_indices(scheme).map(|(at, _)| &line[at..]);
                    // A scheme alone is a prefix to compare with, not an address.
                    let named = |rest: &str| rest[scheme.len()..].starts_with(|c: char| c.is_alphanumeric());
                    hosts.filter(|rest| named(rest)).any(|rest| !ADDRESSES.iter().any(|known| rest.starts_with(known)))
                })
        })
    });
    assert_none(
        "the page asks no other host for anything (links that a person follows: list them here)",
        violations.collect(),
    );
}

#[test]
fn files_are_short() {
    let limits = [("src", "rs", 900), ("tests", "rs", 900), ("static", "js", 450), ("tests", "mjs", 450)];
    let violations = limits.into_iter().flat_map(|(folder, extension, limit)| {
        texts(folder, &[extension]).into_iter().filter_map(move |text| {
            let lines = text.content.lines().count();
            (lines >= limit).then(|| format!("{}: {lines} lines, {limit} or more", text.path))
        })
    });
    assert_none("a file reads as one thought", violations.collect());
}

#[test]
fn nothing_is_left_to_do() {
    // Spelt in two parts: this file is scanned too.
    let marks =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("X", "XX"), concat!("dbg", "!("), concat!("todo", "!(")];
    let folders =
        [("src", "rs"), ("tests", "rs"), ("static", "js"), ("static", "css"), ("tests", "mjs"), ("tests", "py")];
    let violations = folders.into_iter().flat_map(|(folder, extension)| {
        texts(folder, &[extension])
            .into_iter()
            .flat_map(|text| text.lines_where(|line| marks.iter().any(|mark| line.contains(mark))))
    });
    assert_none("what is to be done is an issue, not a comment", violations.collect());
}
