//! A cursor for binary formats.

use super::{Slice, Span};
use crate::report::{Error, Result};

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The least significant byte comes first.
    Little,
    /// The most significant byte comes first.
    Big,
}

/// Reads a binary format from front to back. Every `read_*` moves the cursor past what it returns, or fails with the offset and
/// leaves the cursor where it was: `the file ends here: 8 bytes wanted, 3 left (at 0x1c)`.
#[derive(Clone)]
pub struct Reader {
    slice: Slice,
    order: Order,
}

macro_rules! read_number {
    ($($name:ident $type:ident,)*) => {$(
        #[doc = concat!("A number of type `", stringify!($type), "`, in the order of this reader.")]
        ///
        /// # Errors
        /// Those of [`Self::read_array`].
        pub fn $name(&mut self) -> Result<$type> {
            let bytes = self.read_array()?;
            Ok(match self.order {
                Order::Little => $type::from_le_bytes(bytes),
                Order::Big => $type::from_be_bytes(bytes),
            })
        }
    )*};
}

impl Reader {
    /// A reader of `slice`, from its cursor on, whose numbers are in `order`.
    pub fn new(slice: Slice, order: Order) -> Self {
        Self { slice, order }
    }

    /// A reader of `slice`, from its cursor on, whose numbers have the least significant byte first.
    pub fn little(slice: Slice) -> Self {
        Self::new(slice, Order::Little)
    }

    /// A reader of `slice`, from its cursor on, whose numbers have the most significant byte first.
    pub fn big(slice: Slice) -> Self {
        Self::new(slice, Order::Big)
    }

    /// The window that is read; its cursor is that of this reader.
    pub fn slice(&self) -> &Slice {
        &self.slice
    }

    /// The offset of the cursor in the file.
    pub fn position(&self) -> u64 {
        self.slice.position()
    }

    /// The bytes between the cursor and the end.
    pub fn left(&self) -> u64 {
        self.slice.left()
    }

    /// Moves the cursor to `at`, an absolute offset.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when that is outside the window.
    pub fn seek(&mut self, at: u64) -> Result<()> {
        self.slice.check(at, 0)?;
        self.slice.move_to(at);
        Ok(())
    }

    /// Moves the cursor past `count` bytes without reading them.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there are fewer.
    pub fn skip(&mut self, count: u64) -> Result<()> {
        self.read_span(count).map(|_| ())
    }

    /// Moves the cursor to the next multiple of `step` bytes from the start of the window.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when that is past the end.
    pub fn align(&mut self, step: u64) -> Result<()> {
        let done = self.position() - self.slice.span().at;
        self.skip(done.checked_next_multiple_of(step.max(1)).unwrap_or(u64::MAX) - done)
    }

    /// Fails unless `count` items of at least `size` bytes each can follow: call it before making room for them.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there are too few bytes for them.
    pub fn check_count(&self, count: u64, size: u64) -> Result<()> {
        self.slice.check(self.position(), count.saturating_mul(size))
    }

    /// The range of the next `count` bytes, which are not read.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there are fewer.
    pub fn read_span(&mut self, count: u64) -> Result<Span> {
        let at = self.position();
        self.slice.check(at, count)?;
        self.slice.move_to(at + count);
        Ok(Span { at, len: count })
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when there are fewer; those of the source.
    pub fn read_array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let at = self.position();
        let bytes = match self.slice.loaded()?.first_chunk() {
            Some(bytes) => *bytes,
            None => *self.slice.bytes_at(at, N as u64)?.first_chunk().unwrap_or(&[0; N]),
        };
        self.slice.move_to(at + N as u64);
        Ok(bytes)
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// Those of [`Slice::bytes_at`].
    pub fn read_bytes(&mut self, count: u64) -> Result<Vec<u8>> {
        let at = self.position();
        let bytes = self.slice.bytes_at(at, count)?;
        self.slice.move_to(at + count);
        Ok(bytes)
    }

    /// The next `count` bytes, as text in UTF-8.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when they are not UTF-8; those of [`Slice::bytes_at`].
    pub fn read_text(&mut self, count: u64) -> Result<String> {
        let at = self.position();
        let bytes = self.slice.bytes_at(at, count)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let valid = error.utf8_error().valid_up_to() as u64;
            Error::malformed(format!("text of {count} bytes is not UTF-8")).at(at + valid)
        })?;
        self.slice.move_to(at + count);
        Ok(text)
    }

    /// The range of the next bytes up to `end`, which is passed over; at most `limit` bytes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when `end` does not come, [`Kind::Limit`](crate::report::Kind::Limit) when it comes too
    /// late; those of the source.
    pub fn read_until(&mut self, end: u8, limit: u64) -> Result<Span> {
        let at = self.position();
        loop {
            let loaded = self.slice.loaded()?;
            let found = loaded.iter().position(|byte| *byte == end);
            let (step, empty) = (found.unwrap_or(loaded.len()) as u64, loaded.is_empty());
            let len = self.position() - at + step;
            if empty || len > limit {
                self.slice.move_to(at);
                return Err(match empty {
                    true => Error::malformed(format!("the end comes before the byte {end:#04x}")).at(at),
                    false => Error::limit(format!("a line of more than {limit} bytes")).at(at),
                });
            }
            self.slice.move_to(at + len + u64::from(found.is_some()));
            if found.is_some() {
                return Ok(Span { at, len });
            }
        }
    }

    /// A number in 7-bit groups, the least significant first (LEB128; protobuf's varint).
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it needs more than 64 bits or the end comes first; those of the source.
    pub fn read_varint(&mut self) -> Result<u64> {
        let start = self.position();
        let mut value = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let [byte] = self.read_array().inspect_err(|_| self.slice.move_to(start))?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        self.slice.move_to(start);
        Err(Error::malformed("a varint of more than 64 bits").at(start))
    }

    read_number! {
        read_u8 u8, read_u16 u16, read_u32 u32, read_u64 u64,
        read_i8 i8, read_i16 i16, read_i32 i32, read_i64 i64,
        read_f32 f32, read_f64 f64,
    }
}
