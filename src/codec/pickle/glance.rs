//! A quick look at what may be a pickle.

use super::{Argument, Instructions, Opcode};
use crate::source::{Slice, Span};

/// The most instructions that are looked at.
const INSTRUCTIONS: usize = 400;
/// The bytes in which they begin.
const BYTES: u64 = 4096;
/// Bytes that make more instructions than this are no accident.
const SENSIBLE: usize = 3;
/// The longest name of a module or of what is in it, in bytes.
const NAME: u64 = 256;

/// What the first instructions of some bytes say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Glance {
    /// How many there are.
    pub instructions: usize,
    /// How many of them look up a name.
    pub imports: usize,
    /// Whether the first one states a protocol.
    pub binary: bool,
    /// Whether one of them ends the stream.
    pub ended: bool,
    /// Whether they end in bytes that are no instruction.
    pub broken: bool,
}

impl Glance {
    /// Looks at `slice`, from its cursor on.
    pub fn at(slice: Slice) -> Self {
        let start = slice.position();
        let mut instructions = Instructions::new(slice, BYTES);
        let mut glance = Self::default();
        while glance.instructions < INSTRUCTIONS && instructions.position() - start < BYTES && !instructions.is_at_end()
        {
            let Ok(instruction) = instructions.read() else {
                glance.broken = true;
                break;
            };
            let first = glance.instructions == 0;
            glance.instructions += 1;
            glance.imports += usize::from(match (instruction.opcode, instruction.argument) {
                (Opcode::StackGlobal | Opcode::Ext1 | Opcode::Ext2 | Opcode::Ext4, _) => true,
                (_, Argument::Lines(module, name)) => {
                    [module, name].iter().all(|span| is_name(instructions.slice(), *span))
                }
                _ => false,
            });
            if instruction.opcode == Opcode::Proto && first {
                glance.binary = matches!(instruction.argument, Argument::Int(0..=5));
            }
            if instruction.opcode == Opcode::Stop {
                glance.ended = true;
                break;
            }
        }
        glance
    }

    /// Whether they are a pickle: one that states its protocol, or that imports something.
    pub fn is_pickle(&self) -> bool {
        let long = self.instructions > SENSIBLE;
        self.binary && (self.ended || self.imports > 0 || long) || self.imports > 0 && (self.ended || long)
    }

    /// Whether so many bytes are instructions that it is no accident.
    pub fn is_sensible(&self) -> bool {
        self.instructions > SENSIBLE
    }
}

/// Whether a line is a name of Python, with dots.
fn is_name(slice: &Slice, line: Span) -> bool {
    let bytes = slice.bytes_at(line.at, line.len.min(NAME + 1)).unwrap_or_default();
    let named = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    (1..=NAME).contains(&line.len) && str::from_utf8(&bytes).is_ok_and(|text| text.chars().all(named))
}
