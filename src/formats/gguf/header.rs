//! What comes before the weights: keys with values, and the descriptions of the tensors.

use crate::model::Prefixed;
use crate::report::{Error, Kind, Report, Result, Severity, Within};
use crate::source::{Limits, Order, Reader, Slice, Span};
use std::fmt::Write;

/// An array of up to so many items is shown in a row; a longer one is a table.
const ROW: u64 = 16;
/// Of arrays in arrays, so many items are shown.
const SHOWN: u64 = 64;
/// The longest text that is kept, in bytes. Chat templates have some ten thousand.
const LONGEST: u64 = 1 << 20;
/// The alignment of the weights unless the file states another one, in bytes.
const ALIGNMENT: u64 = 32;

/// The numbers that stand for the types of values.
pub mod kind {
    #![allow(missing_docs)]
    pub const UINT8: u32 = 0;
    pub const INT8: u32 = 1;
    pub const UINT16: u32 = 2;
    pub const INT16: u32 = 3;
    pub const UINT32: u32 = 4;
    pub const INT32: u32 = 5;
    pub const FLOAT32: u32 = 6;
    pub const BOOL: u32 = 7;
    pub const STRING: u32 = 8;
    pub const ARRAY: u32 = 9;
    pub const UINT64: u32 = 10;
    pub const INT64: u32 = 11;
    pub const FLOAT64: u32 = 12;
}

/// The bytes of a value of type `kind`; none where that depends on the value.
fn size(kind: u32) -> Option<u64> {
    Some(match kind {
        kind::UINT8 | kind::INT8 | kind::BOOL => 1,
        kind::UINT16 | kind::INT16 => 2,
        kind::UINT32 | kind::INT32 | kind::FLOAT32 => 4,
        kind::UINT64 | kind::INT64 | kind::FLOAT64 => 8,
        _ => return None,
    })
}

/// What a key has.
pub enum Value {
    /// A whole number.
    Whole(u64),
    /// Anything else that fits in a row, as text.
    Row(String),
    /// Many items of one type.
    Table(Table),
}

impl Value {
    /// The number, if it is a whole one.
    pub fn whole(&self) -> Option<u64> {
        if let Self::Whole(number) = self { Some(*number) } else { None }
    }
}

/// An array that stays in the file.
pub struct Table {
    /// The type of its items.
    pub kind: u32,
    /// How many there are.
    pub count: u64,
    /// Where they are.
    pub span: Span,
    /// Of strings: where some of them begin.
    pub marks: Vec<u64>,
}

/// What is said of a tensor.
pub struct Info {
    /// The name.
    pub name: String,
    /// The dimensions, outermost first: the file has them the other way round.
    pub shape: Vec<u64>,
    /// The number of its type.
    pub kind: u32,
    /// Where it begins, from the start of the weights on.
    pub offset: u64,
}

/// All that comes before the weights, as far as it can be read.
pub struct Header {
    /// The version of the format.
    pub version: u32,
    /// The order of all bytes.
    pub order: Order,
    /// Keys and values, in the order of the file.
    pub entries: Vec<(String, Value)>,
    /// The tensors, in the order of the file.
    pub tensors: Vec<Info>,
    /// Where the weights begin; none if the descriptions have no end.
    pub weights: Option<u64>,
}

impl Header {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The bytes of a length: 32 bits in the first version.
    pub fn width(&self) -> u8 {
        if self.version == 1 { 4 } else { 8 }
    }

    /// Reads the head of `file`. What is wrong after the first entry goes to `report`, and what comes before it counts.
    ///
    /// # Errors
    /// [`Kind::Unsupported`] for versions that do not exist; [`Kind::Malformed`] when nothing can be read; those of the source.
    pub fn read(file: &Slice, limits: &Limits, report: &mut Report) -> Result<Self> {
        let mut version = Reader::little(file.clone());
        version.skip(4)?;
        let stated = version.read_u32()?;
        // Whoever writes the most significant byte first does so here, too.
        let (stated, order) =
            if stated & 0xffff == 0 { (stated.swap_bytes(), Order::Big) } else { (stated, Order::Little) };
        if !(1..=3).contains(&stated) {
            return Err(Error::unsupported(format!("version {stated} is not known; 3 is the last one")).at(4));
        }
        let mut reader = Reader::new(file.clone(), order);
        reader.skip(8)?;
        let mut header = Self { version: stated, order, entries: Vec::new(), tensors: Vec::new(), weights: None };
        let mut cursor = Cursor { reader, wide: stated > 1, depth: limits.depth };
        match cursor.header(&mut header) {
            Err(error) if error.kind == Kind::Io || header.entries.is_empty() && header.tensors.is_empty() => {
                return Err(error);
            }
            Err(error) => report.add_error(&error),
            Ok(()) => header.weights = Some(cursor.reader.position().next_multiple_of(header.alignment(report))),
        }
        Ok(header)
    }

    /// To how many bytes the weights and each tensor are aligned.
    fn alignment(&self, report: &mut Report) -> u64 {
        let Some(value) = self.get("general.alignment") else { return ALIGNMENT };
        let stated = value.whole().filter(|stated| stated.is_power_of_two() && *stated <= u64::from(u32::MAX));
        stated.unwrap_or_else(|| {
            let message = format!("\"general.alignment\" is no power of two; {ALIGNMENT} bytes are taken instead");
            report.add(Severity::Warning, message);
            ALIGNMENT
        })
    }
}

struct Cursor {
    reader: Reader,
    /// Whether lengths have 64 bits.
    wide: bool,
    depth: usize,
}

impl Cursor {
    fn header(&mut self, header: &mut Header) -> Result<()> {
        let tensors = self.len().within(|| "the number of tensors".into())?;
        let entries = self.len().within(|| "the number of entries".into())?;
        for number in 0..entries {
            let place = || format!("metadata entry {} of {entries}", number + 1);
            let key = self.text().within(place)?;
            let value = self.value().within(|| format!("{key:?}")).within(place)?;
            header.entries.push((key, value));
        }
        for number in 0..tensors {
            let info = self.info().within(|| format!("the description of tensor {} of {tensors}", number + 1))?;
            header.tensors.push(info);
        }
        Ok(())
    }

    /// A length or a count.
    fn len(&mut self) -> Result<u64> {
        if self.wide { self.reader.read_u64() } else { self.reader.read_u32().map(u64::from) }
    }

    /// A text; of one that is too long, what it begins with.
    fn text(&mut self) -> Result<String> {
        let len = self.len()?;
        let span = self.reader.read_span(len)?;
        let bytes = self.reader.slice().bytes_at(span.at, len.min(LONGEST))?;
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if len > LONGEST {
            let _ = write!(text, "… ({} more bytes)", len - LONGEST);
        }
        Ok(text)
    }

    fn value(&mut self) -> Result<Value> {
        let kind = self.reader.read_u32()?;
        if kind == kind::ARRAY { self.array() } else { self.scalar(kind) }
    }

    fn scalar(&mut self, kind: u32) -> Result<Value> {
        let reader = &mut self.reader;
        Ok(match kind {
            kind::UINT8 => Value::Whole(reader.read_u8()?.into()),
            kind::UINT16 => Value::Whole(reader.read_u16()?.into()),
            kind::UINT32 => Value::Whole(reader.read_u32()?.into()),
            kind::UINT64 => Value::Whole(reader.read_u64()?),
            kind::INT8 => signed(reader.read_i8()?.into()),
            kind::INT16 => signed(reader.read_i16()?.into()),
            kind::INT32 => signed(reader.read_i32()?.into()),
            kind::INT64 => signed(reader.read_i64()?),
            kind::FLOAT32 => Value::Row(format!("{:?}", reader.read_f32()?)),
            kind::FLOAT64 => Value::Row(format!("{:?}", reader.read_f64()?)),
            kind::BOOL => Value::Row((reader.read_u8()? != 0).to_string()),
            kind::STRING => Value::Row(self.text()?),
            kind => {
                let at = reader.position();
                return Err(Error::malformed(format!("a value of type {kind}, which does not exist")).at(at));
            }
        })
    }

    fn array(&mut self) -> Result<Value> {
        let (kind, count) = (self.reader.read_u32()?, self.len()?);
        if kind == kind::ARRAY {
            return self.nested(count).map(Value::Row);
        }
        if count > ROW {
            return self.table(kind, count).map(Value::Table);
        }
        let mut row = String::from("[");
        for number in 0..count {
            row.push_str(if number > 0 { ", " } else { "" });
            row.push_str(&self.item(kind)?);
        }
        row.push(']');
        Ok(Value::Row(row))
    }

    /// An item of an array as text, strings in quotation marks.
    fn item(&mut self, kind: u32) -> Result<String> {
        Ok(match self.scalar(kind)? {
            Value::Row(text) if kind == kind::STRING => format!("{text:?}"),
            Value::Row(text) => text,
            Value::Whole(number) => number.to_string(),
            Value::Table(_) => String::new(),
        })
    }

    /// Passes over `count` items of type `kind`, and notes where they are.
    fn table(&mut self, kind: u32, count: u64) -> Result<Table> {
        let at = self.reader.position();
        let mut marks = Vec::new();
        if let Some(size) = size(kind) {
            self.reader.skip(count.saturating_mul(size))?;
        } else if kind == kind::STRING {
            self.reader.check_count(count, if self.wide { 8 } else { 4 })?;
            for number in 0..count {
                if number % Prefixed::STEP == 0 {
                    marks.push(self.reader.position());
                }
                let len = self.len()?;
                self.reader.skip(len)?;
            }
        } else {
            return Err(Error::malformed(format!("an array of type {kind}, which does not exist")).at(at));
        }
        Ok(Table { kind, count, span: Span { at, len: self.reader.position() - at }, marks })
    }

    /// The text of `count` arrays in an array. When it is long, what is behind is passed over.
    fn nested(&mut self, count: u64) -> Result<String> {
        let (mut text, mut items) = (String::from("["), 0u64);
        // How many are left of each array that is not at its end, and whether it is shown.
        let mut open = vec![(count, true)];
        while let Some((left, shown)) = open.last_mut() {
            let Some(less) = left.checked_sub(1) else {
                if *shown {
                    close(&mut text);
                }
                open.pop();
                continue;
            };
            *left = less;
            let (kind, count) = (self.reader.read_u32()?, self.len()?);
            let shown = items < SHOWN;
            text.push_str(match (shown, text.ends_with('…')) {
                (true, _) => "[",
                (false, true) => "",
                (false, false) => "…",
            });
            if kind == kind::ARRAY {
                if open.len() >= self.depth {
                    let message = format!("arrays in arrays, more than {} deep", self.depth);
                    return Err(Error::limit(message).at(self.reader.position()));
                }
                open.push((count, shown));
                continue;
            }
            let some = count.min(SHOWN.saturating_sub(items));
            for _ in 0..some {
                text.push_str(&self.item(kind)?);
                text.push_str(", ");
            }
            self.table(kind, count - some)?;
            if shown {
                text.push_str(if some < count { "…" } else { "" });
                close(&mut text);
            }
            items = items.saturating_add(count);
        }
        text.truncate(text.trim_end_matches(", ").len());
        Ok(text)
    }

    fn info(&mut self) -> Result<Info> {
        let name = self.text()?;
        let count = u64::from(self.reader.read_u32()?);
        self.reader.check_count(count, if self.wide { 8 } else { 4 })?;
        let mut shape = (0..count).map(|_| self.len()).collect::<Result<Vec<u64>>>()?;
        shape.reverse();
        Ok(Info { name, shape, kind: self.reader.read_u32()?, offset: self.reader.read_u64()? })
    }
}

/// Ends a list in `text` whose last item may have a comma behind it.
fn close(text: &mut String) {
    text.truncate(text.trim_end_matches(", ").len());
    text.push_str("], ");
}

/// A number with a sign, which is a whole one where it has none.
fn signed(number: i64) -> Value {
    u64::try_from(number).map_or_else(|_| Value::Row(number.to_string()), Value::Whole)
}
