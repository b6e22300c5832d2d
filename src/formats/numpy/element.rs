//! What the elements of an array are: the `descr` of its header (<https://numpy.org/doc/stable/reference/arrays.interface.html>, `typestr` and `descr`).

use crate::codec::pickle::array;
use crate::codec::python::Literal;
use crate::model::{DType, Encoding, Fixed, Form, Unit};
use crate::report::{Error, Result};

/// How deep records nest.
const DEPTH: usize = 16;

/// A number, a text, a moment: what has one value.
#[derive(Clone, Debug)]
pub struct Element {
    /// The type.
    pub dtype: DType,
    /// How it is encoded.
    pub encoding: Encoding,
    /// Its bytes.
    pub size: u64,
    /// What NumPy calls it, where the type does not tell.
    pub note: Option<String>,
}

/// A value of a record, or the one of an array without records.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// The names of the fields that lead to it, with dots between them.
    pub path: String,
    /// Where it is in the record, in bytes.
    pub offset: u64,
    /// Of what is an array in the record: its dimensions, and how many bytes a step along each of them is.
    pub dims: Vec<(u64, u64)>,
    /// What it is.
    pub element: Element,
}

/// What an item of an array is.
pub struct Item {
    /// Its values.
    pub leaves: Vec<Leaf>,
    /// Its bytes.
    pub size: u64,
    /// Whether it is a record.
    pub record: bool,
    /// Whether there are objects in it, so that the array is a pickle.
    pub objects: bool,
}

impl Item {
    /// The item that `descr` describes.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::report::Kind::Malformed) when it describes none.
    pub fn read(descr: &Literal) -> Result<Self> {
        let mut item = Self { leaves: Vec::new(), size: 0, record: matches!(descr, Literal::List(_)), objects: false };
        item.size = item.add(descr, String::new(), 0, &[], 0)?;
        Ok(item)
    }

    /// Adds the values that `descr` describes, which begin at `offset`; gives the bytes that they take. Recurses at most [`DEPTH`] levels.
    fn add(&mut self, descr: &Literal, path: String, offset: u64, dims: &[(u64, u64)], depth: usize) -> Result<u64> {
        let wrong = || Error::malformed("the header describes elements of no type that exists");
        if depth > DEPTH {
            return Err(Error::limit(format!("records in records, more than {DEPTH} deep")));
        }
        let fields = match descr {
            Literal::Text(code) => {
                let element = element(code).ok_or_else(wrong)?;
                let size = element.size;
                self.objects |= code.ends_with('O');
                self.leaves.push(Leaf { path, offset, dims: dims.to_vec(), element });
                return Ok(size);
            }
            Literal::List(fields) => fields,
            _ => return Err(wrong()),
        };
        let mut size = 0u64;
        for field in fields {
            let (name, of, shape) = match field.items().ok_or_else(wrong)? {
                [name, of] => (name, of, Vec::new()),
                [name, of, shape] => (name, of, sizes(shape).ok_or_else(wrong)?),
                _ => return Err(wrong()),
            };
            // A title may stand before the name.
            let name = name.text().or_else(|| name.items()?.last()?.text()).ok_or_else(wrong)?;
            let count = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim)).ok_or_else(wrong)?;
            let at = offset.checked_add(size).ok_or_else(wrong)?;
            let each = measure(of, depth).ok_or_else(wrong)?;
            // What has no name fills up.
            if !name.is_empty() {
                let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
                let inner = [dims, &steps(&shape, each)].concat();
                self.add(of, path, at, &inner, depth + 1)?;
            }
            size = each.checked_mul(count).and_then(|all| size.checked_add(all)).ok_or_else(wrong)?;
        }
        Ok(size)
    }
}

/// The bytes of what `descr` describes.
fn measure(descr: &Literal, depth: usize) -> Option<u64> {
    let fields = match descr {
        Literal::Text(code) => return element(code).map(|element| element.size),
        Literal::List(fields) if depth <= DEPTH => fields,
        _ => return None,
    };
    fields.iter().try_fold(0u64, |size, field| {
        let (of, shape) = match field.items()? {
            [_, of] => (of, Vec::new()),
            [_, of, shape] => (of, sizes(shape)?),
            _ => return None,
        };
        let count = shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim))?;
        size.checked_add(measure(of, depth + 1)?.checked_mul(count)?)
    })
}

/// Dimensions: a tuple of whole numbers, or one.
pub fn sizes(literal: &Literal) -> Option<Vec<u64>> {
    let size = |literal: &Literal| match literal {
        Literal::Int(size) => u64::try_from(*size).ok(),
        _ => None,
    };
    match literal.items() {
        Some(items) => items.iter().map(size).collect(),
        None => size(literal).map(|size| vec![size]),
    }
}

/// Each dimension with the bytes of a step along it, if the last one changes fastest and its step is `size`.
pub fn steps(shape: &[u64], size: u64) -> Vec<(u64, u64)> {
    let mut step = size;
    let mut steps: Vec<(u64, u64)> = Vec::new();
    for dim in shape.iter().rev() {
        steps.push((*dim, step));
        step = step.saturating_mul(*dim);
    }
    steps.reverse();
    steps
}

/// The element that `code` stands for: the order of its bytes, a letter for the kind, and the number of its bytes.
fn element(code: &str) -> Option<Element> {
    let (big, code) = match code.strip_prefix('>') {
        Some(code) => (true, code),
        None => (false, code.trim_start_matches(['<', '|', '='])),
    };
    let plain = array::element(code);
    if plain != DType::Unknown {
        let encoding = if big { Encoding::Big } else { Encoding::Little };
        return Some(Element { dtype: plain, encoding, size: u64::from(plain.bits() / 8), note: None });
    }
    let mut letters = code.chars();
    let (kind, rest) = (letters.next()?, letters.as_str());
    let (number, unit) = match rest.split_once('[') {
        Some((number, unit)) => (number, unit.strip_suffix(']')?),
        None => (rest, ""),
    };
    let number: u32 = if number.is_empty() { 0 } else { number.parse().ok()? };
    let fixed = |width: u32, form: Form, note: String| Element {
        dtype: if form == Form::Extended { DType::F64 } else { DType::String },
        encoding: Encoding::Fixed(Fixed { width, form, big }),
        size: width.into(),
        note: Some(note),
    };
    let whole = |note: String| Element {
        dtype: DType::I64,
        encoding: if big { Encoding::Big } else { Encoding::Little },
        size: 8,
        note: Some(note),
    };
    Some(match (kind, number) {
        ('S' | 'a', _) => fixed(number, Form::Bytes, format!("bytes of up to {number}")),
        ('U', _) => fixed(number.checked_mul(4)?, Form::Wide, format!("text of up to {number} characters")),
        ('V', _) => fixed(number, Form::Raw, format!("void of {number} bytes")),
        ('M', 8) => match ticks(unit) {
            Some((count, unit_of)) => fixed(8, Form::Time(count, unit_of), format!("datetime64[{unit}]")),
            None if unit.is_empty() => whole("datetime64".into()),
            None => return None,
        },
        ('m', 8) if unit.is_empty() => whole("timedelta64".into()),
        ('m', 8) => whole(format!("timedelta64[{unit}]")),
        ('f', 10 | 12 | 16) => fixed(number, Form::Extended, format!("float of 80 bits in {number} bytes")),
        ('c', 20 | 24 | 32) => fixed(number, Form::Raw, format!("complex number of {number} bytes")),
        ('O', _) => fixed(8, Form::Raw, "object".into()),
        _ => return None,
    })
}

/// The unit of a moment, and how many of it a tick is: `ns`, `25s`.
fn ticks(text: &str) -> Option<(u32, Unit)> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = text.strip_suffix(digits).filter(|count| !count.is_empty()).map_or(Ok(1), str::parse).ok()?;
    let unit = match digits {
        "Y" => Unit::Year,
        "M" => Unit::Month,
        "W" => Unit::Week,
        "D" => Unit::Day,
        "h" => Unit::Hour,
        "m" => Unit::Minute,
        "s" => Unit::Second,
        "ms" => Unit::Milli,
        "us" | "μs" => Unit::Micro,
        "ns" => Unit::Nano,
        "ps" => Unit::Pico,
        "fs" => Unit::Femto,
        "as" => Unit::Atto,
        _ => return None,
    };
    Some((count, unit))
}
