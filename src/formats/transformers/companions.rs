//! The other files of the folder: what generates, what makes tokens, what adapts.

use super::config::{Config, get, list, settings};
use super::entry;
use crate::model::Model;
use crate::report::{Report, Result, Severity};
use crate::source::{Files, Slice, Span};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Files with settings, all of which are listed; what their settings are listed under; whether a server is asked for them.
const SETTINGS: [(&str, &str, bool); 5] = [
    ("generation_config.json", "generation_config", true),
    ("tokenizer_config.json", "tokenizer_config", true),
    ("special_tokens_map.json", "special_tokens", false),
    ("preprocessor_config.json", "preprocessor_config", false),
    ("adapter_config.json", "adapter_config", false),
];
/// A template for chats that is a file of its own.
const TEMPLATE: &str = "chat_template.jinja";
/// The most bytes of it.
const TEMPLATE_SIZE: u64 = 1 << 20;
/// The table of all tokens.
const TOKENIZER: &str = "tokenizer.json";
/// The most bytes that are read of it to count tokens, and those that tell what it is.
const TOKENS: u64 = 64 << 20;
const HEAD: u64 = 512 << 10;
/// A setting that lists tokens one by one, as the table of tokens does.
const ADDED: &str = "added_tokens_decoder";

/// Adds what the files beside `config` say to `model`.
pub fn describe(model: &mut Model, files: &Files, config: &Config, report: &mut Report) {
    let (remote, main) = (files.is_remote(), files.name());
    for (file, name, far) in SETTINGS {
        let adapter = file.starts_with("adapter") && main.contains("adapter");
        let asked = adapter || far && !config.is_empty();
        if remote && !asked {
            continue;
        }
        let read = |bytes: &Slice| settings(bytes);
        if let Some(mut found) = look(files, file, report, read) {
            let added = get(&found, ADDED).and_then(|added| added.as_object()).map(serde_json::Map::len);
            found.0.retain(|(key, _)| key != ADDED);
            list(name, &found, &mut model.metadata);
            if let Some(count) = added {
                model.metadata.push(entry(&format!("{name}.{ADDED}"), &format!("{count} tokens")));
            }
        }
    }
    if remote {
        return;
    }
    let text = |bytes: &Slice| Ok(String::from_utf8_lossy(&bytes.read_all(TEMPLATE_SIZE)?).into_owned());
    if let Some(template) = look(files, TEMPLATE, report, text) {
        model.metadata.push(entry("chat_template", &template));
    }
    let known = config.facts.vocabulary.is_some();
    if let Some(found) = look(files, TOKENIZER, report, |bytes| Tokenizer::read(bytes, known)) {
        found.describe(model);
    }
}

/// What `read` makes of the file called `name`, if it is there; what is wrong with it goes to the report.
fn look<T>(files: &Files, name: &str, report: &mut Report, read: impl Fn(&Slice) -> Result<T>) -> Option<T> {
    let file = files
        .sibling(name)
        .and_then(|file| file.and_then(|file| files.slice(file)).map(|bytes| read(&bytes)).transpose());
    file.unwrap_or_else(|error| {
        report.add(Severity::Warning, format!("{name}: {error}"));
        None
    })
}

/// What is shown of a table of tokens.
#[derive(Debug, Default, PartialEq)]
struct Tokenizer {
    /// How it makes tokens: `BPE`.
    model: String,
    /// The number of its tokens.
    tokens: Option<usize>,
    /// The number of tokens that were added to these.
    added: Option<usize>,
}

impl Tokenizer {
    /// Reads the table in `bytes`; if the number of tokens is `known`, only what comes before them.
    fn read(bytes: &Slice, known: bool) -> Result<Self> {
        let len = if known { bytes.len().min(HEAD) } else { bytes.len() };
        let bytes = bytes.window(Span { at: bytes.span().at, len }).read_all(TOKENS)?;
        let mut found = Self::default();
        // Reading stops at the tokens, or behind them, by a fault: what was found until then counts.
        let _ = serde_json::Deserializer::from_str(&String::from_utf8_lossy(&bytes))
            .deserialize_map(Outer { found: &mut found, known });
        Ok(found)
    }

    fn describe(self, model: &mut Model) {
        if !self.model.is_empty() {
            model.metadata.push(entry("tokenizer.model", &self.model));
        }
        for (name, count) in [("tokenizer.tokens", self.tokens), ("tokenizer.added_tokens", self.added)] {
            model.metadata.extend(count.map(|count| entry(name, &count.to_string())));
        }
        if let Some(tokens) = self.tokens {
            model.properties.push(entry("vocabulary", &tokens.to_string()));
        }
    }
}

/// The outermost object of a table of tokens.
struct Outer<'a> {
    found: &'a mut Tokenizer,
    known: bool,
}

impl<'de> Visitor<'de> for Outer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a tokenizer")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "added_tokens" => self.found.added = Some(map.next_value_seed(Count)?),
                "model" => map.next_value_seed(Inner { found: self.found, known: self.known })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The object in it that says how tokens are made.
struct Inner<'a> {
    found: &'a mut Tokenizer,
    known: bool,
}

impl<'de> DeserializeSeed<'de> for Inner<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Inner<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model of a tokenizer")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "type" => self.found.model = map.next_value()?,
                "vocab" if self.known => return Err(M::Error::custom("seen enough")),
                "vocab" => {
                    self.found.tokens = Some(map.next_value_seed(Count)?);
                    return Err(M::Error::custom("seen enough"));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Counts the members of an object or a list.
struct Count;

impl<'de> DeserializeSeed<'de> for Count {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<usize, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<usize, M::Error> {
        let mut count = 0;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<usize, A::Error> {
        let mut count = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::source::BytesSource;
    use std::rc::Rc;

    fn read(text: &str, known: bool) -> Tokenizer {
        let files = Files::new(TOKENIZER, Rc::new(BytesSource(text.as_bytes().to_vec())));
        Tokenizer::read(&files.main(), known).unwrap()
    }

    #[test]
    fn tokens_are_counted_if_nobody_knows_how_many_there_are() {
        let text = r#"{"version": "1.0", "added_tokens": [{"id": 0}, {"id": 1}], "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2}, "merges": ["#;
        let wanted = Tokenizer { model: "BPE".into(), tokens: Some(3), added: Some(2) };
        assert_eq!(read(text, false), wanted);
        assert_eq!(read(text, true), Tokenizer { tokens: None, ..wanted });
        let listed = r#"{"model": {"type": "Unigram", "vocab": [["a", -1.0], ["b", -2.0]]}}"#;
        assert_eq!(read(listed, false).tokens, Some(2));
        assert_eq!(read("[3]", false), Tokenizer::default());
    }
}
