//! Protobuf messages as text or as JSON, turned into the bytes that they stand for, so that each format has one reader.
//!
//! <https://protobuf.dev/reference/protobuf/textformat-spec/>, <https://protobuf.dev/programming-guides/json/>. Which field has which number is said
//! by a [`Schema`], a small table; what is not in it is passed over, or kept under its own name. Nesting costs no stack, and is limited. [`Named`] reads
//! the bytes by the same table.

mod foreign;
mod json;
mod named;
mod outline;
mod schema;
mod text;

pub use foreign::Foreign;
pub use named::{Item, Named};
pub use outline::outermost;
pub use schema::Schema;

use crate::report::{Error, Result};
use prost::encoding::encode_varint;
use schema::{Field, Form, Kind};
use std::collections::BTreeSet;

/// The deepest nesting of messages.
const DEPTH: usize = 64;

/// What became of a text.
#[derive(Debug, Default)]
pub struct Encoded {
    /// The message, as far as the text could be read.
    pub bytes: Vec<u8>,
    /// Where and why the reading ended early, if it did.
    pub fault: Option<Error>,
    /// The names of fields that the schema does not have, with those of their messages: `NodeDef.hint`.
    pub unknown: BTreeSet<String>,
    /// The names of those that were kept.
    pub foreign: Foreign,
}

/// Encodes `text`, a message called `root` in `schema`, in the text format.
pub fn encode_text(text: &str, schema: &Schema, root: &str) -> Encoded {
    let mut encoder = Encoder::new(schema, root);
    let fault = text::read(text, &mut encoder).err();
    encoder.finish(fault)
}

/// As [`encode_text`]; but fields that the schema does not have, or of which the text says what they cannot hold, are kept as they are spelt.
pub fn encode_all_text(text: &str, schema: &Schema, root: &str) -> Encoded {
    let mut encoder = Encoder { foreign: Some(Foreign::default()), ..Encoder::new(schema, root) };
    let fault = text::read(text, &mut encoder).err();
    encoder.finish(fault)
}

/// Encodes `value`, a message called `root` in `schema`, in JSON.
pub fn encode_json(value: &serde_json::Value, schema: &Schema, root: &str) -> Encoded {
    let mut encoder = Encoder::new(schema, root);
    let fault = json::read(value, &mut encoder).err();
    encoder.finish(fault)
}

/// A value without parts, as texts spell it.
#[derive(Clone, Debug, PartialEq)]
enum Scalar<'t> {
    /// A number, or the name of one: `-1`, `0x1f`, `1e3`, `inf`, `true`, `DT_FLOAT`.
    Word(&'t str),
    /// Text or bytes.
    Bytes(Vec<u8>),
}

/// A message that is being written.
struct Frame<'s> {
    /// What it is; none for one that is passed over.
    form: Option<Form<'s>>,
    /// Its number in the message around it.
    number: u32,
    bytes: Vec<u8>,
    /// The elements of fields that are packed, by number.
    packed: Vec<(u32, Vec<u8>)>,
}

/// Writes messages from the outermost inwards.
struct Encoder<'s> {
    schema: &'s Schema,
    frames: Vec<Frame<'s>>,
    unknown: BTreeSet<String>,
    /// The names of fields that are kept though the schema does not have them; none if they are passed over.
    foreign: Option<Foreign>,
}

impl<'s> Encoder<'s> {
    fn new(schema: &'s Schema, root: &str) -> Self {
        let root = Frame { form: schema.form(root), number: 0, bytes: Vec::new(), packed: Vec::new() };
        Self { schema, frames: vec![root], unknown: BTreeSet::new(), foreign: None }
    }

    /// Begins the message that field `name` holds.
    fn begin(&mut self, name: &str) -> Result<()> {
        if self.frames.len() > DEPTH {
            return Err(Error::limit(format!("messages nest deeper than {DEPTH} levels")));
        }
        let field = self.field(name);
        let mut form = field.and_then(|field| self.schema.inner(&field.kind));
        let mut number = field.map_or(0, |field| field.number);
        if let (None, Some(foreign)) = (form, &mut self.foreign) {
            (form, number) = (Some(Form::Foreign), foreign.message(name));
        }
        self.frames.push(Frame { form, number, bytes: Vec::new(), packed: Vec::new() });
        Ok(())
    }

    /// Ends the message that was begun last; whether there was one.
    fn end(&mut self) -> bool {
        if self.frames.len() < 2 {
            return false;
        }
        let Some(frame) = self.frames.pop() else { return false };
        let known = frame.form.is_some();
        let number = frame.number;
        let content = closed(frame);
        if let Some(outer) = self.frames.last_mut()
            && known
        {
            delimited(number, &content, &mut outer.bytes);
        }
        true
    }

    /// Writes `value` into field `name`.
    fn scalar(&mut self, name: &str, value: &Scalar) -> Result<()> {
        let field = self.field(name);
        let (number, packed, (wire, content)) =
            match (field.map(|field| (field, self.content(field, value))), &mut self.foreign) {
                (Some((field, Ok(content))), _) => (field.number, field.packed, content),
                (_, Some(foreign)) => {
                    let (number, content) = foreign.scalar(name, value);
                    (number, false, (DELIMITED, content))
                }
                (Some((_, Err(error))), None) => return Err(error),
                (None, None) => return Ok(()),
            };
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        if packed && wire != DELIMITED {
            match frame.packed.iter_mut().find(|(other, _)| *other == number) {
                Some((_, elements)) => elements.extend(content),
                None => frame.packed.push((number, content)),
            }
        } else if wire == DELIMITED {
            delimited(number, &content, &mut frame.bytes);
        } else {
            encode_varint(u64::from(number) << 3 | wire, &mut frame.bytes);
            frame.bytes.extend(content);
        }
        Ok(())
    }

    /// The wire type and the bytes of `value`, which `field` holds.
    fn content(&self, field: Field<'s>, value: &Scalar) -> Result<(u64, Vec<u8>)> {
        let wrong = |what: &str| {
            let found = match value {
                Scalar::Word(word) => (*word).to_owned(),
                Scalar::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
            };
            Error::malformed(format!("{found} is not {what}"))
        };
        let word = match value {
            Scalar::Word(word) => *word,
            Scalar::Bytes(bytes) => str::from_utf8(bytes).unwrap_or_default(),
        };
        let varint = |number: u64| {
            let mut bytes = Vec::new();
            encode_varint(number, &mut bytes);
            (VARINT, bytes)
        };
        Ok(match (field.kind, value) {
            (Kind::Text | Kind::Bytes, Scalar::Bytes(bytes)) => (DELIMITED, bytes.clone()),
            (Kind::Text | Kind::Bytes, Scalar::Word(_)) => return Err(wrong("text")),
            (Kind::Int, _) => varint(integer(word).ok_or_else(|| wrong("an integer"))?),
            (Kind::Bool, _) => match word {
                "true" | "True" | "t" | "1" => varint(1),
                "false" | "False" | "f" | "0" => varint(0),
                _ => return Err(wrong("a truth value")),
            },
            (Kind::Enum(name), _) => {
                let number = self.schema.number(name, word).or_else(|| integer(word));
                varint(number.ok_or_else(|| wrong(&format!("one of {name}")))?)
            }
            (Kind::Float, _) => {
                let number = float(word).ok_or_else(|| wrong("a number"))?;
                (FIXED_32, (number as f32).to_le_bytes().to_vec())
            }
            (Kind::Double, _) => {
                let number = float(word).ok_or_else(|| wrong("a number"))?;
                (FIXED_64, number.to_le_bytes().to_vec())
            }
            (Kind::Message(_) | Kind::Map(..), _) => return Err(wrong("a message")),
        })
    }

    /// The field called `name` of the innermost message; one that the schema does not have is noted.
    fn field(&mut self, name: &str) -> Option<Field<'s>> {
        let form = self.frames.last()?.form?;
        let field = form.field(name);
        if field.is_none() && !matches!(form, Form::Foreign) {
            self.unknown.insert(format!("{}.{name}", form.name()));
        }
        field
    }

    /// Whether field `name` holds a map.
    fn is_map(&self, name: &str) -> bool {
        let form = self.frames.last().and_then(|frame| frame.form);
        form.and_then(|form| form.field(name)).is_some_and(|field| matches!(field.kind, Kind::Map(..)))
    }

    /// Whether field `name` holds bytes rather than text.
    fn is_bytes(&self, name: &str) -> bool {
        let form = self.frames.last().and_then(|frame| frame.form);
        form.and_then(|form| form.field(name)).is_some_and(|field| field.kind == Kind::Bytes)
    }

    fn finish(mut self, fault: Option<Error>) -> Encoded {
        while self.end() {}
        let bytes = self.frames.pop().map(closed).unwrap_or_default();
        Encoded { bytes, fault, unknown: self.unknown, foreign: self.foreign.unwrap_or_default() }
    }
}

const VARINT: u64 = 0;
const FIXED_64: u64 = 1;
const DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

/// The bytes of a message that ends.
fn closed(frame: Frame) -> Vec<u8> {
    let mut bytes = frame.bytes;
    for (number, elements) in frame.packed {
        delimited(number, &elements, &mut bytes);
    }
    bytes
}

fn delimited(number: u32, content: &[u8], out: &mut Vec<u8>) {
    encode_varint(u64::from(number) << 3 | DELIMITED, out);
    encode_varint(content.len() as u64, out);
    out.extend_from_slice(content);
}

/// An integer as texts spell it: decimal, hexadecimal after `0x`, octal after `0`; negative ones in two's complement.
fn integer(word: &str) -> Option<u64> {
    let (negative, digits) = word.strip_prefix('-').map_or((false, word), |digits| (true, digits));
    let digits = digits.trim_start();
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if digits.len() > 1 && digits.starts_with('0') => u64::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    number.ok().map(|number| if negative { number.wrapping_neg() } else { number })
}

/// A number as texts spell it: also with `f` at its end, as `inf`, as `nan`.
fn float(word: &str) -> Option<f64> {
    let parsed = word.parse::<f64>().ok();
    parsed
        .or_else(|| word.trim_end_matches(['f', 'F']).parse().ok())
        .or_else(|| integer(word).map(|number| number as f64))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::codec::protobuf::Fields;
    use crate::report::Kind as Failure;
    use crate::source::{BytesSource, Files};
    use std::rc::Rc;

    const TABLE: &str = "
# A message of all kinds.
All: int=1:int flag=2:bool small=3:float large=4:double text=5:string bytes=6:bytes kind=7:Colour inner=8:All
  packed=9:*float names=10:map<string,All> words=11:map<string,string>
Colour= RED=0 GREEN=5
";

    fn text(source: &str) -> Encoded {
        encode_text(source, &Schema::new(TABLE), "All")
    }

    fn bytes(source: &str) -> Vec<u8> {
        let encoded = text(source);
        assert!(encoded.fault.is_none(), "{source}: {:?}", encoded.fault);
        encoded.bytes
    }

    #[test]
    fn values_are_written_as_their_fields_have_them() {
        assert_eq!(bytes("int: 300"), [0x08, 0xac, 0x02]);
        assert_eq!(
            bytes("int: 0x1F # one\nint: 017;int:-1,"),
            [&[0x08, 31, 0x08, 15, 0x08][..], &[0xff; 9], &[1]].concat()
        );
        assert_eq!(bytes("flag: true flag: f"), [0x10, 1, 0x10, 0]);
        assert_eq!(bytes("small: 1.5f small: -inf"), [0x1d, 0, 0, 0xc0, 0x3f, 0x1d, 0, 0, 0x80, 0xff]);
        assert_eq!(bytes("large: 1"), [0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
        assert_eq!(bytes("kind: GREEN kind: 7"), [0x38, 5, 0x38, 7]);
    }

    #[test]
    fn texts_are_joined_and_unescaped() {
        assert_eq!(bytes(r#"text: "a" 'b'"#), [0x2a, 2, b'a', b'b']);
        assert_eq!(
            bytes(r#"text: "\n\t\\\"\'\101\x41\u00e9""#),
            [&[0x2a, 9][..], "\n\t\\\"'AA\u{e9}".as_bytes()].concat()
        );
        assert_eq!(bytes(r#"bytes: "\377\000""#), [0x32, 2, 0xff, 0]);
    }

    #[test]
    fn messages_lists_and_maps_are_written() {
        assert_eq!(bytes("inner { int: 1 inner: < int: 2 > }"), [0x42, 6, 0x08, 1, 0x42, 2, 0x08, 2]);
        assert_eq!(bytes("inner: [{int: 1}, {}]"), [0x42, 2, 0x08, 1, 0x42, 0]);
        assert_eq!(bytes("int: [1, 2] int: []"), [0x08, 1, 0x08, 2]);
        assert_eq!(bytes("packed: 1 int: 1 packed: [0]"), [0x08, 1, 0x4a, 8, 0, 0, 0x80, 0x3f, 0, 0, 0, 0]);
        assert_eq!(bytes(r#"names { key: "k" value { int: 1 } }"#), [0x52, 7, 0x0a, 1, b'k', 0x12, 2, 0x08, 1]);
    }

    #[test]
    fn what_is_not_known_is_passed_over_and_noted() {
        let encoded = text(r#"other { int: 1 more: [1, {a: 2}] } strange: "x" int: 1 [type.example/T] { a: 1 }"#);
        assert_eq!(encoded.bytes, [0x08, 1]);
        assert_eq!(encoded.unknown.into_iter().collect::<Vec<_>>(), ["All.other", "All.strange", "All.type.example/T"]);
    }

    #[test]
    fn what_is_kept_is_found_under_its_name() {
        let schema = Schema::new(TABLE);
        let source = r#"int: 1 other { int: two more: "x" } kind: GREEN kind: BLUE text: word inner { packed: [1, 2] flag: true }"#;
        let encoded = encode_all_text(source, &schema, "All");
        assert!(encoded.fault.is_none());
        let message = Files::new("test", Rc::new(BytesSource(encoded.bytes))).main();
        let items = Named::new(&schema, &encoded.foreign).message(Fields::new(message), "All").unwrap();
        let word = |word: &'static str| Item::Word(word.into());
        let other = Item::Message(vec![("int", word("two")), ("more", Item::Text("x".into()))]);
        let inner =
            Item::Message(vec![("flag", Item::Bool(true)), ("packed", Item::Float(1.0)), ("packed", Item::Float(2.0))]);
        let expected = [
            ("int", Item::Int(1)),
            ("other", other),
            ("kind", word("GREEN")),
            ("kind", word("BLUE")),
            ("text", word("word")),
            ("inner", inner),
        ];
        assert_eq!(items, expected);
    }

    #[test]
    fn faults_name_their_place_and_keep_what_came_before() {
        let cases = [
            ("int: 1\n  flag: 3", "line 2, column 9: 3 is not a truth value"),
            ("int: 1 int", "line 1, column 11: \"int\" has no value"),
            ("int: 1 text: \"a", "line 1, column 16: a text in quotes is not closed"),
            ("int: 1 }", "line 1, column 8: '}' closes nothing"),
            ("int: 1 inner { int: 2", "line 1, column 22: the text ends within a message"),
            ("int: 1 kind: BLUE", "line 1, column 14: BLUE is not one of Colour"),
            ("int: 1 =", "line 1, column 8: a field is expected, '=' is found"),
        ];
        for (source, message) in cases {
            let encoded = text(source);
            let fault = encoded.fault.unwrap();
            assert_eq!((fault.kind, &*fault.message), (Failure::Malformed, message), "{source}");
            assert!(fault.at.is_some());
            assert_eq!(encoded.bytes.get(..2), Some(&[0x08, 1][..]), "{source}");
        }
        assert_eq!(text("inner { int: 2").bytes, [0x42, 2, 0x08, 2], "what was open is closed");
    }

    #[test]
    fn messages_nest_only_so_deep() {
        let deep = "inner {".repeat(100_000);
        assert_eq!(text(&deep).fault.map(|fault| fault.kind), Some(Failure::Limit));
    }

    #[test]
    fn json_says_the_same() {
        let json = |source: &str| {
            let encoded = encode_json(&serde_json::from_str(source).unwrap(), &Schema::new(TABLE), "All");
            assert!(encoded.fault.is_none(), "{source}: {:?}", encoded.fault);
            encoded.bytes
        };
        assert_eq!(json(r#"{"int": "300", "flag": true, "kind": "GREEN"}"#), bytes("flag: true int: 300 kind: GREEN"));
        assert_eq!(json(r#"{"small": "NaN", "large": 0.5, "int": null}"#), bytes("large: 0.5 small: nan"));
        assert_eq!(json(r#"{"text": "TkhXQw==", "bytes": "TkhXQw=="}"#), bytes(r#"bytes: "NHWC" text: "TkhXQw==""#));
        assert_eq!(json(r#"{"inner": {"int": 1}, "packed": [1, 2]}"#), bytes("inner { int: 1 } packed: [1, 2]"));
        assert_eq!(
            json(r#"{"names": {"k": {"int": 1}, "l": {}}, "words": {"a": "b"}}"#),
            bytes(r#"names { key: "k" value { int: 1 } } names { key: "l" value {} } words { key: "a" value: "b" }"#)
        );
    }
}
