//! `SolverParameter`: what trains a net. The net itself is in the message, or beside it.

use super::super::Open;
use super::net::{self, Place};
use super::proto::{self, SCHEMA};
use super::recognise::{self, Root};
use super::{lower, settings, text, whole};
use crate::codec::protobuf::{Fields, Message};
use crate::codec::prototext::Named;
use crate::model::{Entry, Graph, Model};
use crate::probe::Probe;
use crate::report::{Result, Severity};
use crate::source::Span;

/// The fields that hold nets.
const NETS: &[&str] = &["net_param", "train_net_param", "test_net_param"];

/// Opens the main file, a solver as text: its net, if it is here, with what it is set to as metadata.
///
/// # Errors
/// When the text cannot be read at all.
pub fn open(open: &mut Open) -> Result<Model> {
    let place = text(open.probe, "Solver", open)?;
    let (solver, fault) = proto::Solver::decode(place.bytes.clone());
    if let Some(error) = fault {
        open.report.add_error(&error);
    }
    let metadata = metadata(&place)?;
    let inner = [solver.net_param, solver.train_net_param].into_iter().flatten().next();
    let inner = inner.or_else(|| solver.test_net_param.first().copied());
    let mut model = match inner {
        Some(span) => inline(&place, span, open)?,
        None => beside(&solver, open)?,
    };
    model.metadata.extend(metadata);
    Ok(model)
}

/// The net at `span` of the solver itself.
fn inline(place: &Place, span: Span, open: &mut Open) -> Result<Model> {
    let net = net::read(place, span, &mut open.report)?;
    Ok(lower::model(&net, None, &mut open.report))
}

/// The net that the solver names: that for both phases, else that for training.
fn beside(solver: &proto::Solver, open: &mut Open) -> Result<Model> {
    let named = [&solver.net, &solver.train_net].into_iter().chain(&solver.test_net).filter(|path| !path.is_empty());
    for path in named.clone() {
        // The path is one from the folder that Caffe ran in.
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        for path in [path.as_str(), name] {
            let Some(file) = open.files.sibling(path).ok().flatten() else { continue };
            let probe = Probe::new(name, open.files.slice(file).unwrap_or_default())?;
            if let Some((root @ (Root::Net | Root::NetText), _)) = recognise::root(&probe) {
                let mut model = whole(root, &probe, file, open)?;
                lower::property(&mut model, "net", path);
                return Ok(model);
            }
        }
    }
    let names: Vec<String> = named.map(|path| format!("{path:?}")).collect();
    let message = match names.first() {
        Some(name) => format!("this solver trains the net {name}, which is not here: open both together"),
        None => "this solver does not say which net it trains".to_owned(),
    };
    open.report.add(Severity::Warning, message);
    let mut model = Model { format: "Caffe solver".into(), ..Model::default() };
    model.graphs.push(Graph::default());
    Ok(model)
}

/// What the solver is set to, in its order.
fn metadata(place: &Place) -> Result<Vec<Entry>> {
    let named = Named::new(&SCHEMA, &place.foreign);
    let mut entries: Vec<Entry> = Vec::new();
    for field in Fields::new(place.bytes.clone()) {
        let field = field?;
        // Nets are read as such.
        if matches!(field.number, 21 | 22 | 25) {
            continue;
        }
        let Some((name, items)) = named.field(&field, "Solver")?.filter(|(name, _)| !NETS.contains(name)) else {
            continue;
        };
        for item in items {
            let text = settings::text(&item);
            match entries.iter_mut().find(|entry| &*entry.name == name) {
                Some(entry) => entry.value = format!("{}, {text}", entry.value).as_str().into(),
                None => entries.push(Entry { name: name.into(), value: text.as_str().into() }),
            }
        }
    }
    Ok(entries)
}
