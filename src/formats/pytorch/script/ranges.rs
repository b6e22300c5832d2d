//! Where in the source each piece of the code comes from: `torch/csrc/jit/serialization/source_range_serialization.cpp`.
//!
//! A tuple of `(offset in the code, range, …)`, in order; or, since 1.7, `("FORMAT_WITH_STRING_TABLE", texts, the same tuple)`. A range is
//! `(source, begin, end)`, and a source `(text, file, line of its beginning)`; with the table, the text is a list of numbers of texts, and the
//! file such a number.

use super::object::untagged;
use crate::codec::pickle::{ObjectId, Pickle};
use foldhash::HashMap;

/// The mark of pickles that have a table of texts.
const TABLE: &str = "FORMAT_WITH_STRING_TABLE";

/// The ranges of a file of code.
pub struct Ranges {
    pickle: Pickle,
    texts: Option<Vec<ObjectId>>,
    /// Where ranges begin in the code, in order, with the range.
    starts: Vec<(i64, ObjectId)>,
    /// Where the lines of a source are, by the source.
    lines: HashMap<ObjectId, Vec<u64>>,
}

impl Ranges {
    /// The ranges in `pickle`; none if it has another form.
    pub fn read(pickle: Pickle) -> Option<Self> {
        let root = pickle.items(pickle.root?)?.to_vec();
        let (texts, list) = match *root {
            [mark, texts, list] if pickle.text(mark).is_some_and(|mark| &**mark == TABLE) => {
                (Some(pickle.items(texts)?.to_vec()), pickle.items(list)?.to_vec())
            }
            _ => (None, root),
        };
        let start = |entry: &ObjectId| {
            let entry = pickle.items(*entry)?;
            Some((pickle.int(*entry.first()?)?, *entry.get(1)?))
        };
        let starts: Vec<_> = list.iter().filter_map(start).collect();
        starts.is_sorted_by_key(|(start, _)| *start).then(|| Self { texts, starts, lines: HashMap::default(), pickle })
    }

    /// File and line of what is at `offset` of the code.
    pub fn source(&mut self, offset: u32) -> Option<String> {
        let next = self.starts.partition_point(|(start, _)| *start <= i64::from(offset));
        let (_, range) = self.starts.get(next.checked_sub(1)?)?;
        let [source, begin, ..] = self.pickle.items(*range)? else { return None };
        let [_, file, line] = self.pickle.items(*source)? else { return None };
        let file = match &self.texts {
            Some(texts) => *texts.get(usize::try_from(self.pickle.int(*file)?).ok()?)?,
            None => *file,
        };
        let (source, begin) = (*source, u64::try_from(self.pickle.int(*begin)?).ok()?);
        let Some(name) = self.pickle.text(file).filter(|name| !name.is_empty()).cloned() else {
            return self.traced(source);
        };
        let first = self.pickle.int(*line)?;
        let before = self.lines(source).partition_point(|end| *end <= begin);
        Some(format!("{name}:{}", first.saturating_add(before as i64)))
    }

    /// Of a traced program the text is what was being called, innermost first: `file(line): function`.
    fn traced(&self, source: ObjectId) -> Option<String> {
        let piece = self.pieces(source).into_iter().next()?;
        let (file, rest) = self.pickle.text(piece)?.split_once('(')?;
        let line = rest.split_once("):")?.0;
        line.bytes().all(|byte| byte.is_ascii_digit()).then(|| format!("{file}:{line}"))
    }

    /// The pieces of the text of `source`.
    fn pieces(&self, source: ObjectId) -> Vec<ObjectId> {
        let pickle = &self.pickle;
        let text = pickle.items(source).and_then(|source| source.first());
        match (&self.texts, text) {
            (Some(texts), Some(text)) => {
                let numbers = pickle.items(untagged(pickle, *text)).unwrap_or_default().iter();
                let numbers = numbers.filter_map(|number| usize::try_from(pickle.int(*number)?).ok());
                numbers.filter_map(|number| texts.get(number).copied()).collect()
            }
            (None, Some(text)) => vec![*text],
            _ => Vec::new(),
        }
    }

    /// Where the lines of `source` end.
    fn lines(&mut self, source: ObjectId) -> &[u64] {
        if !self.lines.contains_key(&source) {
            let (mut ends, mut length) = (Vec::new(), 0);
            for piece in self.pieces(source).into_iter().filter_map(|piece| self.pickle.text(piece)) {
                ends.extend(piece.match_indices('\n').map(|(at, _)| length + at as u64 + 1));
                length += piece.len() as u64;
                // A list of numbers may name one text again and again.
                if length > LONGEST {
                    break;
                }
            }
            self.lines.insert(source, ends);
        }
        self.lines.get(&source).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The most bytes of a source whose lines are counted.
const LONGEST: u64 = 4 << 20;
