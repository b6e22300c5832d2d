//! Prints the instructions of a stream, one a line.

use super::decode::{self, Whole};
use super::{Argument, Instruction, Instructions, Opcode};
use crate::report::Result;
use crate::source::{Limits, Slice, Span};
use std::fmt::Write;

/// The most characters of an argument that are printed.
const SHOWN: usize = 120;
/// The longest whole number that is printed, in bytes.
const LONGEST: u64 = 64;

/// The lines of a stream, each with its offset, indented by the marks that are open:
///
/// ```text
/// 0x000000  PROTO            2
/// 0x000002  EMPTY_DICT
/// 0x000003  MARK
/// 0x000004    BINUNICODE       "weight"
/// ```
///
/// A line that is an error is the last one. It goes on after a `STOP`: whoever reads it decides whether what follows matters.
pub struct Listing {
    instructions: Instructions,
    depth: usize,
    done: bool,
}

impl Listing {
    /// The lines of `slice`, from its cursor on.
    pub fn new(slice: Slice, limits: &Limits) -> Self {
        Self { instructions: Instructions::new(slice, limits.text), depth: 0, done: false }
    }

    /// The lines of `slice`, from its cursor on, which is at [`Self::position`] of another listing whose depth was `depth`.
    pub fn resume(slice: Slice, limits: &Limits, depth: usize) -> Self {
        Self { depth, ..Self::new(slice, limits) }
    }

    /// Where the next line begins, in the file.
    pub fn position(&self) -> u64 {
        self.instructions.position()
    }

    /// How many marks are open there.
    pub fn depth(&self) -> usize {
        self.depth
    }

    fn line(&mut self) -> Result<String> {
        let instruction = self.instructions.read()?;
        let Instruction { at, opcode, .. } = instruction;
        match opcode {
            Opcode::PopMark | Opcode::Appends | Opcode::AddItems | Opcode::SetItems | Opcode::FrozenSet => self.close(),
            Opcode::Tuple | Opcode::List | Opcode::Dict | Opcode::Obj | Opcode::Inst => self.close(),
            Opcode::Stop => self.depth = 0,
            _ => {}
        }
        let mut line = format!("{at:#08x}  {:indent$}", "", indent = 2 * self.depth.min(40));
        let argument = self.argument(&instruction)?;
        // Writing to a string cannot fail.
        let _ = if argument.is_empty() {
            write!(line, "{}", opcode.name())
        } else {
            write!(line, "{:<16} {argument}", opcode.name())
        };
        self.depth += usize::from(opcode == Opcode::Mark);
        Ok(line)
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn argument(&self, instruction: &Instruction) -> Result<String> {
        Ok(match instruction.argument {
            Argument::None => String::new(),
            Argument::Int(value) => value.to_string(),
            Argument::Float(value) => format!("{value:?}"),
            Argument::Lines(module, name) => format!("{} {}", self.text(module)?, self.text(name)?),
            Argument::Bytes(span) => match instruction.opcode {
                Opcode::BinBytes | Opcode::ShortBinBytes | Opcode::BinBytes8 | Opcode::ByteArray8 => {
                    format!("{} bytes", span.len)
                }
                Opcode::Long1 | Opcode::Long4 if span.len > LONGEST => format!("{} bytes", span.len),
                Opcode::Long1 | Opcode::Long4 => match decode::whole(&self.head(span)?) {
                    Whole::Int(value) => value.to_string(),
                    Whole::Long(digits) => digits,
                },
                _ => self.text(span)?,
            },
        })
    }

    /// The first bytes of `span`.
    fn head(&self, span: Span) -> Result<Vec<u8>> {
        self.instructions.slice().bytes_at(span.at, span.len.min(4 * SHOWN as u64))
    }

    /// The text at `span` in quotes, cut short.
    fn text(&self, span: Span) -> Result<String> {
        let bytes = self.head(span)?;
        let text = String::from_utf8_lossy(&bytes);
        let shown: String = text.chars().take(SHOWN).collect();
        let cut = if span.len > shown.len() as u64 { "…" } else { "" };
        Ok(format!("{shown:?}{cut}"))
    }
}

impl Iterator for Listing {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done || self.instructions.is_at_end() {
            return None;
        }
        let line = self.line();
        self.done = line.is_err();
        Some(line)
    }
}
