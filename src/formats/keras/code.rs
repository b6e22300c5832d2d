//! What loading a model would run or read: code in its description, what that names, and links to other files.
//!
//! Keras imports what a description names, and runs the bytecode of its functions; its safe mode, which not all ways of loading have, forbids some of
//! it (CVE-2024-3660, CVE-2025-1550, CVE-2025-8747, CVE-2025-9905, CVE-2025-9906, CVE-2025-12058, CVE-2025-49655). Nothing is run here.

use super::super::Open;
use super::attributes::is_bytecode;
use crate::codec::base64;
use crate::codec::document::Document;
use crate::codec::hdf5::{Kind, Place, Tree};
use crate::safety::Rating;
use std::collections::BTreeSet;

/// The most names of a function that are told.
const NAMES: usize = 12;
/// The most findings of a description.
const FINDINGS: usize = 200;
/// Settings that may be functions.
const FUNCTIONS: [&str; 3] = ["function", "output_shape", "mask"];
/// Functions of Keras that reach out of it.
const REACHING: [(&str, &str); 4] = [
    ("get_file", "fetches a file from anywhere and unpacks it"),
    ("enable_unsafe_deserialization", "turns the safe mode off"),
    ("load_model", "loads another model"),
    ("load_img", "reads a file"),
];

/// Reports on the code that the description `config`, which is in `place`, has or names.
pub fn check(config: &Document, place: &str, open: &mut Open) {
    let mut told = BTreeSet::new();
    let mut waiting = vec![(config, "")];
    while let Some((document, layer)) = waiting.pop() {
        let name = document.get("config").and_then(|config| config.text_of("name"));
        let layer = document.text_of("class_name").and(name).unwrap_or(layer);
        for (rating, message) in findings(document, layer, open) {
            if told.len() < FINDINGS && told.insert(message.clone()) {
                let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
                open.safety.find(rating, format!("{place}{message}"), None);
            }
        }
        waiting.extend(document.items().iter().rev().map(|item| (item, layer)));
        waiting.extend(document.members().iter().rev().map(|(_, value)| (value, layer)));
    }
}

/// What is to be said of one object of a description.
fn findings(document: &Document, layer: &str, open: &Open) -> Vec<(Rating, String)> {
    let Some(class) = document.text_of("class_name") else { return Vec::new() };
    let config = document.get("config");
    let mut found = Vec::new();
    if class == "__lambda__" {
        let code = config.and_then(|config| config.text_of("code")).unwrap_or_default();
        found.push(bytecode(code, layer, open));
    }
    for name in FUNCTIONS {
        let Some(function) = config.and_then(|config| config.get(name)) else { continue };
        if let ([Document::Text(code), ..], true) = (function.items(), is_bytecode(function)) {
            found.push(bytecode(code, layer, open));
        }
    }
    if let Some(module) = document.text_of("module") {
        let name = if class == "function" { config.and_then(Document::text) } else { Some(class) };
        found.extend(import(module, name.unwrap_or(class), layer, open));
    }
    if let Some((package, class)) = document.text_of("registered_name").and_then(|name| name.split_once('>')) {
        let message =
            format!("The class `{package}>{class}` is not in the file: the program that loads the model supplies it.");
        found.push((Rating::Inert, message));
    }
    match class {
        "TorchModuleWrapper" => found.push((
            Rating::Unknown,
            format!(
                "The layer {layer:?} is a module of PyTorch, which is saved as a pickle: loading the model runs it."
            ),
        )),
        "TFSMLayer" => found.push((
            Rating::Unknown,
            format!(
                "The layer {layer:?} is a SavedModel that is read from elsewhere: its operations run with the model."
            ),
        )),
        _ => {}
    }
    if let Some(path) = config.and_then(|config| config.text_of("vocabulary")) {
        found.push((
            Rating::Unknown,
            format!("The layer {layer:?} takes its vocabulary from {path:?}: loading the model reads that file."),
        ));
    }
    found
}

/// What is to be said of a function that is there as bytecode.
fn bytecode(code: &str, layer: &str, open: &Open) -> (Rating, String) {
    // Version 1 has a character for each byte.
    let bytes = base64::decode(code).unwrap_or_else(|| code.chars().map(|c| u32::from(c) as u8).collect());
    let names = names(&bytes);
    let grave = names.iter().find(|name| {
        let rated = ["builtins", "__main__"].map(|module| open.safety.rate(module, name).rating);
        rated.contains(&Rating::Dangerous)
    });
    let listed: Vec<String> = names.iter().take(NAMES).map(|name| format!("`{name}`")).collect();
    let names = if listed.is_empty() { String::new() } else { format!(" It speaks of {}.", listed.join(", ")) };
    let what = format!(
        "The layer {layer:?} has a function as Python bytecode ({} bytes), which whoever loads the model runs.{names}",
        bytes.len()
    );
    (if grave.is_some() { Rating::Dangerous } else { Rating::Unknown }, what)
}

/// The names in marshalled code, in order: short texts that may be names of Python. They have a kind, of which the highest bit says whether it is
/// referred to, and a length of one byte (`Python/marshal.c`).
fn names(code: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(rest) = code.get(at..).filter(|rest| !rest.is_empty()) {
        at += 1;
        let [kind, len, text @ ..] = rest else { continue };
        let Some(text) = text.get(..usize::from(*len)).filter(|text| !text.is_empty()) else { continue };
        let is_name = |text: &[u8]| {
            text.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                && !text.iter().all(u8::is_ascii_digit)
        };
        if matches!(kind & 0x7f, b'z' | b'Z') && is_name(text) {
            let name = String::from_utf8_lossy(text).into_owned();
            if !found.contains(&name) {
                found.push(name);
            }
            at += 1 + text.len();
        }
    }
    found
}

/// What is to be said of `name`, which is imported from `module`.
fn import(module: &str, name: &str, layer: &str, open: &Open) -> Option<(Rating, String)> {
    let of = if layer.is_empty() { String::new() } else { format!("The layer {layer:?}: ") };
    let root = module.split('.').next().unwrap_or_default();
    if root == "keras" || module.starts_with("tensorflow.python.keras") {
        let (_, does) = REACHING.iter().find(|(known, _)| *known == name)?;
        return Some((Rating::Dangerous, format!("{of}loading the model calls `{module}.{name}`, which {does}.")));
    }
    let verdict = open.safety.rate(module, name);
    if module == "builtins" && verdict.rating < Rating::Dangerous {
        // So Keras writes functions of the program that saved the model.
        let message =
            format!("{of}the function `{name}` is not in the file: the program that loads the model supplies it.");
        return Some((Rating::Inert, message));
    }
    let message = format!("{of}loading the model imports `{module}.{name}`, which {}.", verdict.reason);
    Some((verdict.rating.max(Rating::Unknown), message))
}

/// Reports on what is in other files by `tree`.
pub fn check_links(tree: &Tree, open: &mut Open) {
    for (number, item) in tree.items() {
        let path = tree.path(number);
        let message = match &item.kind {
            Kind::Link { file: Some(file), path: target } => format!(
                "{path:?} is a link to {target:?} of another file: programs that follow it read {file:?} of the machine that they run on."
            ),
            Kind::Dataset(dataset) => match &dataset.place {
                Place::Elsewhere(files) => format!(
                    "The values of {path:?} are in other files: programs that read them read {files:?} of the machine that they run on."
                ),
                _ => continue,
            },
            _ => continue,
        };
        open.safety.find(Rating::Unknown, message, Some(item.at).filter(|at| *at > 0));
    }
}
