//! `NetParameter`: a net, as any of its versions states it.

use super::operators::{self, Operator};
use super::proto::{self, SCHEMA};
use super::settings::{self, Settings};
use crate::codec::protobuf::{Field, Fields, Message, Value};
use crate::codec::prototext::{Foreign, Item, Named};
use crate::model::{Attribute, Entry};
use crate::report::{Error, Report, Result, Severity};
use crate::source::{FileId, Slice, Span};
use std::collections::BTreeSet;

/// Messages, and the file that they are in.
#[derive(Clone)]
pub struct Place {
    /// The file: that of a text is what it was turned into.
    pub file: FileId,
    /// Its bytes.
    pub bytes: Slice,
    /// Of a text: the names of what the schema does not have.
    pub foreign: Foreign,
}

/// A net.
#[derive(Debug, Default)]
pub struct Net {
    /// Its name.
    pub name: String,
    /// The version of its layers: 0, 1 or 2.
    pub version: u32,
    /// What comes in, with its shape where that is stated.
    pub inputs: Vec<(String, Option<Vec<i64>>)>,
    /// What rules are met by.
    pub state: proto::State,
    /// Its layers, in the order in which they run.
    pub layers: Vec<Layer>,
}

/// A layer.
#[derive(Debug, Default)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its type, as the file spells it.
    pub kind: String,
    /// What is known of that type.
    pub operator: Option<&'static Operator>,
    /// The names of what it reads.
    pub bottoms: Vec<String>,
    /// The names of what it writes.
    pub tops: Vec<String>,
    /// Its weights.
    pub blobs: Vec<Blob>,
    /// It is there only where one of these is met.
    pub include: Vec<proto::Rule>,
    /// It is not there where one of these is met.
    pub exclude: Vec<proto::Rule>,
    /// Of an `Input` layer: the shapes of its tops.
    pub shapes: Vec<Vec<i64>>,
    /// What it is set to.
    pub attributes: Vec<Attribute>,
    /// How it is trained, and where it is there.
    pub metadata: Vec<Entry>,
}

/// Weights, and the file that they are in.
#[derive(Debug)]
pub struct Blob {
    /// The file.
    pub file: FileId,
    /// What it says.
    pub proto: proto::Blob,
}

/// What a field of a layer is to this reader.
#[derive(Clone, Copy)]
enum Role {
    Name,
    Kind,
    Bottom,
    Top,
    Blob,
    Include,
    Exclude,
    /// The layer of version 0 that one of version 1 has in it.
    Inner,
    Setting,
}

/// A version of the message.
#[derive(Clone, Copy)]
struct Form {
    message: &'static str,
    role: fn(u32) -> Role,
}

const V0: Form = Form {
    message: "V0Layer",
    role: |number| match number {
        1 => Role::Name,
        2 => Role::Kind,
        50 => Role::Blob,
        _ => Role::Setting,
    },
};

const V1: Form = Form {
    message: "V1Layer",
    role: |number| match number {
        1 => Role::Inner,
        2 => Role::Bottom,
        3 => Role::Top,
        4 => Role::Name,
        5 => Role::Kind,
        6 => Role::Blob,
        32 => Role::Include,
        33 => Role::Exclude,
        _ => Role::Setting,
    },
};

const V2: Form = Form {
    message: "Layer",
    role: |number| match number {
        1 => Role::Name,
        2 => Role::Kind,
        3 => Role::Bottom,
        4 => Role::Top,
        7 => Role::Blob,
        8 => Role::Include,
        9 => Role::Exclude,
        _ => Role::Setting,
    },
};

/// The fields that say how a layer is trained, and not what it does.
const TRAINING: &[&str] = &["param", "blobs_lr", "weight_decay", "propagate_down", "blob_share_mode", "phase"];

/// Reads the net at `span` of `place`, as far as it can be read; what cannot is reported.
///
/// # Errors
/// When it has no layers, and why.
pub fn read(place: &Place, span: Span, report: &mut Report) -> Result<Net> {
    let (message, fault) = proto::Net::decode(place.bytes.window(span));
    let none = message.layer.is_empty() && message.layers.is_empty() && message.input.is_empty();
    match fault {
        Some(error) if none => return Err(error),
        Some(error) => report.add_error(&error),
        None if none => report.add(Severity::Warning, "the net has no layers"),
        None => {}
    }
    let mut reading =
        Reading { place, named: Named::new(&SCHEMA, &place.foreign), unknown: BTreeSet::new(), version: 2, report };
    let mut net = Net { inputs: inputs(&message), ..Net::default() };
    for (spans, form, version) in [(&message.layers, V1, 1), (&message.layer, V2, 2)] {
        for span in spans {
            reading.version = version;
            let layer = reading.layer(*span, form);
            // Where a file is cut short, a layer may have begun and said nothing yet.
            if !layer.name.is_empty() || !layer.kind.is_empty() {
                net.layers.push(layer);
            }
            net.version = reading.version;
        }
    }
    for (message, number) in &reading.unknown {
        reading.report.add(Severity::Note, format!("field {number} of {message} is not known, and not shown"));
    }
    if net.layers.is_empty() {
        net.version = 2;
    }
    Ok(Net { name: message.name, state: message.state, ..net })
}

/// What comes in: with a shape each, or four sizes each.
fn inputs(message: &proto::Net) -> Vec<(String, Option<Vec<i64>>)> {
    let shape = |index: usize| match message.input_shape.get(index) {
        Some(shape) => Some(shape.dim.clone()),
        None => message.input_dim.get(index * 4..index * 4 + 4).map(<[i64]>::to_vec),
    };
    message.input.iter().enumerate().map(|(index, name)| (name.clone(), shape(index))).collect()
}

/// The state of reading a net.
struct Reading<'a> {
    place: &'a Place,
    named: Named<'a>,
    /// The fields that are not known: of which message, and their numbers.
    unknown: BTreeSet<(&'static str, u32)>,
    /// The version of the layer that was read last.
    version: u32,
    report: &'a mut Report,
}

impl<'a> Reading<'a> {
    fn layer(&mut self, span: Span, form: Form) -> Layer {
        let (mut layer, mut settings) = (Layer::default(), Settings::default());
        self.fields(Fields::new(self.place.bytes.window(span)), form, &mut layer, &mut settings);
        layer.operator = operators::find(&layer.kind);
        layer.attributes = settings.finish();
        layer
    }

    /// Takes in `fields`, as far as they can be read.
    fn fields(&mut self, fields: Fields, form: Form, layer: &mut Layer, settings: &mut Settings<'a>) {
        for field in fields {
            let result = field.and_then(|field| self.field(&field, form, layer, settings));
            if let Err(error) = result {
                self.fault(error, layer);
            }
        }
    }

    fn fault(&mut self, error: Error, layer: &Layer) {
        let name = if layer.name.is_empty() { "a layer".to_owned() } else { format!("layer {:?}", layer.name) };
        self.report.add_error(&error.within(name));
    }

    fn field(&mut self, field: &Field, form: Form, layer: &mut Layer, settings: &mut Settings<'a>) -> Result<()> {
        match (form.role)(field.number) {
            Role::Name => layer.name.take(field)?,
            Role::Kind if form.message == V1.message => {
                let number = field.varint()?;
                let name = SCHEMA.member("LayerType", number);
                layer.kind = name.map_or_else(|| number.to_string(), str::to_owned);
            }
            Role::Kind => layer.kind.take(field)?,
            Role::Bottom => layer.bottoms.take(field)?,
            Role::Top => layer.tops.take(field)?,
            Role::Blob => {
                let mut proto = proto::Blob::default();
                let result = proto.take(field);
                layer.blobs.push(Blob { file: self.place.file, proto });
                result?;
            }
            Role::Include => {
                layer.include.take(field)?;
                self.setting(field, form, layer, settings)?;
            }
            Role::Exclude => {
                layer.exclude.take(field)?;
                self.setting(field, form, layer, settings)?;
            }
            Role::Inner => {
                self.version = 0;
                // A layer of version 0 has none in it.
                self.fields(field.message()?, V0, layer, settings);
            }
            Role::Setting => {
                if field.number == INPUT && form.message == V2.message {
                    let mut input = proto::Input::default();
                    input.take(field)?;
                    layer.shapes = input.shape.into_iter().map(|shape| shape.dim).collect();
                }
                self.setting(field, form, layer, settings)?;
            }
        }
        Ok(())
    }

    fn setting(&mut self, field: &Field, form: Form, layer: &mut Layer, settings: &mut Settings<'a>) -> Result<()> {
        let Some((name, items)) = self.named.field(field, form.message)? else {
            self.unknown.insert((form.message, field.number));
            return Ok(());
        };
        for item in items {
            match item {
                // A text of another version, or of a fork that has more types.
                Item::Word(kind) if name == "type" => layer.kind = kind,
                item if TRAINING.contains(&name) || matches!(name, "include" | "exclude") => {
                    note(&mut layer.metadata, name, &settings::text(&item));
                }
                item => settings.add(name, &item),
            }
        }
        Ok(())
    }
}

/// `LayerParameter.input_param`.
const INPUT: u32 = 143;

/// Adds `text` to what is noted under `name`.
fn note(entries: &mut Vec<Entry>, name: &str, text: &str) {
    match entries.iter_mut().find(|entry| &*entry.name == name) {
        Some(entry) => entry.value = format!("{}; {text}", entry.value).as_str().into(),
        None => entries.push(Entry { name: name.into(), value: text.into() }),
    }
}
