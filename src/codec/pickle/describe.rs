//! Prints objects the way Python would.

use super::{Bytes, Object, ObjectId, Opcode, Pickle};
use std::fmt::Write;

/// How deep objects are printed within each other.
const DEPTH: usize = 8;

impl Pickle {
    /// The object in the notation of Python, at most about `most` characters; `…` stands for what is left out.
    pub fn describe(&self, id: ObjectId, most: usize) -> String {
        let mut printer = Printer { pickle: self, out: String::new(), most };
        printer.object(id, 0);
        printer.out
    }
}

struct Printer<'a> {
    pickle: &'a Pickle,
    out: String,
    most: usize,
}

impl Printer<'_> {
    fn is_full(&self) -> bool {
        self.out.len() >= self.most
    }

    /// Recurses at most [`DEPTH`] levels; every step adds to the text, whose length is bounded.
    fn object(&mut self, id: ObjectId, depth: usize) {
        if depth > DEPTH || self.is_full() {
            self.out.push('…');
            return;
        }
        match self.pickle.object(id) {
            Object::None => self.out.push_str("None"),
            Object::Bool(true) => self.out.push_str("True"),
            Object::Bool(false) => self.out.push_str("False"),
            Object::Int(value) => self.print(value),
            Object::Long(digits) => self.out.push_str(digits),
            Object::Float(value) => self.out.push_str(&crate::codec::scalar::double_text(*value)),
            Object::Text(text) => self.text(text),
            Object::Bytes(bytes) => self.bytes("bytes", bytes),
            Object::ByteArray(bytes) => self.bytes("bytearray", bytes),
            Object::List(items) => self.items("[", items, "]", depth),
            Object::Tuple(items) => self.items("(", items, if items.len() == 1 { ",)" } else { ")" }, depth),
            Object::Set(items) => self.items("{", items, "}", depth),
            Object::FrozenSet(items) => self.items("frozenset({", items, "})", depth),
            Object::Dict(entries) => self.entries(entries, depth),
            Object::Global(import) => {
                let path = self.pickle.imports.get(*import).map(super::Import::path);
                self.out.push_str(&path.unwrap_or_default());
            }
            Object::Persistent(name) => {
                self.out.push_str("persistent ");
                self.object(*name, depth + 1);
            }
            Object::Buffer(number) => {
                self.out.push_str("buffer ");
                self.print(number);
            }
            Object::Instance(_) => self.instance(id, depth),
        }
    }

    fn instance(&mut self, id: ObjectId, depth: usize) {
        let Some((instance, call)) = self.pickle.instance(id) else { return };
        self.object(call.callable, depth + 1);
        if matches!(call.opcode, Opcode::NewObj | Opcode::NewObjEx) {
            self.out.push_str(".__new__");
        }
        match self.pickle.items(call.arguments) {
            Some(arguments) => self.items("(", arguments, ")", depth),
            None => {
                self.out.push_str("(*");
                self.object(call.arguments, depth + 1);
                self.out.push(')');
            }
        }
        for state in &instance.states {
            self.out.push_str(" with state ");
            self.object(*state, depth + 1);
        }
        if !instance.items.is_empty() {
            self.items(" with [", &instance.items, "]", depth);
        }
        if !instance.entries.is_empty() {
            self.out.push_str(" with ");
            self.entries(&instance.entries, depth);
        }
    }

    fn items(&mut self, open: &str, items: &[ObjectId], close: &str, depth: usize) {
        self.out.push_str(open);
        for (index, item) in items.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { "" });
            if self.is_full() {
                self.out.push('…');
                break;
            }
            self.object(*item, depth + 1);
        }
        self.out.push_str(close);
    }

    fn entries(&mut self, entries: &[(ObjectId, ObjectId)], depth: usize) {
        self.out.push('{');
        for (index, (key, value)) in entries.iter().enumerate() {
            self.out.push_str(if index > 0 { ", " } else { "" });
            if self.is_full() {
                self.out.push('…');
                break;
            }
            self.object(*key, depth + 1);
            self.out.push_str(": ");
            self.object(*value, depth + 1);
        }
        self.out.push('}');
    }

    fn bytes(&mut self, kind: &str, bytes: &Bytes) {
        let len = match bytes {
            Bytes::Range(span) => span.len,
            Bytes::Decoded(bytes) => bytes.len() as u64,
        };
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{kind}({len})");
    }

    fn text(&mut self, text: &str) {
        let left = self.most.saturating_sub(self.out.len()).max(1);
        let cut = if text.chars().nth(left).is_some() { "…" } else { "" };
        self.out.push('\'');
        for c in text.chars().take(left) {
            match c {
                '"' => self.out.push(c),
                c => self.out.extend(c.escape_debug()),
            }
        }
        self.out.push_str(cut);
        self.out.push('\'');
    }

    fn print(&mut self, value: impl std::fmt::Display) {
        let _ = write!(self.out, "{value}");
    }
}
