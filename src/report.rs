//! Errors and diagnostics.
//!
//! Only an unreadable container is an [`Error`]. Everything that can be shown beside the graph (an unknown operator, a
//! missing shard, an odd attribute) is a [`Diagnostic`] in the [`Report`], and the rest of the model still opens.

use crate::model::{GraphId, NodeId};
use serde::Serialize;
use std::fmt;

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The bytes break the rules of their format.
    Malformed,
    /// The bytes may be fine, but this program does not know them.
    Unsupported,
    /// The bytes ask for more than [`crate::source::Limits`] allows.
    Limit,
    /// Something that the file refers to is not there.
    Missing,
    /// The operating system, the browser or the network failed.
    Io,
    /// This program has no reader for it; one with all formats may have.
    Elsewhere,
}

/// An error with the place where it happened.
///
/// Printed like `gguf: array needs 9 GB, 4 MB left (at 0x1c, in metadata)`.
#[derive(Clone, Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub kind: Kind,
    /// One sentence for the reader of the page: what it is, and what can be done.
    pub message: String,
    /// The byte offset in the file, where known.
    pub at: Option<u64>,
    /// Where in the structure it happened, innermost first.
    pub trail: Vec<String>,
}

impl Error {
    /// An error of `kind` that says `message`.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), at: None, trail: Vec::new() }
    }

    /// [`Kind::Malformed`].
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Kind::Malformed, message)
    }

    /// [`Kind::Unsupported`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// [`Kind::Limit`].
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(Kind::Limit, message)
    }

    /// [`Kind::Missing`].
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Kind::Missing, message)
    }

    /// [`Kind::Io`].
    pub fn io(message: impl Into<String>) -> Self {
        Self::new(Kind::Io, message)
    }

    /// The same error at byte offset `at`, unless a more precise one is already known.
    #[must_use]
    pub fn at(mut self, at: u64) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// The same error seen from one level further out.
    #[must_use]
    pub fn within(mut self, place: impl Into<String>) -> Self {
        self.trail.push(place.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (self.at, self.trail.is_empty()) {
            (None, true) => Ok(()),
            (Some(at), true) => write!(f, " (at {at:#x})"),
            (None, false) => write!(f, " (in {})", self.trail.join(" of ")),
            (Some(at), false) => write!(f, " (at {at:#x}, in {})", self.trail.join(" of ")),
        }
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::io(error.to_string())
    }
}

/// Adds context to the error of a result.
pub trait Within<T> {
    /// Names the place that was being read.
    ///
    /// # Errors
    /// Those of the result, with `place` added to their trail.
    fn within(self, place: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Error>> Within<T> for std::result::Result<T, E> {
    fn within(self, place: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.into().within(place()))
    }
}

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what the author of the file meant.
    Warning,
    /// Part of the model could not be read.
    Error,
}

/// One thing that is to be shown next to the graph.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The byte offset in the file, where known.
    pub at: Option<u64>,
    /// The graph that it is about.
    pub graph: Option<GraphId>,
    /// The node that it is about; in `graph`.
    pub node: Option<NodeId>,
}

/// The most diagnostics that are kept; the others are counted.
const KEPT: usize = 500;

/// All diagnostics of one opening, in the order in which they were met.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The diagnostics.
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there were than were kept.
    pub dropped: usize,
}

impl Report {
    /// Adds `diagnostic`.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < KEPT {
            self.diagnostics.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds what is in `other`.
    pub fn append(&mut self, other: Self) {
        other.diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
        self.dropped += other.dropped;
    }

    /// Adds a diagnostic about the model as a whole.
    pub fn add(&mut self, severity: Severity, message: impl Into<String>) {
        self.push(Diagnostic { severity, message: message.into(), at: None, graph: None, node: None });
    }

    /// Adds a diagnostic about `node` of `graph`.
    pub fn add_at(&mut self, severity: Severity, graph: GraphId, node: Option<NodeId>, message: impl Into<String>) {
        self.push(Diagnostic { severity, message: message.into(), at: None, graph: Some(graph), node });
    }

    /// Adds an error that did not stop the reading.
    pub fn add_error(&mut self, error: &Error) {
        self.push(Diagnostic {
            severity: Severity::Error,
            message: error.to_string(),
            at: error.at,
            graph: None,
            node: None,
        });
    }
}
