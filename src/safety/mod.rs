//! What the pickles of a file would do to whoever loads it.
//!
//! A pickle is a program that imports and calls. Readers push each pickle that they read to the [`Audit`]; it lists what each would import and
//! call, rates that, and goes on to what is hidden: pickles behind the end of others, inside of their data, and in entries of an archive that
//! nobody asked for. Nothing is executed.
//!
//! What is no pickle and runs all the same (code in descriptions of models, what those import), or reads other files, readers report as a finding.
//!
//! A report never says that a file does no harm. What an import does depends on the software that is installed where the file is loaded, and
//! this program knows only some of it.
#![deny(clippy::indexing_slicing)]

mod archive;
mod audit;
mod ratings;
mod stream;
mod words;

pub use audit::{Audit, Mark};
pub use ratings::{Ratings, Verdict};

use crate::source::{FileId, Span};
use serde::Serialize;

/// How much something matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rating {
    /// It is known, and no harm of it is.
    #[default]
    Inert,
    /// What it does cannot be known from the file; of findings: it is odd, and a way to hide things.
    Unknown,
    /// It runs code, reaches out of the program, or can do so.
    Dangerous,
}

impl Rating {
    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inert => "inert",
            Self::Unknown => "unknown",
            Self::Dangerous => "dangerous",
        }
    }
}

/// The report on a file.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Safety {
    /// The gravest rating in it.
    pub rating: Rating,
    /// What it comes to, in a sentence.
    pub summary: String,
    /// Why such things are reported on at all, and what avoids them.
    pub why: &'static str,
    /// The pickles.
    pub streams: Vec<Stream>,
    /// How many more pickles there are, none of them graver than those of that rating which are listed.
    pub more: usize,
    /// What is odd about the container, and what runs that is no pickle.
    pub findings: Vec<Finding>,
    /// How many entries of the archive, and bytes within pickles, were not looked at.
    pub unseen: usize,
}

/// A pickle.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stream {
    /// What it is in: the path in an archive, and for a pickle within a pickle where that is; empty if it is all of the file.
    pub name: String,
    /// The file that its offsets count in.
    #[serde(skip)]
    pub file: FileId,
    /// Where it begins and ends.
    #[serde(flatten)]
    pub span: Span,
    /// The number of the pickle that it is in, or behind.
    pub within: Option<usize>,
    /// Whether it is only run by a program that goes after it: not by loading the file.
    pub aside: bool,
    /// The protocol that it states.
    pub protocol: u8,
    /// The gravest rating in it.
    pub rating: Rating,
    /// What it imports, each name once, the gravest first.
    pub imports: Vec<Import>,
    /// How many more names it imports, none of them graver than those.
    pub more_imports: usize,
    /// The calls that are not inert, the gravest first.
    pub calls: Vec<Call>,
    /// How many more there are, none of them graver than those.
    pub more_calls: usize,
    /// What else there is to say.
    pub findings: Vec<Finding>,
}

/// A name that a pickle imports.
#[derive(Clone, Debug, Serialize)]
pub struct Import {
    /// The name with its module, as Python 3 spells it.
    pub path: String,
    /// How much it matters.
    pub rating: Rating,
    /// What it does, as a sentence goes on after its name.
    pub reason: &'static str,
    /// Where it is imported first.
    pub at: u64,
    /// The instruction that does so.
    pub opcode: &'static str,
    /// How often it is.
    pub count: usize,
}

/// What a pickle calls.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// The call in the notation of Python; of several to the same, the first.
    pub text: String,
    /// How much it matters.
    pub rating: Rating,
    /// What is called, and what that does.
    pub reason: String,
    /// Where it is made.
    pub at: u64,
    /// The instruction that makes it.
    pub opcode: &'static str,
    /// How many such calls there are.
    pub count: usize,
}

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub rating: Rating,
    /// A sentence.
    pub message: String,
    /// Where, if that can be told.
    pub at: Option<u64>,
}

impl Finding {
    fn new(rating: Rating, message: impl Into<String>, at: Option<u64>) -> Self {
        Self { rating, message: message.into(), at }
    }
}
