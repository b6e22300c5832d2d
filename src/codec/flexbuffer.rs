//! FlexBuffers: <https://flatbuffers.dev/flexbuffers/>.
//!
//! Values without a schema, small ones: a buffer is read from its end, where the type of the outermost value is. What is shared in it, and how deep it
//! is, is bounded.

use crate::report::{Error, Result};

/// The deepest nesting.
const DEPTH: usize = 16;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Flex {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer; unsigned ones beyond it become the largest.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text; what is not UTF-8 in it is replaced.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several values.
    List(Vec<Flex>),
    /// Values by their names, in the order of the names.
    Map(Vec<(String, Flex)>),
}

/// Where a value is and how it is stored.
#[derive(Clone, Copy)]
struct Place {
    /// The offset of the value, or of the offset to it.
    at: usize,
    /// The bytes of that.
    width: usize,
    /// The type of the value and the width of what is in it, packed: six bits and two.
    packed: u8,
}

struct Decoder<'a> {
    bytes: &'a [u8],
    /// How many more values there may be.
    left: usize,
}

/// The outermost value of a buffer.
///
/// # Errors
/// [`Kind::Malformed`](crate::report::Kind::Malformed) when offsets point outside or a type is not known; [`Kind::Limit`](crate::report::Kind::Limit)
/// when it is very deep or parts are used many times.
pub fn decode(bytes: &[u8]) -> Result<Flex> {
    let [rest @ .., packed, width] = bytes else {
        return Err(Error::malformed("a FlexBuffer has at least three bytes"));
    };
    let width = usize::from(*width);
    let at = rest.len().checked_sub(width).ok_or_else(outside)?;
    let mut decoder = Decoder { bytes, left: bytes.len() };
    decoder.value(Place { at, width, packed: *packed }, DEPTH)
}

fn outside() -> Error {
    Error::malformed("an offset of a FlexBuffer points outside")
}

impl Decoder<'_> {
    fn take(&self, at: usize, len: usize) -> Result<&[u8]> {
        self.bytes.get(at..).and_then(|rest| rest.get(..len)).ok_or_else(outside)
    }

    fn unsigned(&self, at: usize, width: usize) -> Result<u64> {
        if !matches!(width, 1 | 2 | 4 | 8) {
            return Err(Error::malformed(format!("a number in a FlexBuffer has {width} bytes")));
        }
        let bytes = self.take(at, width)?;
        Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn signed(&self, at: usize, width: usize) -> Result<i64> {
        let shift = 64 - 8 * width.clamp(1, 8) as u32;
        Ok((self.unsigned(at, width)? << shift).cast_signed() >> shift)
    }

    fn float(&self, at: usize, width: usize) -> Result<f64> {
        let bits = self.unsigned(at, width)?;
        match width {
            4 => Ok(f32::from_bits(bits as u32).into()),
            8 => Ok(f64::from_bits(bits)),
            _ => Err(Error::malformed(format!("a float in a FlexBuffer has {width} bytes"))),
        }
    }

    /// Where the offset at `at` points to: it counts backwards.
    fn target(&self, at: usize, width: usize) -> Result<usize> {
        let offset = usize::try_from(self.unsigned(at, width)?).map_err(|_| outside())?;
        at.checked_sub(offset).ok_or_else(outside)
    }

    /// The number that is stored `before` widths before `at`.
    fn before(&self, at: usize, width: usize, before: usize) -> Result<usize> {
        let at = at.checked_sub(width * before).ok_or_else(outside)?;
        usize::try_from(self.unsigned(at, width)?).map_err(|_| outside())
    }

    fn key(&self, at: usize) -> Result<String> {
        let rest = self.bytes.get(at..).ok_or_else(outside)?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(outside)?;
        Ok(String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned())
    }

    fn value(&mut self, place: Place, depth: usize) -> Result<Flex> {
        let many = || Error::limit("a FlexBuffer is too deep, or its parts are used too many times");
        self.left = self.left.checked_sub(1).ok_or_else(many)?;
        let depth = depth.checked_sub(1).ok_or_else(many)?;
        let Place { at, width, packed } = place;
        let (kind, inner) = (packed >> 2, 1 << (packed & 3));
        let int = |number: u64| Flex::Int(i64::try_from(number).unwrap_or(i64::MAX));
        match kind {
            0 => return Ok(Flex::Null),
            1 => return Ok(Flex::Int(self.signed(at, width)?)),
            2 => return Ok(int(self.unsigned(at, width)?)),
            3 => return Ok(Flex::Float(self.float(at, width)?)),
            26 => return Ok(Flex::Bool(self.unsigned(at, width)? != 0)),
            _ => {}
        }
        let at = self.target(at, width)?;
        Ok(match kind {
            4 => Flex::Text(self.key(at)?),
            5 | 25 => {
                let bytes = self.take(at, self.before(at, inner, 1)?)?.to_vec();
                self.left = self.left.checked_sub(bytes.len()).ok_or_else(many)?;
                if kind == 25 { Flex::Bytes(bytes) } else { Flex::Text(String::from_utf8_lossy(&bytes).into_owned()) }
            }
            6 => Flex::Int(self.signed(at, inner)?),
            7 => int(self.unsigned(at, inner)?),
            8 => Flex::Float(self.float(at, inner)?),
            9 => self.map(at, inner, depth)?,
            10 => Flex::List(self.items(at, inner, self.before(at, inner, 1)?, None, depth)?),
            // Vectors of one type: of any length, of two, of three, of four.
            11..=15 | 36 => {
                let of = if kind == 36 { 26 } else { kind - 10 };
                Flex::List(self.items(at, inner, self.before(at, inner, 1)?, Some(of << 2), depth)?)
            }
            16..=24 => {
                let (len, of) = (usize::from((kind - 16) / 3) + 2, (kind - 16) % 3 + 1);
                Flex::List(self.items(at, inner, len, Some(of << 2), depth)?)
            }
            _ => return Err(Error::malformed(format!("type {kind} of a FlexBuffer is not known"))),
        })
    }

    /// `len` values from `at` on, all of type `of`, or each of the type that is said behind them.
    fn items(&mut self, at: usize, width: usize, len: usize, of: Option<u8>, depth: usize) -> Result<Vec<Flex>> {
        let size = len.checked_mul(width).ok_or_else(outside)?;
        self.take(at, size)?;
        let types = match of {
            Some(_) => Vec::new(),
            None => self.take(at + size, len)?.to_vec(),
        };
        let place = |index: usize| Place {
            at: at + index * width,
            width,
            packed: of.or(types.get(index).copied()).unwrap_or(0),
        };
        (0..len).map(|index| self.value(place(index), depth)).collect()
    }

    fn map(&mut self, at: usize, width: usize, depth: usize) -> Result<Flex> {
        let len = self.before(at, width, 1)?;
        let keys = at.checked_sub(3 * width).ok_or_else(outside)?;
        let (keys, step) = (self.target(keys, width)?, self.before(at, width, 2)?);
        let values = self.items(at, width, len, None, depth)?;
        let mut pairs = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            let key = step.checked_mul(index).and_then(|offset| keys.checked_add(offset)).ok_or_else(outside)?;
            pairs.push((self.key(self.target(key, step)?)?, value));
        }
        Ok(Flex::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `flatbuffers.flexbuffers.Dumps` writes for
    /// `{"a": 2, "b": [1.5, "x", True, None], "n": [1, 2, -3], "m": {"k": b"\x01\x02"}, "u": 70000}`.
    const EXAMPLE: &[u8] = &[
        97, 0, 98, 0, 1, 120, 0, 0, 4, 0, 0, 0, 0, 0, 192, 63, 11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 14, 20, 106, 2,
        110, 0, 3, 1, 2, 253, 4, 4, 4, 109, 0, 107, 0, 2, 1, 2, 1, 6, 1, 1, 1, 7, 100, 117, 0, 5, 58, 57, 19, 29, 7, 0,
        6, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 68, 0, 0, 0, 31, 0, 0, 0, 53, 0, 0, 0, 112, 17, 1, 0, 6, 42,
        36, 40, 6, 25, 38, 1,
    ];

    #[test]
    fn values_of_all_kinds_are_read() {
        let list = Flex::List(vec![Flex::Float(1.5), Flex::Text("x".into()), Flex::Bool(true), Flex::Null]);
        let inner = Flex::Map(vec![("k".into(), Flex::Bytes(vec![1, 2]))]);
        let numbers = Flex::List([1, 2, -3].map(Flex::Int).into());
        let pairs = [("a", Flex::Int(2)), ("b", list), ("m", inner), ("n", numbers), ("u", Flex::Int(70000))];
        let wanted = Flex::Map(pairs.map(|(name, value)| (name.to_owned(), value)).into());
        assert_eq!(decode(EXAMPLE).ok(), Some(wanted));
    }

    #[test]
    fn what_is_cut_or_garbled_does_no_harm() {
        for at in 0..EXAMPLE.len() {
            let mut bytes = EXAMPLE.to_vec();
            for byte in [0, 0x28, 0x7f, 0xff] {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                drop(decode(&bytes));
            }
            assert!(decode(EXAMPLE.get(..at.min(2)).unwrap_or_default()).is_err());
        }
    }

    #[test]
    fn a_list_of_itself_comes_to_an_end() {
        // One element, of type vector, which is the list itself.
        let error = decode(&[1, 0, 40, 2, 40, 1]).err().map(|error| error.kind);
        assert_eq!(error, Some(crate::report::Kind::Limit));
    }
}
