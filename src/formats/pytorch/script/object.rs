//! Objects of the file: modules, their attributes, and the packed weights of quantised layers.

use super::super::objects;
use super::super::tensor::is_tensor;
use super::lower::{Attribute, Lowering, plain};
use super::operator::Inputs;
use super::python::Expr;
use super::symbol::{Instance, Members, Object, Symbol};
use crate::codec::pickle::{Object as Pickled, ObjectId, Pickle};
use crate::model::{DType, Entry, Literal, TensorId, Text, Values, values};
use foldhash::HashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// The most settings of a module that are shown, and the most characters of one.
const SETTINGS: usize = 64;
const SETTING: usize = 200;
/// How deep lists and tuples of the file are taken apart, and how many members they may have.
const DEPTH: usize = 8;
/// See [`DEPTH`].
const MEMBERS: usize = 4096;
/// The most tensors of an object that are shown as one argument, and the objects that are looked at for them.
const TENSORS: usize = 64;
/// See [`TENSORS`].
const LOOKED_AT: usize = 1024;

impl Lowering<'_> {
    /// The attribute `name` of `object`.
    pub fn field(&mut self, object: &Object, name: &Text) -> Symbol {
        let name = &self.name_of(object, name);
        let path: Text = match &*object.path {
            "" => name.clone(),
            path => format!("{path}.{name}").as_str().into(),
        };
        let saved = match self.fields(object).get(name).cloned() {
            Some(Attribute::Made(Symbol::Object(made))) => return Symbol::Object(Object { path, ..made }),
            Some(Attribute::Made(symbol)) => return symbol,
            Some(Attribute::Saved(id)) => Some(id),
            None => None,
        };
        if let Some(id) = saved {
            let of = Object { constant: object.constant, id, path: path.clone() };
            if self.lists_tensors(&of) {
                self.make_tensors(object);
            }
            let symbol = self.object(&of);
            let class = || self.class_path(&of).unwrap_or_default();
            let state = !matches!(symbol, Symbol::Object(_)) || !class().starts_with("__torch__");
            return if state && self.program.library.changes(name) { self.current(&path, &symbol) } else { symbol };
        }
        // What never changes is stated by the class.
        let class = self.class_of(object);
        let value = class.as_ref().and_then(|class| Some((class.file, class.field(name)?.value.as_ref()?)));
        match value {
            Some((file, value)) => {
                let at = std::mem::replace(&mut self.at, (file, value.at));
                let symbol = self.eval(value, None);
                self.at = at;
                symbol
            }
            None if class.as_ref().is_some_and(|class| class.method(name).is_some()) => {
                Symbol::Method(Rc::new((Symbol::Object(object.clone()), name.clone())))
            }
            None => {
                self.tell(&format!("there is no attribute {path:?}"));
                self.current(&path, &Symbol::Missing)
            }
        }
    }

    /// What the attribute `name` of `object` is called: instructions number them.
    pub fn name_of(&self, object: &Object, name: &Text) -> Text {
        let Some(number) = name.strip_prefix('#').and_then(|number| number.parse::<usize>().ok()) else {
            return name.clone();
        };
        let pickle = &self.pool(object.constant).pickle;
        let pairs = objects::attributes(pickle, object.id).unwrap_or_default();
        pairs.get(number).and_then(|(key, _)| pickle.text(*key)).unwrap_or(name).clone()
    }

    /// Makes the tensors that `object` has as attributes: in a list, they go by the same names.
    fn make_tensors(&mut self, object: &Object) {
        let pickle = &self.pool(object.constant).pickle;
        for (key, id) in objects::attributes(pickle, object.id).unwrap_or_default() {
            if let Some(name) = pickle.text(key)
                && is_tensor(self.pool(object.constant), id)
            {
                let separator = if object.path.is_empty() { "" } else { "." };
                self.tensor(object.constant, id, &format!("{}{separator}{name}", object.path));
            }
        }
    }

    /// The attributes of `object`, by name: those that the file has, or those that the class sets when it is given its state.
    fn fields(&mut self, object: &Object) -> Rc<HashMap<Text, Attribute>> {
        let key = (object.constant, object.id);
        if let Some(known) = self.attributes.get(&key) {
            return known.clone();
        }
        // Whoever asks again while they are being made finds none.
        self.attributes.insert(key, Rc::default());
        let pickle = &self.pool(object.constant).pickle;
        let pairs = objects::attributes(pickle, object.id).unwrap_or_default();
        let named =
            pairs.iter().filter_map(|(key, value)| Some((pickle.text(*key)?.clone(), Attribute::Saved(*value))));
        let mut fields: HashMap<Text, Attribute> = named.collect();
        if fields.is_empty() {
            fields = self.restored(object);
        }
        let fields = Rc::new(fields);
        self.attributes.insert(key, fields.clone());
        fields
    }

    /// The attributes that `__setstate__` sets.
    fn restored(&mut self, object: &Object) -> HashMap<Text, Attribute> {
        let pickle = &self.pool(object.constant).pickle;
        let state = pickle.instance(object.id).and_then(|(instance, _)| instance.states.last().copied());
        let class = self.class_path(object).unwrap_or_default();
        let method = self.class_of(object).and_then(|class| class.method("__setstate__").cloned());
        let (Some(state), Some(method)) = (state, method) else { return HashMap::default() };
        let state = Object { id: state, ..object.clone() };
        let fields = self.aside(|lowering| {
            let serial = lowering.drafts.last().map_or(0, |draft| draft.serial);
            let instance = Rc::new(Instance { class: class.as_str().into(), serial, fields: RefCell::default() });
            let state = lowering.object(&state);
            let receiver = Symbol::Instance(instance.clone());
            lowering.call_method(receiver, &method.name, vec![state], Vec::new(), None);
            instance.fields.take()
        });
        // What nodes would make is not known.
        let known = |symbol: &Symbol| !matches!(symbol, Symbol::Value(..) | Symbol::Missing);
        let mut known: Vec<(Text, Symbol)> = fields.into_iter().filter(|(_, symbol)| known(symbol)).collect();
        let own = |lowering: &mut Self, name: &str, symbol: &mut Symbol| {
            if let Symbol::Tensor(tensor, _) = symbol {
                *symbol = lowering.renamed(*tensor, &object.path, name);
            }
        };
        for (name, symbol) in &mut known {
            own(self, name, symbol);
            // The weights that a layer has packed are its own.
            if let Symbol::Instance(packed) = symbol
                && packed.class.contains("_prepack")
            {
                packed.fields.borrow_mut().iter_mut().for_each(|(name, symbol)| own(self, name, symbol));
            }
        }
        known.into_iter().map(|(name, symbol)| (name, Attribute::Made(symbol))).collect()
    }

    /// What stands for an object of the file.
    pub fn object(&mut self, object: &Object) -> Symbol {
        self.object_within(object, 0)
    }

    /// The same, inside of `depth` lists and tuples.
    fn object_within(&mut self, object: &Object, depth: usize) -> Symbol {
        let pickle = &self.pool(object.constant).pickle;
        let number = match pickle.object(object.id) {
            Pickled::None => Some(Literal::Absent),
            Pickled::Bool(value) => Some(Literal::Bool(*value)),
            Pickled::Int(value) => Some(Literal::Int(*value)),
            Pickled::Float(value) => Some(Literal::Double(*value)),
            Pickled::Text(text) | Pickled::Long(text) => Some(Literal::String(text.clone())),
            _ => None,
        };
        if let Some(literal) = number {
            return Symbol::Literal(literal);
        }
        if let Some(made) = self.tensor(object.constant, object.id, &object.path) {
            let known = self.made(made.tensor).map(|tensor| tensor.name.clone());
            // In a list it has no name of its own.
            return Symbol::Tensor(made.tensor, known.filter(|_| depth > 0).unwrap_or_else(|| object.path.clone()));
        }
        if let Some(members) = self.listed(object).filter(|members| members.len() <= MEMBERS && depth < DEPTH) {
            let tuple = matches!(pickle.object(object.id), Pickled::Tuple(_));
            self.step(members.len());
            let part = |(index, id)| Object {
                constant: object.constant,
                id,
                path: format!("{}.{index}", object.path).as_str().into(),
            };
            let members: Vec<Object> = members.into_iter().enumerate().map(part).collect();
            let members = members.iter().map(|member| self.object_within(member, depth + 1)).collect();
            return if tuple { self.kept(members) } else { self.list(members) };
        }
        self.member(object).unwrap_or_else(|| Symbol::Object(object.clone()))
    }

    /// The member of an enumeration that `object` is: the class is called with the value, not with a tuple.
    fn member(&self, object: &Object) -> Option<Symbol> {
        let pickle = &self.pool(object.constant).pickle;
        let (_, call) = pickle.instance(object.id)?;
        let path = objects::path(pickle, call.callable)?;
        let class = self.program.library.class(&path).filter(|class| &*class.base == "Enum")?;
        let value = match pickle.items(call.arguments) {
            Some([value]) => *value,
            _ => call.arguments,
        };
        let value = pickle.describe(value, 80);
        let is_it = |stated: &Expr| {
            let text = self.program.library.text(class.file, stated.at, stated.end);
            text.trim_matches('"') == value.trim_matches('\'')
        };
        let mut fields = class.fields.iter().filter(|field| field.value.as_ref().is_some_and(is_it));
        let name = fields.next().map_or(value.clone(), |field| field.name.to_string());
        Some(Symbol::text(&format!("{}.{name}", plain(&path))))
    }

    fn kept(&mut self, members: Vec<Symbol>) -> Symbol {
        Members::of(members).map_or(Symbol::Missing, Symbol::Tuple)
    }

    /// The members of a list or tuple; of one that is marked with its type, too.
    fn listed(&self, object: &Object) -> Option<Vec<ObjectId>> {
        let pickle = &self.pool(object.constant).pickle;
        objects::items(pickle, untagged(pickle, object.id)).map(<[ObjectId]>::to_vec)
    }

    /// Whether `object` is a list that begins with a tensor.
    fn lists_tensors(&self, object: &Object) -> bool {
        self.listed(object)
            .and_then(|items| items.first().copied())
            .is_some_and(|first| is_tensor(self.pool(object.constant), first))
    }

    /// Gives an object to the parameter `name`: the tensors in it, and what is said about it.
    pub fn bind_object(&mut self, inputs: &mut Inputs, name: &str, object: &Object) {
        let class = self.class_path(object).unwrap_or_default();
        let found = self.tensors_in(object);
        if class.contains("PackedParams") {
            return self.bind_packed(inputs, object, &found);
        }
        let mut value = |tensor: &TensorId| {
            let name = self.made(*tensor).map(|tensor| tensor.name.clone()).unwrap_or_default();
            self.materialise(&Symbol::Tensor(*tensor, name))
        };
        let values: Vec<_> = found.iter().map(&mut value).collect();
        if values.is_empty() {
            let bare = Object { id: untagged(&self.pool(object.constant).pickle, object.id), ..object.clone() };
            let line = self.line(&bare);
            self.say(inputs, name, Literal::String(line.as_str().into()));
        } else {
            self.give(inputs, name, values);
        }
    }

    /// The packed weights of a quantised layer: weight and bias as they were before, and its settings.
    ///
    /// A linear layer has `(weight, bias)`; a convolution a version, `[settings, weight]` and `[bias]`, where the settings are 16-bit numbers:
    /// dimensions, strides, paddings, dilations, paddings of the output, groups, whether it is transposed
    /// (`aten/src/ATen/native/quantized/cpu/conv_serialization.h`).
    fn bind_packed(&mut self, inputs: &mut Inputs, object: &Object, found: &[TensorId]) {
        let settings = found
            .iter()
            .find(|id| self.made(**id).is_some_and(|tensor| tensor.dtype == DType::I16 && tensor.shape.len() == 1));
        if let Some(id) = settings {
            for (name, literal) in self.convolution(*id).into_iter().flatten() {
                self.say(inputs, name, literal);
            }
        }
        let rest = found.iter().filter(|id| Some(*id) != settings);
        let names = ["weight", "bias"].into_iter().chain(std::iter::repeat("packed"));
        let owner = object.path.trim_end_matches("._packed_params").to_owned();
        for (tensor, name) in rest.copied().zip(names).collect::<Vec<_>>() {
            let symbol = self.renamed(tensor, &owner, name);
            self.bind(inputs, name, &symbol);
        }
        if found.is_empty() {
            let line = self.line(object);
            self.say(inputs, "packed", Literal::String(line.as_str().into()));
        }
    }

    /// The settings of a packed convolution.
    fn convolution(&self, id: TensorId) -> Option<Vec<(&'static str, Literal)>> {
        let tensor = self.made(id)?.clone();
        let mut model = crate::model::Model::default();
        let own = model.tensors.push(tensor);
        let read: Values = values::read(&model, own, self.files(), 0, 64).ok()?;
        let numbers: Vec<i64> = (0..read.len()).filter_map(|index| read.text(index)?.parse().ok()).collect();
        let (dims, rest) = numbers.split_first()?;
        let dims = usize::try_from(*dims).ok().filter(|dims| (1..=3).contains(dims))?;
        let mut parts = rest.chunks(dims);
        let mut list = |name| Some((name, Literal::List(parts.next()?.iter().copied().map(Literal::Int).collect())));
        let mut settings = vec![list("stride")?, list("padding")?, list("dilation")?];
        list("output_padding")?;
        settings.push(("groups", Literal::Int(*rest.get(4 * dims)?)));
        Some(settings)
    }

    /// The settings of a module in words: what is neither private, nor about training, which is for all modules alike. Those of the outermost
    /// one are with the model.
    pub fn settings(&self, object: &Object) -> Vec<Entry> {
        if object.path.is_empty() {
            return Vec::new();
        }
        let found = settings(&self.pool(object.constant).pickle, object.id).into_iter();
        let public = found.filter(|(name, _)| !name.starts_with('_') && &**name != "training");
        let entry = |(name, id): (Text, ObjectId)| {
            let line: String = self.line(&Object { id, ..object.clone() }).chars().take(SETTING).collect();
            Entry { name, value: line.as_str().into() }
        };
        public.map(entry).collect()
    }

    /// The tensors in `object` and below.
    fn tensors_in(&mut self, object: &Object) -> Vec<TensorId> {
        let mut found = Vec::new();
        let mut stack = vec![object.clone()];
        let mut looked_at = 0;
        while let Some(object) = stack.pop() {
            looked_at += 1;
            if looked_at > LOOKED_AT || found.len() >= TENSORS {
                break;
            }
            if let Some(made) = self.tensor(object.constant, object.id, &object.path) {
                found.push(made.tensor);
                continue;
            }
            let pickle = &self.pool(object.constant).pickle;
            let part = |name: String, id: ObjectId| Object {
                constant: object.constant,
                id,
                path: format!("{}.{name}", object.path).as_str().into(),
            };
            let from = stack.len();
            if let Some(pairs) = objects::pairs(pickle, untagged(pickle, object.id)) {
                let named = pairs.iter().enumerate();
                stack.extend(named.map(|(at, (key, id))| part(objects::name(pickle, *key, at), *id)));
            } else {
                let state = pickle.instance(object.id).and_then(|(instance, _)| instance.states.last().copied());
                let listed = self.listed(&object).unwrap_or_default();
                stack
                    .extend(listed.into_iter().chain(state).enumerate().map(|(index, id)| part(index.to_string(), id)));
            }
            if let Some(new) = stack.get_mut(from..) {
                new.reverse();
            }
        }
        found
    }
}

/// What `id` is without the mark of its type that lists and dictionaries have.
pub fn untagged(pickle: &Pickle, id: ObjectId) -> ObjectId {
    match objects::made_by(pickle, id) {
        Some((path, [inner, ..])) => match path.strip_prefix("torch.jit._pickle.") {
            Some(name) if name == "restore_type_tag" || name.starts_with("build_") => *inner,
            _ => id,
        },
        _ => id,
    }
}

/// The settings of a module that are shown: numbers and texts.
pub fn settings(pickle: &Pickle, root: ObjectId) -> Vec<(Text, ObjectId)> {
    let pairs = objects::attributes(pickle, root).unwrap_or_default();
    let plain = |id: &ObjectId| {
        let simple = |id: &ObjectId| {
            matches!(pickle.object(*id), Pickled::Bool(_) | Pickled::Int(_) | Pickled::Float(_) | Pickled::Text(_))
        };
        simple(id) || objects::items(pickle, *id).is_some_and(|items| items.iter().all(simple))
    };
    let bare = pairs.iter().map(|(key, id)| (*key, untagged(pickle, *id)));
    let named = bare.filter(|(_, id)| plain(id)).filter_map(|(key, id)| Some((pickle.text(key)?.clone(), id)));
    named.take(SETTINGS).collect()
}
