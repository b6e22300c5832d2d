//! JSON as programs write it: objects whose order matters, and numbers that JSON does not have.

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The members of an object, in the order of the file.
#[derive(Clone, Debug)]
pub struct Pairs<T>(pub Vec<(String, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Collect<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs<T>, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        json.deserialize_map(Collect(PhantomData))
    }
}

/// Something of type `T`, or anything else.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(untagged)]
pub enum Readable<T> {
    /// It is of that type.
    Yes(T),
    /// There is nothing.
    #[default]
    No,
    /// It is something else.
    Other(IgnoredAny),
}

impl<T> Readable<T> {
    /// What it is, if it is of that type.
    pub fn get(&self) -> Option<&T> {
        if let Self::Yes(content) = self { Some(content) } else { None }
    }
}

/// `value` as text: what is text already without its quotation marks.
pub fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What the JSON text `bytes` holds, with `NaN`, `Infinity` and `-Infinity`, which Python writes and JSON does not have, as texts.
///
/// # Errors
/// Those of `serde_json`.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    // One kind of input for all: each kind is a parser of its own in the program.
    serde_json::from_str(&String::from_utf8_lossy(&standard(bytes)))
}

/// The same text with `NaN`, `Infinity` and `-Infinity` in quotation marks.
fn standard(bytes: &[u8]) -> Cow<'_, [u8]> {
    const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let mut out: Option<Vec<u8>> = None;
    let (mut at, mut within) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let rest = bytes.get(at..).unwrap_or_default();
        let step = match byte {
            b'"' => {
                within = !within;
                1
            }
            b'\\' if within => 2,
            b'N' | b'I' | b'-' if !within => match WORDS.iter().find(|word| rest.starts_with(word)) {
                Some(word) => {
                    let out = out.get_or_insert_with(|| bytes.get(..at).unwrap_or_default().to_vec());
                    out.extend([b"\"", *word, b"\""].concat());
                    at += word.len();
                    continue;
                }
                None => 1,
            },
            _ => 1,
        };
        let step = step.min(rest.len());
        if let Some(out) = &mut out {
            out.extend(rest.get(..step).unwrap_or_default());
        }
        at += step;
    }
    out.map_or(Cow::Borrowed(bytes), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_have_become_text() {
        let cases = [
            (r#"{"a": [NaN, -Infinity, -1, Infinity]}"#, r#"{"a": ["NaN", "-Infinity", -1, "Infinity"]}"#),
            (r#"{"NaN": "In\"NaN finity", "b": NaN}"#, r#"{"NaN": "In\"NaN finity", "b": "NaN"}"#),
            (r#"["\\", NaN"#, r#"["\\", "NaN""#),
        ];
        for (given, wanted) in cases {
            assert_eq!(String::from_utf8_lossy(&standard(given.as_bytes())), wanted);
        }
        assert!(matches!(standard(br#"{"a": "NaN\"#), Cow::Borrowed(_)));
    }
}
