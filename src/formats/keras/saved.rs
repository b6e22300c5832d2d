//! The weights of an HDF5 file, in the layouts of all versions.

use super::super::Open;
use super::weights::Store;
use crate::codec::hdf5::{Dataset, Element, Kind, Place, Tree};
use crate::model::{Arena, DType, Data, Encoding, Entry, Tensor, TensorId};
use crate::report::Severity;
use crate::source::{FileId, Source, Span};
use std::rc::Rc;

/// The most texts of a tensor whose places are noted.
const TEXTS: u64 = 1 << 16;
/// The most bytes of these.
const TEXT_BYTES: u64 = 1 << 20;

/// What a file has of a model's state.
#[derive(Debug, Default)]
pub struct Saved {
    /// The weights.
    pub weights: Store,
    /// What the optimiser keeps.
    pub optimizer: Store,
    /// Whether the file is one of Keras, as far as its structure tells.
    pub known: bool,
}

/// Turns datasets into tensors.
struct Reader<'a, 'b> {
    tree: &'a Tree,
    file: FileId,
    tensors: &'a mut Arena<TensorId, Tensor>,
    open: &'a mut Open<'b>,
}

/// Reads what `tree`, of `file`, has; the tensors go to `tensors`.
pub fn read(tree: &Tree, file: FileId, tensors: &mut Arena<TensorId, Tensor>, open: &mut Open) -> Saved {
    let mut reader = Reader { tree, file, tensors, open };
    reader.links();
    let mut saved = Saved::default();
    let models = tree.child(Tree::ROOT, "model_weights");
    let group = models.unwrap_or(Tree::ROOT);
    if models.is_some() || reader.names(group, "layer_names").is_some() {
        saved.known = true;
        reader.layers(group, &mut saved.weights);
        let optimizer = ["optimizer_weights", "training_weights"].iter().find_map(|name| tree.child(Tree::ROOT, name));
        if let Some(optimizer) = optimizer {
            reader.objects(optimizer, "", &mut saved.optimizer);
        }
        return saved;
    }
    for child in tree.get(Tree::ROOT).map(|root| root.children.clone()).unwrap_or_default() {
        let name = tree.get(child).map(|item| item.name.as_str()).unwrap_or_default();
        saved.known |= matches!(name, "vars" | "layers" | "_layer_checkpoint_dependencies" | "optimizer");
        let store = if name == "optimizer" { &mut saved.optimizer } else { &mut saved.weights };
        reader.objects(child, name, store);
    }
    saved
}

impl Reader<'_, '_> {
    /// Reports what is not in the file, or could not be read.
    fn links(&mut self) {
        for (number, item) in self.tree.items() {
            let path = self.tree.path(number);
            match &item.kind {
                Kind::Fault(error) => self.open.report.add_error(&error.clone().within(format!("{path:?}"))),
                Kind::Link { file: Some(file), path: target } => {
                    let message = format!("{path:?} is {target:?} of another file, {file:?}, which is not opened");
                    self.open.report.add(Severity::Warning, message);
                }
                Kind::Link { file: None, path: target } if self.tree.dataset(number).is_none() => {
                    let message = format!("{path:?} is another name of {target:?}, and is not followed");
                    self.open.report.add(Severity::Note, message);
                }
                _ => {}
            }
        }
    }

    /// The texts of the attribute `name` of `item`, which may be cut into `name0`, `name1` …; none if there are no such.
    fn names(&mut self, item: usize, name: &str) -> Option<Vec<String>> {
        let mut texts = |name: &str| {
            self.tree.texts(item, name).unwrap_or_else(|error| {
                self.open.report.add_error(&error.within(format!("the attribute {name:?}")));
                None
            })
        };
        if let Some(whole) = texts(name) {
            return Some(whole);
        }
        let parts: Vec<_> = (0..).map_while(|number| texts(&format!("{name}{number}"))).collect();
        (!parts.is_empty()).then(|| parts.concat())
    }

    /// Layers by their names.
    fn layers(&mut self, group: usize, store: &mut Store) {
        let children = self.tree.get(group).map(|item| item.children.clone()).unwrap_or_default();
        let listed = self.names(group, "layer_names").unwrap_or_default();
        let mut groups: Vec<(String, usize)> =
            listed.into_iter().filter_map(|name| Some((name.clone(), self.tree.find(group, &name)?))).collect();
        for child in children {
            let name = self.tree.get(child).map(|item| item.name.clone()).unwrap_or_default();
            let known = groups.iter().any(|(listed, _)| *listed == name || listed.starts_with(&format!("{name}/")));
            if !known {
                groups.push((name, child));
            }
        }
        for (layer, item) in groups {
            let place = store.child(Store::ROOT, &layer);
            let Some(names) = self.names(item, "weight_names") else {
                self.below(item, place, store);
                continue;
            };
            for name in names {
                match self.tree.find(item, &name) {
                    Some(dataset) => self.weight(&layer, &name, dataset, place, store),
                    None => {
                        let message = format!("the layer {layer:?} has no weight {name:?}, which it lists");
                        self.open.report.add(Severity::Warning, message);
                    }
                }
            }
        }
    }

    /// The weight called `name` of the layer at `place`.
    fn weight(&mut self, layer: &str, name: &str, dataset: usize, place: usize, store: &mut Store) {
        let Some(tensor) = self.tensor(dataset) else { return };
        let name = name.strip_suffix(":0").unwrap_or(name);
        let mut path = name.split('/').filter(|part| !part.is_empty());
        let own = path.next_back().unwrap_or_default();
        let path: Vec<&str> = path.collect();
        // What comes up to the name of the layer says where it is in a model.
        let skipped = path.iter().rposition(|part| *part == layer).map_or(0, |place| place + 1);
        let place = path.iter().skip(skipped).fold(place, |place, part| store.child(place, part));
        // In version 1, `dense_1_W`.
        let own = own.strip_prefix(layer).and_then(|rest| rest.strip_prefix('_')).unwrap_or(own);
        store.add(place, own, tensor);
    }

    /// All datasets in `item`, as they are called.
    fn below(&mut self, item: usize, place: usize, store: &mut Store) {
        let mut open = vec![(item, place)];
        while let Some((item, place)) = open.pop() {
            for child in self.tree.get(item).map(|item| item.children.clone()).unwrap_or_default() {
                let Some(inner) = self.tree.get(child) else { continue };
                if matches!(inner.kind, Kind::Group) {
                    open.push((child, store.child(place, &inner.name)));
                } else if let Some(tensor) = self.tensor(child) {
                    store.add(place, &inner.name, tensor);
                }
            }
        }
    }

    /// The objects below `item`, which is called `name`: each may have its variables in a group `vars`.
    fn objects(&mut self, item: usize, name: &str, store: &mut Store) {
        let root = if name.is_empty() || name == "vars" { Store::ROOT } else { store.child(Store::ROOT, name) };
        if let (Some(tensor), true) = (self.tensor(item), name != "vars") {
            // A dataset at the top.
            store.add(Store::ROOT, name.strip_suffix(":0").unwrap_or(name), tensor);
            return;
        }
        let mut open = vec![(item, root)];
        while let Some((item, place)) = open.pop() {
            let Some(group) = self.tree.get(item) else { continue };
            if group.name == "vars"
                && let Ok(Some(label)) = self.tree.text(item, "name")
            {
                store.label(place, label);
            }
            let mut children: Vec<usize> = group.children.clone();
            if group.name == "vars" {
                // By number, and not 10 before 2.
                children.sort_by_key(|child| self.tree.get(*child).map(|item| (item.name.len(), item.name.clone())));
            }
            let mut groups = Vec::new();
            for child in children {
                let Some(inner) = self.tree.get(child) else { continue };
                match &inner.kind {
                    Kind::Group if inner.name == "vars" => groups.push((child, place)),
                    Kind::Group => groups.push((child, store.child(place, &inner.name))),
                    _ => {
                        if let Some(tensor) = self.tensor(child) {
                            store.add(place, inner.name.strip_suffix(":0").unwrap_or(&inner.name), tensor);
                        }
                    }
                }
            }
            open.extend(groups.into_iter().rev());
        }
    }

    /// The tensor that `item` is; none if it is no dataset.
    fn tensor(&mut self, item: usize) -> Option<TensorId> {
        let dataset = self.tree.dataset(item)?;
        let name = self.tree.path(item);
        let stated = self.tree.text(item, "dtype").ok().flatten();
        let dtype = dtype(dataset.element, stated.as_deref());
        let (data, note) = self.data(&name, dataset);
        let note = note.map(|note| Entry { name: "storage".into(), value: note.into() });
        Some(self.tensors.push(Tensor {
            name: name.as_str().into(),
            dtype,
            shape: dataset.shape.clone(),
            encoding: if dataset.big { Encoding::Big } else { Encoding::Little },
            data,
            description: "".into(),
            metadata: note.into_iter().collect(),
            indices: None,
        }))
    }

    /// Where the values of a dataset are, and what is odd about that.
    fn data(&mut self, name: &str, dataset: &Dataset) -> (Data, Option<&'static str>) {
        let mut warn = |message: String| self.open.report.add(Severity::Warning, message);
        let place = match &dataset.place {
            Place::Inline(bytes) => return (Data::Inline(bytes.clone()), None),
            Place::Range(span) => (self.file, *span),
            Place::Chunked(chunks) => {
                let len = chunks.len();
                let file = self.open.files.add_inside(&format!("{}/{name}", self.open.files.name()), chunks.clone());
                (file, Span { at: 0, len })
            }
            Place::Unwritten(fill) if fill.is_empty() => return (Data::Inline(Vec::new()), None),
            Place::Unwritten(fill) => {
                let (len, source) = (fill.len(), Rc::new(fill.clone()));
                let file = self.open.files.add_inside(&format!("{}/{name}", self.open.files.name()), source);
                return (Data::Range(file, Span { at: 0, len }), Some("never written"));
            }
            Place::Elsewhere(files) => {
                warn(format!("the values of {name:?} are in other files, {files:?}, which are not opened"));
                return (Data::Absent, Some("in other files"));
            }
            Place::Unreadable(why) => {
                warn(format!("the values of {name:?} cannot be read: {why}"));
                return (Data::Absent, None);
            }
        };
        let (file, span) = place;
        let Element::Text(size) = dataset.element else {
            if let Element::Other(what, _) = dataset.element {
                warn(format!("{name:?} has {what}, which are not shown"));
            }
            return (Data::Range(file, span), None);
        };
        let count = span.len.checked_div(size).unwrap_or(0);
        if count > TEXTS || span.len > TEXT_BYTES {
            return (Data::Absent, Some("too many texts to show"));
        }
        // Texts are filled up with zeros.
        let bytes =
            self.open.files.slice(file).and_then(|bytes| bytes.bytes_at(span.at, span.len).ok()).unwrap_or_default();
        let texts = bytes.chunks_exact(usize::try_from(size).unwrap_or(usize::MAX).max(1)).zip(0..);
        let text = |(text, number): (&[u8], u64)| {
            let len = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            Span { at: span.at + number * size, len: len as u64 }
        };
        (Data::Strings(file, texts.map(text).collect()), None)
    }
}

/// The type of elements; `stated` is what Keras says of types that HDF5 does not have.
fn dtype(element: Element, stated: Option<&str>) -> DType {
    match element {
        Element::Bool => DType::Bool,
        Element::Text(_) => DType::String,
        Element::Bytes(_) | Element::Other(..) => stated.map_or(DType::Unknown, named),
        Element::Integer(size, signed) => match (stated.map(named), size, signed) {
            (Some(stated), size, _) if u64::from(stated.bits()) == size.saturating_mul(8) => stated,
            (_, 1, true) => DType::I8,
            (_, 2, true) => DType::I16,
            (_, 4, true) => DType::I32,
            (_, 8, true) => DType::I64,
            (_, 1, false) => DType::U8,
            (_, 2, false) => DType::U16,
            (_, 4, false) => DType::U32,
            (_, 8, false) => DType::U64,
            _ => DType::Unknown,
        },
        Element::Float(2) => DType::F16,
        Element::Float(4) => DType::F32,
        Element::Float(8) => DType::F64,
        Element::Complex(4) => DType::C64,
        Element::Complex(8) => DType::C128,
        Element::Float(_) | Element::Complex(_) => DType::Unknown,
    }
}

/// The type that Keras calls `name`.
pub fn named(name: &str) -> DType {
    match name {
        "float8_e4m3fn" => DType::F8E4M3FN,
        "float8_e5m2" => DType::F8E5M2,
        other => DType::ALL.iter().copied().find(|dtype| dtype.name() == other).unwrap_or(DType::Unknown),
    }
}
