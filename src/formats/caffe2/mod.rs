//! Caffe2: `caffe2/proto/caffe2.proto` of PyTorch (<https://github.com/pytorch/pytorch>, up to version 2.2).
//!
//! Reads nets (`NetDef`), binary and as text. A model is two of them: `predict_net.pb` computes, and `init_net.pb` fills what that reads with values;
//! both are one model if both are here. A text is turned into the bytes of the same message, so there is one reader. Lists of floats, which are all
//! weights, are left where they are.
//!
//! - `recognise`: what a file is; `beside`: the other net of a model;
//! - `proto`: the messages; `argument`: arguments; `fill`: tensors of operators that fill them; `operators`: what types of operators are called;
//! - `lower`: graphs.

mod argument;
mod beside;
mod fill;
mod lower;
mod operators;
mod proto;
mod recognise;

use super::{Format, Open};
use crate::codec::protobuf::Message;
use crate::codec::prototext::encode_text;
use crate::model::{Entry, Model};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{BytesSource, FileId, Slice};
use lower::{Net, Weights};
use recognise::Form;
use std::rc::Rc;

/// Caffe2.
pub const FORMAT: Format =
    Format { id: "caffe2", name: "Caffe2", extensions: &["pb", "pbtxt", "prototxt"], domain: "", sniff, open };

/// How many names of unknown fields are listed.
const LISTED: usize = 5;

/// A file with messages.
#[derive(Clone)]
struct Place {
    /// That of a text is what it was turned into.
    file: FileId,
    bytes: Slice,
}

fn sniff(probe: &Probe) -> Confidence {
    recognise::form(probe).map_or(Confidence::No, |(_, confidence)| confidence)
}

fn open(open: &mut Open) -> Result<Model> {
    let (form, _) = recognise::form(open.probe).ok_or_else(|| Error::malformed("this is no net of Caffe2"))?;
    let (probe, file) = (open.probe, open.file);
    let own = read(form, probe, file, open)?;
    let fills = beside::only_fills(&own, open);
    let Some((name, other)) = beside::find(probe.name(), fills, open) else {
        let (weights, others) = if fills { lower::weights(&own, open) } else { Default::default() };
        return Ok(if fills && others == 0 {
            lower::modules(&own, weights)
        } else {
            let model = lower::model(own, Weights::default(), open);
            beside::miss(&model, open);
            model
        });
    };
    let (net, init, init_name) = if fills { (other, own, probe.name()) } else { (own, other, &*name) };
    let (weights, others) = lower::weights(&init, open);
    if others > 0 {
        let message = format!("{others} operators of {init_name:?} do more than to fill a tensor, and are not shown");
        open.report.add(Severity::Note, message);
    }
    let mut model = lower::model(net, weights, open);
    let (property, other) = if fills { ("net", &*name) } else { ("weights", init_name) };
    model.properties.push(Entry { name: property.into(), value: other.into() });
    Ok(model)
}

/// The net that `file` holds, as far as it can be read; what cannot is reported.
///
/// # Errors
/// When it is text that is too long; when there is no operator, and why.
fn read(form: Form, probe: &Probe, file: FileId, open: &mut Open) -> Result<Net> {
    let place = match form {
        Form::Binary => Place { file, bytes: probe.file() },
        Form::Text => text(probe, open)?,
    };
    let (message, fault) = proto::Net::decode(place.bytes.clone());
    match fault {
        Some(error) if message.op.is_empty() => return Err(error),
        Some(error) => open.report.add_error(&error),
        None => {}
    }
    Ok(Net { place, message })
}

/// The bytes of the net that a text spells, as a file of their own.
///
/// # Errors
/// When it is too long; those of the source.
fn text(probe: &Probe, open: &mut Open) -> Result<Place> {
    let text = String::from_utf8_lossy(&probe.file().read_all(open.limits.text)?).into_owned();
    let encoded = encode_text(&text, &proto::SCHEMA, "Net");
    if let Some(fault) = &encoded.fault {
        open.report.add_error(fault);
    }
    if !encoded.unknown.is_empty() {
        let names: Vec<&str> = encoded.unknown.iter().take(LISTED).map(String::as_str).collect();
        open.report.add(Severity::Note, format!("fields that are not known are not shown: {}", names.join(", ")));
    }
    let file = open.files.add_inside(probe.name(), Rc::new(BytesSource(encoded.bytes)));
    let bytes = open.files.slice(file).unwrap_or_default();
    Ok(Place { file, bytes })
}
