//! Caffe: `caffe.proto` of BVLC (<https://github.com/BVLC/caffe>), of all versions, with what the forks SSD and NVIDIA's add.
//!
//! Reads nets as text (`.prototxt`) and binary (`.caffemodel`), with layers of version 0 (strings in lower case, before 2013), 1 (an enumeration) and
//! 2; solvers as text; means (`.binaryproto`), and the snapshots of solvers (`.solverstate`). A text is turned into the bytes of the same message, so there is one
//! reader; what the schema does not have stays under its own name. Of blobs, only the place of their values is read.
//!
//! A net and its weights are one model if both are here: the layers of the one, the blobs of the other, joined by the names of layers.
//!
//! - `recognise`: what a file is; `beside`: the other half of a model; `solver`: what trains a net;
//! - `net`: the net as any version states it; `proto`: the messages; `settings`: what layers are set to; `operators`: what types of layers are called;
//! - `state`: which layers are there when; `lower`: graphs; `blob`: tensors.

mod beside;
mod blob;
mod lower;
mod net;
mod operators;
mod proto;
mod recognise;
mod settings;
mod solver;
mod state;

use super::{Format, Open};
use crate::codec::protobuf::Message;
use crate::codec::prototext::{Foreign, encode_all_text};
use crate::model::{Argument, Graph, Model, Node, Value, Wiring};
use crate::probe::{Confidence, Probe};
use crate::report::{Error, Result, Severity};
use crate::source::{BytesSource, FileId};
use lower::Weights;
use net::{Blob, Net, Place};
use recognise::Root;
use std::rc::Rc;

/// Caffe.
pub const FORMAT: Format = Format {
    id: "caffe",
    name: "Caffe",
    extensions: &["caffemodel", "prototxt", "binaryproto", "solverstate"],
    domain: "",
    sniff,
    open,
};

/// How many names of unknown fields are listed.
const LISTED: usize = 5;

fn sniff(probe: &Probe) -> Confidence {
    recognise::root(probe).map_or(Confidence::No, |(_, confidence)| confidence)
}

fn open(open: &mut Open) -> Result<Model> {
    let root = recognise::root(open.probe).ok_or_else(|| Error::malformed("this is no file of Caffe"))?.0;
    let (probe, file) = (open.probe, open.file);
    match root {
        Root::Net | Root::NetText => whole(root, probe, file, open),
        Root::SolverText => solver::open(open),
        Root::Blob | Root::Blobs | Root::Snapshot => blobs(root, open),
    }
}

/// The model of the net that `file` holds, with what is beside it.
///
/// # Errors
/// When there is no net to be read.
fn whole(root: Root, probe: &Probe, file: FileId, open: &mut Open) -> Result<Model> {
    let net = read(root, probe, file, open)?;
    let own = net.layers.iter().any(|layer| !layer.blobs.is_empty());
    let other = match root {
        Root::Net if own => beside::net(probe.name(), open).map(|(file, probe)| (Root::NetText, file, probe)),
        Root::NetText if !own => beside::weights(probe.name(), open).map(|(file, probe)| (Root::Net, file, probe)),
        _ => None,
    };
    let Some((other_root, other_file, other_probe)) = other else {
        return Ok(lower::model(&net, None, &mut open.report));
    };
    let other = match read(other_root, &other_probe, other_file, open) {
        Ok(other) => other,
        Err(error) => {
            open.report.add_error(&error.within(other_probe.name().to_owned()));
            return Ok(lower::model(&net, None, &mut open.report));
        }
    };
    let (net, weights, weights_name) =
        if root == Root::Net { (other, net, probe.name()) } else { (net, other, other_probe.name()) };
    let names: foldhash::HashSet<&str> = net.layers.iter().map(|layer| layer.name.as_str()).collect();
    let common = weights.layers.iter().filter(|layer| !layer.blobs.is_empty() && names.contains(layer.name.as_str()));
    if common.count() == 0 {
        let message =
            format!("no layer of {:?} has the name of one here, so the two are not joined", other_probe.name());
        open.report.add(Severity::Note, message);
        let alone = if root == Root::Net { weights } else { net };
        return Ok(lower::model(&alone, None, &mut open.report));
    }
    let blobs: Weights = weights
        .layers
        .into_iter()
        .filter(|layer| !layer.blobs.is_empty())
        .map(|layer| (layer.name, layer.blobs))
        .collect();
    let mut model = lower::model(&net, Some(&blobs), &mut open.report);
    lower::property(&mut model, "weights", weights_name);
    Ok(model)
}

/// The net that `file` holds, as far as it can be read; what cannot is reported.
///
/// # Errors
/// When there is none.
fn read(root: Root, probe: &Probe, file: FileId, open: &mut Open) -> Result<Net> {
    let place = match root {
        Root::NetText => text(probe, "Net", open)?,
        _ => Place { file, bytes: probe.file(), foreign: Foreign::default() },
    };
    net::read(&place, place.bytes.span(), &mut open.report)
}

/// The bytes of the message `root` that a text spells, as a file of their own.
///
/// # Errors
/// When it is too long; those of the source.
fn text(probe: &Probe, root: &str, open: &mut Open) -> Result<Place> {
    let text = String::from_utf8_lossy(&probe.file().read_all(open.limits.text)?).into_owned();
    let encoded = encode_all_text(&text, &proto::SCHEMA, root);
    if let Some(fault) = &encoded.fault {
        open.report.add_error(fault);
    }
    if !encoded.unknown.is_empty() {
        let names: Vec<&str> = encoded.unknown.iter().take(LISTED).map(String::as_str).collect();
        let message = format!("fields that are not of Caffe itself are shown as they are spelt: {}", names.join(", "));
        open.report.add(Severity::Note, message);
    }
    let file = open.files.add_inside(probe.name(), Rc::new(BytesSource(encoded.bytes)));
    let bytes = open.files.slice(file).unwrap_or_default();
    Ok(Place { file, bytes, foreign: encoded.foreign })
}

/// The model of a file that has blobs, and no net.
fn blobs(root: Root, open: &mut Open) -> Result<Model> {
    let bytes = open.probe.file();
    let (format, protos, fault) = match root {
        Root::Blob => {
            let (proto, fault) = proto::Blob::decode(bytes);
            ("Caffe blob", vec![proto], fault)
        }
        Root::Blobs => {
            let (vector, fault) = proto::Blobs::decode(bytes);
            ("Caffe blobs", vector.blobs, fault)
        }
        _ => {
            let (snapshot, fault) = proto::Snapshot::decode(bytes);
            let mut model = tensors("Caffe solver state", snapshot.history, "history", open);
            let step = snapshot.current_step.to_string();
            for (name, value) in
                [("iteration", &snapshot.iter.to_string()), ("weights", &snapshot.learned_net), ("step", &step)]
            {
                lower::property(&mut model, name, value);
            }
            if let Some(error) = fault {
                open.report.add_error(&error);
            }
            return Ok(model);
        }
    };
    if let Some(error) = fault {
        open.report.add_error(&error);
    }
    Ok(tensors(format, protos, "blob", open))
}

/// The model that has just `protos`, which are called `name`, or `name` with a number if there are several.
fn tensors(format: &str, protos: Vec<proto::Blob>, name: &str, open: &mut Open) -> Model {
    let mut model = Model { format: format.into(), ..Model::default() };
    let mut graph = Graph { wiring: Wiring::Modules, ..Graph::default() };
    let several = protos.len() > 1;
    let mut inputs = Vec::with_capacity(protos.len());
    for (index, proto) in protos.into_iter().enumerate() {
        let name = if several { format!("{name}[{index}]") } else { name.to_owned() };
        let blob = Blob { file: open.file, proto };
        let tensor = model.tensors.push(blob::tensor(&blob, &name, false, &mut open.report));
        let name: crate::model::Text = name.as_str().into();
        let value = graph.values.push(Value { name: name.clone(), tensor: Some(tensor), ..Value::default() });
        inputs.push(Argument { name, values: vec![value] });
    }
    graph.nodes.push(Node { operator: "Blob".into(), inputs, ..Node::default() });
    model.graphs.push(graph);
    model
}
