//! Repeated floats that are not packed: a key stands before each.

use super::{Field, Wire};
use crate::report::{Error, Result};
use crate::source::{Slice, Source};

/// The bytes of an element, and of the key before it.
const STEP: u64 = 5;
/// The bytes of an element.
const WIDTH: u64 = 4;

/// The floats at the end of a message as if they were packed: a [`Source`] of four bytes each, without the keys.
#[derive(Clone)]
pub struct Unpacked {
    /// The elements with their keys.
    bytes: Slice,
    key: u8,
}

impl Unpacked {
    /// The floats of `message` from `first` on, if they go on to its end. Of those between the first and the last one nothing is read.
    pub fn floats(message: &Slice, first: &Field) -> Option<Self> {
        if !matches!(first.wire, Wire::Fixed32(_)) || first.number > 15 {
            return None;
        }
        let at = first.span.at.checked_sub(1)?;
        let len = message.span().end().checked_sub(at)?;
        let bytes = message.window(crate::source::Span { at, len });
        let key = (first.number as u8) << 3 | 5;
        let last = message.bytes_at(message.span().end().checked_sub(STEP)?, 1).ok()?;
        (len.is_multiple_of(STEP) && last == [key]).then_some(Self { bytes, key })
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.bytes.len() / STEP
    }
}

impl Source for Unpacked {
    fn len(&self) -> u64 {
        self.count() * WIDTH
    }

    fn read_at(&self, at: u64, buffer: &mut [u8]) -> Result<usize> {
        let end = at.saturating_add(buffer.len() as u64).min(self.len());
        let (first, last) = (at / WIDTH, end.div_ceil(WIDTH));
        if at >= end {
            return Ok(0);
        }
        let start = self.bytes.span().at + first * STEP;
        let elements = self.bytes.bytes_at(start, (last - first) * STEP)?;
        let (elements, _) = elements.as_chunks::<{ STEP as usize }>();
        if let Some(other) = elements.iter().position(|[key, ..]| *key != self.key) {
            let at = start + other as u64 * STEP;
            return Err(Error::malformed("protobuf: another field is among the numbers of a list").at(at));
        }
        let packed = elements.iter().flat_map(|[_, element @ ..]| element).skip((at - first * WIDTH) as usize);
        let mut count = 0;
        for (place, byte) in buffer.iter_mut().zip(packed) {
            *place = *byte;
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fields;
    use super::*;
    use crate::source::{BytesSource, Files};
    use std::rc::Rc;

    fn unpacked(message: &[u8]) -> Option<Unpacked> {
        let slice = Files::new("test", Rc::new(BytesSource(message.to_vec()))).main();
        let first = Fields::new(slice.clone()).filter_map(Result::ok).find(|field| field.number == 5);
        Unpacked::floats(&slice, &first?)
    }

    #[test]
    fn keys_are_left_out_wherever_the_reading_begins() {
        let message = [&[0x0a, 1, b'v'][..], &[0x2d, 1, 2, 3, 4], &[0x2d, 5, 6, 7, 8], &[0x2d, 9, 10, 11, 12]].concat();
        let floats = unpacked(&message);
        assert_eq!(floats.as_ref().map(|floats| (floats.count(), floats.len())), Some((3, 12)));
        for (at, len) in [(0, 12), (3, 4), (4, 4), (7, 20), (12, 4), (90, 1)] {
            let mut buffer = vec![0; len];
            let count = floats.as_ref().and_then(|floats| floats.read_at(at, &mut buffer).ok()).unwrap_or(99);
            let expected: Vec<u8> = (1..=12).skip(at as usize).take(len).collect();
            assert_eq!(buffer.get(..count), Some(&expected[..]), "{at}, {len}");
        }
    }

    #[test]
    fn other_fields_among_them_are_noticed() {
        let floats = unpacked(&[0x2d, 1, 2, 3, 4, 0x35, 1, 2, 3, 4, 0x2d, 5, 6, 7, 8]);
        assert!(floats.is_some_and(|floats| floats.read_at(0, &mut [0; 12]).is_err()));
        assert!(unpacked(&[0x2d, 1, 2, 3, 4, 0x30, 1]).is_none());
        assert!(unpacked(&[0x2d, 1, 2, 3, 4, 0x35, 1, 2, 3, 4]).is_none());
    }
}
