//! LiteRT-LM (`.litertlm`): models, tokenizers and settings of a language model in one file.
//!
//! Specification: `schema/core/litertlm_header_schema.fbs` and `litertlm_header.h` of <https://github.com/google-ai-edge/LiteRT-LM>, version 1; what is said about
//! the language model: `runtime/proto/llm_metadata.proto`.
//!
//! `LITERTLM`, three numbers of the version, 4 bytes, where the header ends, and from byte 32 on the header: a FlatBuffer that says where the sections are
//! and of which type. Read are the header, the models where they are, and what is said about the language model.

use super::lower::Lowering;
use crate::codec::flatbuffer::Table;
use crate::codec::protobuf::{Field, Fields, Wire};
use crate::formats::Open;
use crate::model::Entry;
use crate::report::{Error, Result};
use crate::source::{Reader, Span};

/// The first bytes.
pub const MAGIC: &[u8; 8] = b"LITERTLM";
/// Where the header begins.
const HEADER: u64 = 32;
/// What models are called before their own names.
const PREFIX: &str = "tf_lite_";
/// The longest text that is shown, in characters.
const TEXT: usize = 2000;
/// The most numbers of tokens that are listed.
const TOKENS: usize = 64;

/// The types of sections: `AnySectionDataType`.
const MODEL: u8 = 3;
const LANGUAGE: u8 = 5;
const WEIGHTS: u8 = 7;

/// A section: `SectionObject`.
struct Section {
    kind: u8,
    /// What is said about it.
    items: Vec<Entry>,
    span: Span,
}

impl Section {
    fn item(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|entry| &*entry.name == name).map(|entry| &*entry.value)
    }

    /// What it is, in words.
    fn what(&self) -> String {
        let what = match self.kind {
            1 => "data",
            2 => "outdated section",
            4 => "tokenizer (SentencePiece)",
            6 => "tokenizer (Hugging Face)",
            WEIGHTS => "weights",
            8 => "settings of the embedding",
            9 => "settings of the executor",
            10 => "settings of the speech output",
            11 => "settings of the speech recognition",
            kind => return format!("section of type {kind}"),
        };
        what.into()
    }
}

/// Adds the models of a container, and says what else there is.
///
/// # Errors
/// When the header cannot be read, or there is no model. What is wrong with a section is reported.
pub fn read(lowering: &mut Lowering, open: &mut Open) -> Result<()> {
    let file = open.probe.file();
    let mut head = Reader::little(file.clone());
    head.skip(MAGIC.len() as u64)?;
    let version = [head.read_u32()?, head.read_u32()?, head.read_u32()?];
    head.skip(4)?;
    let end = head.read_u64()?;
    let header = end.checked_sub(HEADER).map(|len| Span { at: HEADER, len });
    let header = header.ok_or_else(|| Error::malformed("the header ends before it begins").at(head.position() - 8))?;
    file.check(header.at, header.len)?;
    let root = Table::root(&file.window(header))?;
    if let Some(system) = root.table(0)? {
        for Entry { name, value } in entries(&system, 0)? {
            lowering.note(&name, &value);
        }
    }
    let mut sections = Vec::new();
    for section in root.table(1)?.map(|list| list.tables(0)).transpose()?.into_iter().flatten() {
        sections.push(self::section(&section?)?);
    }
    let mut models = 0;
    for (index, section) in sections.iter().enumerate() {
        if let Err(error) = file.check(section.span.at, section.span.len) {
            open.report.add_error(&error.within(format!("section {index}")));
            continue;
        }
        match section.kind {
            MODEL => {
                models += 1;
                add(lowering, section, &sections, index, open);
            }
            LANGUAGE => {
                if let Err(error) = language(lowering, Fields::new(file.window(section.span))) {
                    open.report.add_error(&error.within("what is said about the language model"));
                }
            }
            _ => tell(lowering, section, &section.what(), &format!("{} bytes", section.span.len)),
        }
    }
    let [major, minor, patch] = version;
    lowering.model.format = format!("LiteRT-LM v{major}.{minor}.{patch}");
    if models == 0 {
        return Err(Error::unsupported("none of the sections of this container is a model"));
    }
    Ok(())
}

/// Says something about a section that belongs to a model.
fn tell(lowering: &mut Lowering, section: &Section, name: &str, value: &str) {
    match section.item("model_type") {
        Some(model) => lowering.note(&format!("{}: {name}", own(model)), value),
        None => lowering.note(name, value),
    }
}

fn own(model: &str) -> &str {
    model.strip_prefix(PREFIX).unwrap_or(model)
}

/// Adds the model in `section`, which is number `index` of `sections`.
fn add(lowering: &mut Lowering, section: &Section, sections: &[Section], index: usize, open: &mut Open) {
    let model = section.item("model_type");
    let same = |other: &&Section| other.item("model_type") == model;
    let path = match model {
        Some(name) if sections.iter().filter(|other| other.kind == MODEL).filter(same).count() == 1 => own(name).into(),
        Some(name) => format!("{} ({index})", own(name)),
        None => format!("section {index}"),
    };
    for Entry { name, value } in section.items.iter().filter(|entry| &*entry.name != "model_type") {
        lowering.note(&format!("{path}: {name}"), value);
    }
    lowering.weights = sections.iter().filter(|other| other.kind == WEIGHTS).find(same).map(|weights| weights.span);
    let bytes = open.probe.file().window(section.span);
    if let Err(error) = lowering.add(&path, &bytes, open.file, open) {
        open.report.add_error(&error.within(path));
    }
    lowering.weights = None;
}

fn section(table: &Table) -> Result<Section> {
    let (from, to): (u64, u64) = (table.number(1, 0)?, table.number(2, 0)?);
    let span = to.checked_sub(from).map(|len| Span { at: from, len });
    let span = span.ok_or_else(|| Error::malformed("a section ends before it begins").at(table.position()))?;
    Ok(Section { kind: table.number(3, 0)?, items: entries(table, 0)?, span })
}

/// A list of `KeyValuePair`.
fn entries(table: &Table, field: u16) -> Result<Vec<Entry>> {
    let pair = |pair: Result<Table>| {
        let pair = pair?;
        let value = match pair.union(1)? {
            Some((1, value)) => value.number(0, 0u8)?.to_string(),
            Some((2, value)) => value.number(0, 0i8)?.to_string(),
            Some((3, value)) => value.number(0, 0u16)?.to_string(),
            Some((4, value)) => value.number(0, 0i16)?.to_string(),
            Some((5, value)) => value.number(0, 0u32)?.to_string(),
            Some((6, value)) => value.number(0, 0i32)?.to_string(),
            Some((7, value)) => value.number(0, 0f32)?.to_string(),
            Some((8, value)) => value.number(0, false)?.to_string(),
            Some((9, value)) => value.text(0)?,
            Some((10, value)) => value.number(0, 0u64)?.to_string(),
            Some((11, value)) => value.number(0, 0i64)?.to_string(),
            Some((12, value)) => value.number(0, 0f64)?.to_string(),
            _ => String::new(),
        };
        Ok(Entry { name: pair.text(0)?.as_str().into(), value: value.as_str().into() })
    };
    table.tables(field)?.map(pair).collect()
}

/// `LlmMetadata`.
fn language(lowering: &mut Lowering, fields: Fields) -> Result<()> {
    let mut stops = Vec::new();
    for field in fields {
        let field = field?;
        match field.number {
            1 => lowering.note("start token", &token(&field)?),
            2 => stops.push(token(&field)?),
            3 => templates(lowering, &field)?,
            4 => lowering.note("sampler", &sampler(&field)?),
            5 => lowering.note("max_num_tokens", &number(&field)?),
            6 => lowering.note("model type", kind(&field)?),
            7 => lowering.note("prompt template (Jinja)", &text(&field)?),
            11 => lowering.note("supports_thinking", yes(&field)?),
            12 => lowering.note("supports_function_calling", yes(&field)?),
            13 => lowering.note("pad token", &token(&field)?),
            14 => lowering.note("min_runtime_version", &text(&field)?),
            _ => {}
        }
    }
    if !stops.is_empty() {
        lowering.note("stop tokens", &stops.join(", "));
    }
    Ok(())
}

fn text(field: &Field) -> Result<String> {
    Ok(field.text()?.chars().take(TEXT).collect())
}

fn number(field: &Field) -> Result<String> {
    Ok(field.varint()?.cast_signed().to_string())
}

fn yes(field: &Field) -> Result<&'static str> {
    Ok(if field.varint()? == 0 { "no" } else { "yes" })
}

/// `TokenUnion`: a text, or the numbers of tokens.
fn token(field: &Field) -> Result<String> {
    let mut found = String::new();
    for field in field.message()? {
        let field = field?;
        match field.number {
            1 => {
                let mut ids: Vec<i64> = Vec::new();
                for field in field.message()?.take(TOKENS) {
                    crate::codec::protobuf::Value::take(&mut ids, &field?)?;
                }
                found = ids.iter().take(TOKENS).map(i64::to_string).collect::<Vec<_>>().join(" ");
            }
            2 => found = text(&field)?,
            _ => {}
        }
    }
    Ok(found)
}

/// `PromptTemplates`: what comes before and after what somebody says.
fn templates(lowering: &mut Lowering, field: &Field) -> Result<()> {
    for role in field.message()? {
        let role = role?;
        let name = match role.number {
            1 => "user",
            2 => "model",
            3 => "system",
            _ => continue,
        };
        let [mut before, mut after] = [String::new(), String::new()];
        for affix in role.message()? {
            let affix = affix?;
            match affix.number {
                1 => before = text(&affix)?,
                2 => after = text(&affix)?,
                _ => {}
            }
        }
        lowering.note(&format!("prompt of the {name}"), &format!("{before}…{after}"));
    }
    Ok(())
}

/// `SamplerParameters`.
fn sampler(field: &Field) -> Result<String> {
    let mut parts = Vec::new();
    for field in field.message()? {
        let field = field?;
        parts.push(match (field.number, &field.wire) {
            (1, Wire::Varint(kind)) => match kind {
                1 => "top k".into(),
                2 => "top p".into(),
                3 => "greedy".into(),
                kind => format!("type {kind}"),
            },
            (2, Wire::Varint(k)) => format!("k = {k}"),
            (3, Wire::Fixed32(p)) => format!("p = {}", f32::from_bits(*p)),
            (4, Wire::Fixed32(temperature)) => format!("temperature = {}", f32::from_bits(*temperature)),
            (5, Wire::Varint(seed)) => format!("seed = {seed}"),
            _ => continue,
        });
    }
    Ok(parts.join(", "))
}

/// `LlmModelType`: which of its fields there is.
fn kind(field: &Field) -> Result<&'static str> {
    let first = field.message()?.next().transpose()?;
    Ok(match first.map(|field| field.number) {
        Some(1) => "generic",
        Some(2) => "Gemma 3n",
        Some(3) => "FunctionGemma",
        Some(4) => "Gemma 3",
        Some(5) => "Qwen 3",
        Some(7) => "Qwen 2.5",
        Some(8) => "Gemma 4",
        Some(9) => "FastVLM",
        Some(11) => "LFM 2",
        Some(12) => "MiniCPM 5",
        Some(13) => "MiniCPM-V 4",
        _ => "not known",
    })
}
