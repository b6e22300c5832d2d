//! The index of a model that is kept in several files, and the names of such files.
//!
//! A JSON object beside the files: `{"metadata": {"total_size": 27584}, "weight_map": {"lm_head.weight": "model-00003-of-00003.bin"}}`. What
//! `weight_map` maps is the name of an entry to the file that holds it, in the folder of the index; or the path of an object to those that hold
//! its tensors: `{"/layers/dense/vars": ["model_00000.weights.h5"]}`.

use super::json::{self, Pairs};
use crate::report::{Error, Result};
use crate::source::Slice;
use std::collections::BTreeMap;

/// The most bytes of an index.
const SIZE: u64 = 64 << 20;
/// The digits of a number in the name of a file.
const DIGITS: usize = 5;

/// An index.
#[derive(Debug, Default)]
pub struct Index {
    /// What is said about all files together.
    pub metadata: Vec<(String, String)>,
    /// The files by their paths, each with the names of what is in it.
    pub parts: BTreeMap<String, Vec<String>>,
}

/// What an index has under the keys that are known.
#[derive(serde::Deserialize)]
struct Raw {
    #[serde(default)]
    metadata: Pairs<serde_json::Value>,
    weight_map: Pairs<Paths>,
}

/// One file, or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Paths {
    One(String),
    Several(Vec<String>),
}

impl Index {
    /// Reads the index in `file`.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it is none; [`Kind::Limit`](crate::report::Kind::Limit) when it is too long; those of the
    /// source.
    pub fn read(file: &Slice) -> Result<Self> {
        let bytes = file.read_all(SIZE)?;
        let raw: Raw = json::parse(&bytes)
            .map_err(|error| Error::malformed(format!("this index of several files cannot be read: {error}")))?;
        let text = |(name, value): (String, serde_json::Value)| (name, json::text(&value));
        let mut index = Self { metadata: raw.metadata.0.into_iter().map(text).collect(), ..Self::default() };
        for (name, paths) in raw.weight_map.0 {
            match paths {
                Paths::One(path) => index.parts.entry(path).or_default().push(name),
                // Which of an object's tensors is in which file is not said.
                Paths::Several(paths) => paths.into_iter().for_each(|path| {
                    index.parts.entry(path).or_default();
                }),
            }
        }
        Ok(index)
    }
}

/// The files of `names` that belong together with `name` by their numbers, in order: of `model-00002-of-00003.bin`, that file and
/// `model-00001-of-00003.bin`; empty if its name has no such number. How many there should be is the second result.
pub fn series<'a>(name: &'a str, names: &'a [String]) -> (Vec<&'a str>, usize) {
    let Some((stem, _, count, end)) = numbered(name) else { return (Vec::new(), 0) };
    let same = |other: &&str| numbered(other).is_some_and(|(a, _, b, c)| (a, b, c) == (stem, count, end));
    let mut found: Vec<&str> = names.iter().map(String::as_str).chain([name]).filter(same).collect();
    crate::sort::sort(&mut found);
    found.dedup();
    (found, count)
}

/// The names of the files that belong together with `name` by their numbers, but are not `found`; without their folders. Of very many, the first.
pub fn absent(name: &str, found: &[&str]) -> Vec<String> {
    const MOST: usize = 1000;
    let name = own(name);
    let Some((stem, _, count, end)) = numbered(name) else { return Vec::new() };
    let names = (1..=count).map(|number| format!("{stem}-{number:0DIGITS$}-of-{count:0DIGITS$}{end}"));
    names.filter(|name| found.iter().all(|found| own(found) != name)).take(MOST).collect()
}

/// The first few of `names` in a sentence, and how many more there are.
pub fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    match (names.len().saturating_sub(SHOWN), shown.as_slice()) {
        (0, [first @ .., last]) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (0, names) => names.concat(),
        (more, names) => format!("{} and {more} more", names.join(", ")),
    }
}

/// A path without its folder.
fn own(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// The parts of a name with a number: `model-00002-of-00003.bin` is `model`, 2, 3, `.bin`.
fn numbered(name: &str) -> Option<(&str, usize, usize, &str)> {
    let (head, tail) = name.rsplit_once("-of-")?;
    let (stem, number) = head.rsplit_once('-')?;
    let (count, end) = tail.split_at_checked(DIGITS)?;
    let digits = |text: &str| (text.len() == DIGITS).then(|| text.parse().ok()).flatten();
    Some((stem, digits(number)?, digits(count)?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_series_are_told_by_their_numbers() {
        let names =
            ["x/m-00003-of-00003.bin", "x/m-00001-of-00003.bin", "x/n-00002-of-00003.bin", "m-00002-of-00003.bin"];
        let names = names.map(String::from);
        let (found, count) = series("x/m-00001-of-00003.bin", &names);
        assert_eq!((found.clone(), count), (vec!["x/m-00001-of-00003.bin", "x/m-00003-of-00003.bin"], 3));
        assert_eq!(absent("x/m-00001-of-00003.bin", &found), ["m-00002-of-00003.bin"]);
        assert_eq!(absent("m.bin", &[]), Vec::<String>::new());
        for alone in ["m.bin", "m-1-of-3.bin", "-of-", "m-0000é-of-00003", "m-00001-of-0000"] {
            assert_eq!(series(alone, &names), (Vec::new(), 0), "{alone}");
        }
    }
}
