//! Tensors: what the functions of `torch._utils` that rebuild them are given.

use super::container::{Checkpoint, Described, Place};
use super::objects::{self, Storage, dtype, items, made_by};
use super::stream;
use crate::codec::pickle::{Bytes, Object, ObjectId, Pickle, array};
use crate::codec::scalar::double_text;
use crate::model::{Arena, DType, Data, Encoding, Entry, Shape, Tensor, TensorId};
use crate::report::{Report, Severity};
use crate::sort;
use crate::source::{BytesSource, Files, Limits, Span};
use foldhash::{HashMap, HashSet};
use std::cmp::Reverse;
use std::rc::Rc;

/// How many wrappers around a tensor are seen through.
const WRAPPERS: usize = 8;

/// What is called to make a tensor, once the wrappers around it are off.
struct Rebuilt<'a> {
    function: String,
    arguments: &'a [ObjectId],
}

/// Whether `id` is a tensor or an array of numbers.
pub fn is_tensor(checkpoint: &Checkpoint, id: ObjectId) -> bool {
    let pickle = &checkpoint.pickle;
    if let Object::Persistent(name) = pickle.object(id) {
        return described(checkpoint, *name).is_some();
    }
    match rebuilt(checkpoint, id) {
        Some((inner, call)) => {
            call.is_some() || inner != id && is_described(checkpoint, inner) || is_array(pickle, inner)
        }
        None => false,
    }
}

/// Whether `id`, a tensor, has one element: a figure rather than a weight.
pub fn is_scalar(checkpoint: &Checkpoint, id: ObjectId) -> bool {
    let size = rebuilt(checkpoint, id).and_then(|(_, call)| sizes(&checkpoint.pickle, *call?.arguments.get(2)?));
    size.is_some_and(|size| size.iter().all(|dim| *dim == 1))
}

fn is_described(checkpoint: &Checkpoint, id: ObjectId) -> bool {
    matches!(checkpoint.pickle.object(id), Object::Persistent(name) if described(checkpoint, *name).is_some())
}

fn is_array(pickle: &Pickle, id: ObjectId) -> bool {
    array::array(pickle, id).is_some_and(|array| !array.scalar && array.dtype != DType::Unknown)
}

fn described(checkpoint: &Checkpoint, name: ObjectId) -> Option<&Described> {
    checkpoint.tensors.get(&objects::key(&checkpoint.pickle, name)?)
}

/// Takes the wrappers off `id`: what is inside, and the function that rebuilds it, if that is one of those that are known.
fn rebuilt(checkpoint: &Checkpoint, id: ObjectId) -> Option<(ObjectId, Option<Rebuilt<'_>>)> {
    let pickle = &checkpoint.pickle;
    let mut id = id;
    for _ in 0..WRAPPERS {
        let Some((path, arguments)) = made_by(pickle, id) else { return Some((id, None)) };
        let name = path.strip_prefix("torch._utils.").unwrap_or_default();
        match (&*path, arguments) {
            (
                "torch._tensor._rebuild_from_type_v2"
                | "torch._tensor._rebuild_from_type"
                | "torch.tensor._rebuild_from_type",
                [function, _, inner, ..],
            ) => {
                let function = objects::path(pickle, *function)?;
                let inner = pickle.items(*inner)?;
                return match (is_known(&function), inner) {
                    (true, _) => Some((id, Some(Rebuilt { function, arguments: inner }))),
                    // A subclass of parameters.
                    (false, [data, ..]) => Some((*data, rebuilt_once(pickle, *data))),
                    _ => None,
                };
            }
            ("torch.nn.parameter.Parameter" | "torch.nn.parameter.Buffer", [inner, ..]) => id = *inner,
            _ if matches!(name, "_rebuild_parameter" | "_rebuild_parameter_with_state") => id = *arguments.first()?,
            _ if name.starts_with("_rebuild_device_tensor_from") || name == "_rebuild_xla_tensor" => {
                id = *arguments.first()?
            }
            _ => return Some((id, rebuilt_once(pickle, id))),
        }
    }
    None
}

fn rebuilt_once(pickle: &Pickle, id: ObjectId) -> Option<Rebuilt<'_>> {
    let (function, arguments) = made_by(pickle, id)?;
    if is_known(&function) {
        return Some(Rebuilt { function, arguments });
    }
    // Very old tensors are made empty, and given storage, offset, sizes and strides.
    let class = function.strip_prefix("torch.")?;
    let (instance, _) = pickle.instance(id)?;
    let state = pickle.items(*instance.states.last()?)?;
    let fits = class.ends_with("Tensor")
        && state.len() == 4
        && matches!(pickle.object(*state.first()?), Object::Persistent(_));
    fits.then(|| Rebuilt { function: "torch._utils._rebuild_tensor".into(), arguments: state })
}

fn is_known(function: &str) -> bool {
    matches!(
        function.strip_prefix("torch._utils."),
        Some(
            "_rebuild_tensor"
                | "_rebuild_tensor_v2"
                | "_rebuild_tensor_v3"
                | "_rebuild_qtensor"
                | "_rebuild_sparse_tensor"
                | "_rebuild_sparse_csr_tensor"
                | "_rebuild_meta_tensor_no_storage"
                | "_rebuild_wrapper_subclass"
                | "_rebuild_nested_tensor"
        )
    )
}

/// A tensor of the model, and what accompanies it.
pub struct Made {
    /// The tensor.
    pub tensor: TensorId,
    /// Further tensors that belong to it, with what they are to it: scales, zero points, pointers to rows.
    pub beside: Vec<(&'static str, ObjectId)>,
}

/// Turns objects into tensors of the model. An object, and a view of a storage, becomes one tensor however often it is met.
pub struct Tensors<'a> {
    checkpoint: &'a Checkpoint,
    files: &'a Files,
    limits: Limits,
    /// All tensors so far.
    pub all: Arena<TensorId, Tensor>,
    views: HashMap<View, TensorId>,
    /// The storages within the pickle, by where they begin.
    nested: HashMap<u64, Option<(Storage, Place)>>,
    missing: HashSet<String>,
    /// How many tensors are being made within each other.
    depth: usize,
}

/// What two tensors that are tied have in common.
#[derive(PartialEq, Eq, Hash)]
struct View {
    place: Place,
    start: u64,
    dtype: DType,
    shape: Vec<u64>,
    strides: Vec<u64>,
}

/// A dense tensor before it has a name.
struct Dense {
    storage: Option<(Storage, Place)>,
    dtype: DType,
    offset: u64,
    shape: Vec<u64>,
    strides: Vec<u64>,
}

impl<'a> Tensors<'a> {
    /// No tensors yet.
    pub fn new(checkpoint: &'a Checkpoint, files: &'a Files, limits: Limits) -> Self {
        Self {
            checkpoint,
            files,
            limits,
            all: Arena::new(),
            views: HashMap::default(),
            nested: HashMap::default(),
            missing: HashSet::default(),
            depth: 0,
        }
    }

    /// Where the bytes are.
    pub fn files(&self) -> &'a Files {
        self.files
    }

    /// What the objects may ask for.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The tensor that `id` is, called `name` if it is new.
    pub fn make(&mut self, id: ObjectId, name: &str, report: &mut Report) -> Option<Made> {
        if self.depth >= WRAPPERS {
            return None;
        }
        self.depth += 1;
        let made = self.make_one(id, name, report);
        self.depth -= 1;
        made
    }

    fn make_one(&mut self, id: ObjectId, name: &str, report: &mut Report) -> Option<Made> {
        let checkpoint = self.checkpoint;
        if let Object::Persistent(key) = checkpoint.pickle.object(id) {
            let tensor = described(checkpoint, *key)?.clone();
            return Some(Made { tensor: self.described(&tensor, name, report), beside: Vec::new() });
        }
        let (inner, call) = rebuilt(checkpoint, id)?;
        match call {
            Some(call) => self.rebuild(&call, name, report),
            None if inner != id && is_described(checkpoint, inner) => self.make(inner, name, report),
            None => Some(Made { tensor: self.array(inner, name)?, beside: Vec::new() }),
        }
    }

    fn rebuild(&mut self, call: &Rebuilt, name: &str, report: &mut Report) -> Option<Made> {
        let pickle = &self.checkpoint.pickle;
        let mut beside = Vec::new();
        let tensor = match (call.function.strip_prefix("torch._utils.")?, call.arguments) {
            ("_rebuild_tensor_v3", [storage, offset, size, stride, _, _, element, ..]) => {
                let dense = self.dense(*storage, *offset, *size, *stride, dtype(pickle, *element), name, report)?;
                self.add(dense, name, Vec::new(), report)
            }
            ("_rebuild_qtensor", [storage, offset, size, stride, quantizer, ..]) => {
                let dense = self.dense(*storage, *offset, *size, *stride, DType::Unknown, name, report)?;
                let (notes, tensors) = quantizer_notes(pickle, *quantizer);
                beside = tensors;
                self.add(dense, name, notes, report)
            }
            ("_rebuild_sparse_tensor" | "_rebuild_sparse_csr_tensor", [layout, data, ..]) => {
                let (tensor, pointers) = self.sparse(*data, name, report)?;
                let layout = made_by(pickle, *layout).and_then(|(_, arguments)| pickle.text(*arguments.first()?));
                if let (Some(layout), Some(tensor)) = (layout, self.all.get_mut(tensor)) {
                    tensor.metadata.push(Entry { name: "layout".into(), value: layout.clone() });
                }
                beside.extend(pointers.map(|pointers| ("pointers", pointers)));
                tensor
            }
            ("_rebuild_meta_tensor_no_storage", [element, size, ..]) => self.bare(*element, *size, name, "meta"),
            ("_rebuild_wrapper_subclass", [class, element, size, ..]) => {
                let class = objects::path(pickle, *class).unwrap_or_default();
                self.bare(*element, *size, name, &class)
            }
            ("_rebuild_nested_tensor", [buffer, sizes, ..]) => {
                beside.push(("sizes", *sizes));
                self.make(*buffer, name, report)?.tensor
            }
            ("_rebuild_tensor" | "_rebuild_tensor_v2", [storage, offset, size, stride, ..]) => {
                let dense = self.dense(*storage, *offset, *size, *stride, DType::Unknown, name, report)?;
                self.add(dense, name, Vec::new(), report)
            }
            _ => return None,
        };
        Some(Made { tensor, beside })
    }

    #[allow(clippy::too_many_arguments, reason = "these are those of the functions that rebuild tensors")]
    fn dense(
        &mut self,
        storage: ObjectId,
        offset: ObjectId,
        size: ObjectId,
        stride: ObjectId,
        dtype: DType,
        name: &str,
        report: &mut Report,
    ) -> Option<Dense> {
        let pickle = &self.checkpoint.pickle;
        let mut shape = sizes(pickle, size)?;
        let mut strides =
            sizes(pickle, stride).filter(|strides| strides.len() == shape.len()).unwrap_or_else(|| row_major(&shape));
        let mut offset = pickle.int(offset).and_then(|offset| u64::try_from(offset).ok())?;
        let storage = self.storage(storage, name, report);
        let dtype = match (&storage, dtype) {
            (Some((storage, _)), DType::Unknown) => storage.dtype,
            (_, dtype) => dtype,
        };
        // What torch takes for one element is a pair.
        if dtype == DType::F4E2M1
            && let Some(last) = shape.last_mut()
            && let Some((_, outer)) = strides.split_last_mut()
        {
            *last = last.saturating_mul(2);
            outer.iter_mut().for_each(|stride| *stride = stride.saturating_mul(2));
            offset = offset.saturating_mul(2);
        }
        Some(Dense { storage, dtype, offset, shape, strides })
    }

    /// The storage that `id` refers to, and where it is; its place is empty where it is missing.
    fn storage(&mut self, id: ObjectId, name: &str, report: &mut Report) -> Option<(Storage, Place)> {
        let pickle = &self.checkpoint.pickle;
        if let Object::Persistent(key) = pickle.object(id) {
            let storage = objects::storage(pickle, *key)?;
            let place = self.checkpoint.storages.get(&storage.key).copied();
            // What comes after a fault cannot be there: that is said already.
            let wanted = &*storage.device != "meta" && self.checkpoint.pickle.fault.is_none();
            if place.is_none() && wanted && self.missing.insert(storage.key.clone()) {
                report.add(
                    Severity::Warning,
                    format!("the values of {name:?} are missing: there is no storage {:?}", storage.key),
                );
            }
            let place = place.unwrap_or(Place { span: Span { at: u64::MAX, len: 0 }, ..Place::default() });
            return Some((storage, place));
        }
        let (path, arguments) = made_by(pickle, id)?;
        if path != "torch.storage._load_from_bytes" {
            return None;
        }
        let bytes = objects::bytes(pickle, *arguments.first()?)?;
        let (file, window) = match &bytes {
            Bytes::Range(span) => (self.checkpoint.file, self.checkpoint.bytes.window(*span)),
            Bytes::Decoded(bytes) => {
                let file = self
                    .files
                    .add_inside(&format!("{}/{name}", self.files.name()), Rc::new(BytesSource(bytes.to_vec())));
                (file, self.files.slice(file)?)
            }
        };
        let key = window.span().at ^ u64::from(file.0) << 48;
        if let Some(known) = self.nested.get(&key) {
            return known.clone();
        }
        let found = stream::read(&window, file, &self.limits, report).ok().and_then(|stream| {
            let Object::Persistent(key) = stream.pickle.object(stream.pickle.root?) else { return None };
            let storage = objects::storage(&stream.pickle, *key)?;
            let place = stream.storages.get(&storage.key).copied()?;
            Some((storage, place))
        });
        self.nested.insert(key, found.clone());
        found
    }

    /// Adds a dense tensor, unless there is one of the same view.
    fn add(&mut self, dense: Dense, name: &str, mut notes: Vec<Entry>, report: &mut Report) -> TensorId {
        let Dense { storage, dtype, offset, shape, strides } = dense;
        let bits = u64::from(dtype.bits());
        let mut tensor = blank(name, dtype, shape);
        if let Some((storage, place)) = storage
            && bits > 0
            && place.span.at != u64::MAX
        {
            let start = storage.offset.saturating_mul(storage.size).saturating_add(offset.saturating_mul(bits) / 8);
            let view = View { place, start, dtype, shape: tensor.shape.clone(), strides: strides.clone() };
            if let Some(known) = self.views.get(&view) {
                return *known;
            }
            self.views.insert(view, TensorId(u32::try_from(self.all.len()).unwrap_or(u32::MAX)));
            tensor.encoding = if bits > 8 { self.checkpoint.encoding } else { Encoding::Little };
            tensor.data = range(&tensor, &strides, place, start, report);
            if !matches!(&*storage.device, "cpu" | "") {
                notes.push(Entry { name: "device".into(), value: storage.device });
            }
        }
        tensor.metadata = notes;
        self.all.push(tensor)
    }

    fn described(&mut self, tensor: &Described, name: &str, report: &mut Report) -> TensorId {
        let Described { storage: key, dtype, offset, shape, strides } = tensor.clone();
        let place = self.checkpoint.storages.get(&key).copied();
        let storage = place.map(|place| {
            let size = u64::from(dtype.bits().div_ceil(8).max(1));
            (Storage { key, dtype, size, count: 0, device: "cpu".into(), offset: 0 }, place)
        });
        self.add(Dense { storage, dtype, offset, shape, strides }, name, Vec::new(), report)
    }

    /// A tensor without values.
    fn bare(&mut self, element: ObjectId, size: ObjectId, name: &str, what: &str) -> TensorId {
        let pickle = &self.checkpoint.pickle;
        let mut tensor = blank(name, dtype(pickle, element), sizes(pickle, size).unwrap_or_default());
        tensor.metadata.push(Entry { name: "device".into(), value: what.into() });
        self.all.push(tensor)
    }

    /// A sparse tensor: `(indices, values, size)`, or `(pointers, indices, values, size)`.
    fn sparse(&mut self, data: ObjectId, name: &str, report: &mut Report) -> Option<(TensorId, Option<ObjectId>)> {
        let pickle = &self.checkpoint.pickle;
        let data = pickle.items(data)?;
        let (pointers, indices, values, size) = match data {
            [indices, values, size] => (None, *indices, *values, *size),
            [indices, values, size, last] if matches!(pickle.object(*last), Object::Bool(_)) => {
                (None, *indices, *values, *size)
            }
            [pointers, indices, values, size, ..] => (Some(*pointers), *indices, *values, *size),
            _ => return None,
        };
        let size = sizes(pickle, size)?;
        let indices = self.own(indices, &format!("{name}/indices"), report)?;
        // The coordinates of an element are in a column; they read better in a row.
        if let Some(rows) = self.all.get_mut(indices)
            && let ([dims, count], Data::Range(file, span)) = (rows.shape.as_slice(), &rows.data)
        {
            (rows.data, rows.shape) = (Data::Strided(*file, *span, vec![1, *count]), vec![*count, *dims]);
        }
        let values = self.own(values, name, report)?;
        if let Some(tensor) = self.all.get_mut(values) {
            if let (Some(_), [_, block @ ..]) = (pointers, &*tensor.shape)
                && !block.is_empty()
            {
                let block = Shape::of(block).to_string();
                tensor.metadata.push(Entry { name: "blocks".into(), value: block.as_str().into() });
            }
            tensor.shape = size;
            tensor.indices = Some(indices);
        }
        Some((values, pointers))
    }

    /// A tensor that is about to be changed: if it is known already, a copy.
    fn own(&mut self, id: ObjectId, name: &str, report: &mut Report) -> Option<TensorId> {
        let before = self.all.len();
        let made = self.make(id, name, report)?.tensor;
        if made.index() >= before {
            return Some(made);
        }
        let copy = Tensor { name: name.into(), ..self.all.get(made)?.clone() };
        Some(self.all.push(copy))
    }

    /// An array of NumPy.
    fn array(&mut self, id: ObjectId, name: &str) -> Option<TensorId> {
        let array = array::array(&self.checkpoint.pickle, id).filter(|array| array.dtype != DType::Unknown)?;
        let mut tensor = blank(name, array.dtype, array.shape);
        tensor.encoding = array.encoding;
        tensor.data = match array.bytes? {
            Bytes::Range(span) if array.fortran && tensor.shape.len() > 1 => {
                Data::Strided(self.checkpoint.file, span, column_major(&tensor.shape))
            }
            Bytes::Range(span) => Data::Range(self.checkpoint.file, span),
            Bytes::Decoded(bytes) if array.fortran && tensor.shape.len() > 1 => {
                let file = self
                    .files
                    .add_inside(&format!("{}/{name}", self.files.name()), Rc::new(BytesSource(bytes.to_vec())));
                Data::Strided(file, Span { at: 0, len: bytes.len() as u64 }, column_major(&tensor.shape))
            }
            Bytes::Decoded(bytes) => Data::Inline(bytes.to_vec()),
        };
        Some(self.all.push(tensor))
    }

    /// All tensors; those that share bytes with another one say so.
    pub fn finish(mut self) -> Arena<TensorId, Tensor> {
        let range = |(id, tensor): (TensorId, &Tensor)| match &tensor.data {
            Data::Range(file, span) | Data::Strided(file, span, _) if span.len > 0 => {
                Some((file.0, span.at, span.end(), id))
            }
            _ => None,
        };
        let mut ranges: Vec<_> = self.all.iter().filter_map(range).collect();
        // Of those that begin together, the longest is the one that is shared.
        sort::sort_by_key(&mut ranges, |(file, at, end, id)| (*file, *at, Reverse(*end), *id));
        let mut last: Option<(u32, u64, TensorId)> = None;
        for (file, at, end, id) in ranges {
            match last {
                Some((same, reach, owner)) if same == file && at < reach => {
                    let owner_name = self.all.get(owner).map(|owner| owner.name.clone()).unwrap_or_default();
                    if let Some(tensor) =
                        self.all.get_mut(id).filter(|tensor| tensor.indices.is_none() && tensor.name != owner_name)
                    {
                        tensor.metadata.push(Entry { name: "shares bytes with".into(), value: owner_name });
                    }
                    if end > reach {
                        last = Some((file, end, id));
                    }
                }
                _ => last = Some((file, end, id)),
            }
        }
        self.all
    }
}

fn blank(name: &str, dtype: DType, shape: Vec<u64>) -> Tensor {
    Tensor {
        name: name.into(),
        dtype,
        shape,
        encoding: Encoding::Little,
        data: Data::Absent,
        description: "".into(),
        metadata: Vec::new(),
        indices: None,
    }
}

/// Where the elements of `tensor` are: from byte `start` of `place` on.
fn range(tensor: &Tensor, strides: &[u64], place: Place, start: u64, report: &mut Report) -> Data {
    let dense = is_row_major(&tensor.shape, strides);
    let last = if dense {
        tensor.elements()
    } else if tensor.shape.contains(&0) {
        Some(0)
    } else {
        let mut steps = tensor.shape.iter().zip(strides);
        steps.try_fold(1u64, |last, (dim, stride)| last.checked_add((dim - 1).checked_mul(*stride)?))
    };
    let wanted = last.and_then(|count| tensor.dtype.bytes(count)).unwrap_or(u64::MAX);
    let at = place.span.at.saturating_add(start).min(place.span.end());
    let len = wanted.min(place.span.end() - at);
    if len < wanted {
        let (name, dtype, shape) = (&tensor.name, tensor.dtype.name(), Shape::of(&tensor.shape));
        let wanted = if wanted == u64::MAX { "more bytes than there can be".into() } else { format!("{wanted} bytes") };
        let message = format!("tensor {name:?} of {dtype} {shape} needs {wanted}, its storage has {len} of them");
        report.add(Severity::Warning, message);
    }
    let span = Span { at, len };
    if dense { Data::Range(place.file, span) } else { Data::Strided(place.file, span, strides.to_vec()) }
}

/// The whole numbers in `id`, a size or its like.
fn sizes(pickle: &Pickle, id: ObjectId) -> Option<Vec<u64>> {
    items(pickle, id)?.iter().map(|dim| u64::try_from(pickle.int(*dim)?).ok()).collect()
}

fn row_major(shape: &[u64]) -> Vec<u64> {
    let mut strides = steps(shape.iter().rev());
    strides.reverse();
    strides
}

fn column_major(shape: &[u64]) -> Vec<u64> {
    steps(shape.iter())
}

/// How many elements a step along each dimension is, of which the first changes fastest.
fn steps<'a>(dims: impl Iterator<Item = &'a u64>) -> Vec<u64> {
    let mut next = 1u64;
    let step = |dim: &u64| {
        let step = next;
        next = next.saturating_mul((*dim).max(1));
        step
    };
    dims.map(step).collect()
}

/// Whether elements follow each other; where a dimension has one element, its stride does not matter.
pub fn is_row_major(shape: &[u64], strides: &[u64]) -> bool {
    shape.contains(&0)
        || shape.iter().zip(strides).zip(row_major(shape)).all(|((dim, stride), dense)| *dim == 1 || *stride == dense)
}

/// What a quantizer says: `(per_tensor_affine, scale, zero_point)`, or `(per_channel_affine, scales, zero_points, axis)`.
fn quantizer_notes(pickle: &Pickle, id: ObjectId) -> (Vec<Entry>, Vec<(&'static str, ObjectId)>) {
    let entry = |name: &str, value: String| Entry { name: name.into(), value: value.as_str().into() };
    let (scheme, settings) = match pickle.items(id) {
        Some([scheme, settings @ ..]) => (pickle.import(*scheme).map(|import| import.name.replace('_', " ")), settings),
        _ => return (Vec::new(), Vec::new()),
    };
    let mut notes = vec![entry("quantisation", scheme.unwrap_or_default())];
    match settings {
        [scale, zero_point] => {
            let scale = match pickle.object(*scale) {
                Object::Float(scale) => double_text(*scale),
                _ => pickle.describe(*scale, 40),
            };
            notes.extend([entry("scale", scale), entry("zero point", pickle.describe(*zero_point, 40))]);
            (notes, Vec::new())
        }
        [scales, zero_points, axis, ..] => {
            notes.push(entry("axis", pickle.describe(*axis, 40)));
            (notes, vec![("scales", *scales), ("zero_points", *zero_points)])
        }
        _ => (notes, Vec::new()),
    }
}
