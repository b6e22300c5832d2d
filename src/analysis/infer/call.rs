//! One application of an operator, as its rule sees it.

use super::fact::{Content, Fact, Kind};
use super::size::Size;
use crate::model::{DType, Data, Graph, Literal, Model, Node, TensorId, Text, Type, ValueId, Values, values};
use crate::source::Files;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A rule: it gives what is known of the outputs. What it returns says only whether it came to its end.
pub type Rule = fn(&mut Call) -> Option<()>;

/// The most tensors whose elements are read: they are small, but may be anywhere.
const READS: u32 = 20_000;
/// The same of a file that is somewhere else, where each may take a request.
const REMOTE: u32 = 40;

/// Elements of small tensors, read when a rule asks for them.
pub struct Constants<'a> {
    model: &'a Model,
    files: &'a Files,
    /// By tensor, once they are asked for.
    known: RefCell<Vec<Option<Option<Content>>>>,
    left: Cell<u32>,
}

impl<'a> Constants<'a> {
    /// Of `model`, which came from `files`.
    pub fn new(model: &'a Model, files: &'a Files) -> Self {
        let left = Cell::new(if files.is_remote() { REMOTE } else { READS });
        Self { model, files, known: RefCell::default(), left }
    }

    /// Whether the elements of `tensor` are few enough to be of interest.
    pub fn is_small(&self, tensor: TensorId) -> bool {
        let Some(tensor) = self.model.tensors.get(tensor) else { return false };
        let few = tensor.elements().is_some_and(|elements| elements <= Content::MOST as u64);
        few && tensor.indices.is_none() && !matches!(tensor.data, Data::Absent | Data::External { .. })
    }

    /// The elements of `tensor`; none if it is large, or cannot be read.
    pub fn content(&self, id: TensorId) -> Option<Content> {
        if !self.is_small(id) {
            return None;
        }
        if let Some(Some(known)) = self.known.borrow().get(id.index()) {
            return known.clone();
        }
        let tensor = self.model.tensors.get(id)?;
        let inline = matches!(tensor.data, Data::Inline(_));
        self.left.set(self.left.get().checked_sub(u32::from(!inline))?);
        let count = tensor.elements()?;
        let read = values::read(self.model, id, self.files, 0, count).ok();
        let content = read.filter(|read| read.len() as u64 == count).and_then(content);
        let mut known = self.known.borrow_mut();
        if known.len() <= id.index() {
            known.resize(self.model.tensors.len(), None);
        }
        if let Some(known) = known.get_mut(id.index()) {
            *known = Some(content.clone());
        }
        content
    }
}

fn content(values: Values) -> Option<Content> {
    let ints = |ints: Vec<Size>| Some(Content::Ints(ints.into()));
    match values {
        Values::Bool(items) => ints(items.into_iter().map(|item| Size::Known(item.into())).collect()),
        Values::Int(items) => ints(items.into_iter().map(Size::Known).collect()),
        Values::Uint(items) => {
            ints(items.into_iter().map(|item| i64::try_from(item).map_or(Size::Unknown, Size::Known)).collect())
        }
        Values::Float(_, items) => Some(Content::Floats(items.into())),
        _ => None,
    }
}

/// One application of an operator.
pub struct Call<'a> {
    /// The model.
    pub model: &'a Model,
    /// The graph.
    pub graph: &'a Graph,
    /// The node.
    pub node: &'a Node,
    /// Its inputs in order; none where one is left out.
    pub inputs: &'a [Option<ValueId>],
    /// What is known of the values of the graph.
    pub facts: &'a [Fact],
    /// Elements of tensors.
    pub constants: &'a Constants<'a>,
    /// Within a function: the attributes that it was called with.
    pub given: &'a [(Text, Literal)],
    /// What is found out about the outputs, in order.
    pub outputs: Vec<Fact>,
    /// What cannot be, in words.
    pub fault: Option<String>,
}

impl<'a> Call<'a> {
    /// What is known of input `index`; none if it is left out.
    pub fn input(&self, index: usize) -> Option<&'a Fact> {
        self.facts.get((*self.inputs.get(index)?)?.index())
    }

    /// Whether input `index` is there.
    pub fn has(&self, index: usize) -> bool {
        self.inputs.get(index).is_some_and(Option::is_some)
    }

    /// The type of the elements of input `index`.
    pub fn dtype(&self, index: usize) -> Option<DType> {
        self.input(index)?.dtype
    }

    /// The dimensions of input `index`.
    pub fn dims(&self, index: usize) -> Option<&'a [Size]> {
        self.input(index)?.dims.as_deref()
    }

    /// The number of dimensions of input `index`.
    pub fn rank(&self, index: usize) -> Option<usize> {
        self.dims(index).map(<[Size]>::len)
    }

    /// Whether the elements of input `index` are known, or can be read.
    pub fn has_content(&self, index: usize) -> bool {
        let Some(Some(value)) = self.inputs.get(index) else { return false };
        let known = self.facts.get(value.index()).is_some_and(|fact| fact.content.is_some());
        known || self.tensor(*value).is_some_and(|tensor| self.constants.is_small(tensor))
    }

    fn tensor(&self, value: ValueId) -> Option<TensorId> {
        let of = self.graph.values.get(value)?;
        // An input of the graph may be given, whatever it holds otherwise.
        of.tensor
    }

    /// The elements of input `index`.
    pub fn content(&self, index: usize) -> Option<Content> {
        let value = (*self.inputs.get(index)?)?;
        let known = self.facts.get(value.index())?.content.clone();
        known.or_else(|| self.constants.content(self.tensor(value)?))
    }

    /// The elements of input `index`, if they are whole numbers.
    pub fn sizes(&self, index: usize) -> Option<Rc<[Size]>> {
        if let Content::Ints(items) = self.content(index)? { Some(items) } else { None }
    }

    /// The same, if all are known.
    pub fn ints(&self, index: usize) -> Option<Vec<i64>> {
        self.sizes(index)?.iter().map(Size::known).collect()
    }

    /// The only element of input `index`, if it is a whole number.
    pub fn single(&self, index: usize) -> Option<Size> {
        let sizes = self.sizes(index)?;
        if let [only] = &*sizes { Some(*only) } else { None }
    }

    /// The content of attribute `name`.
    pub fn attribute(&self, name: &str) -> Option<&'a Literal> {
        let value = &self.node.attributes.iter().find(|attribute| &*attribute.name == name)?.value;
        match value {
            Literal::Reference(of) => self.given.iter().find(|(name, _)| name == of).map(|(_, value)| value),
            value => Some(value),
        }
    }

    /// An attribute that is a whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.attribute(name)? {
            Literal::Int(value) => Some(*value),
            Literal::Bool(value) => Some((*value).into()),
            _ => None,
        }
    }

    /// Whether an attribute is there, and not 0.
    pub fn flag(&self, name: &str) -> bool {
        self.int(name).is_some_and(|value| value != 0)
    }

    /// An attribute that is a list of whole numbers.
    pub fn list(&self, name: &str) -> Option<Vec<i64>> {
        let Literal::List(items) = self.attribute(name)? else { return None };
        items.iter().map(|item| if let Literal::Int(value) = item { Some(*value) } else { None }).collect()
    }

    /// An attribute that is a list of floats.
    pub fn floats(&self, name: &str) -> Option<Vec<f64>> {
        let Literal::List(items) = self.attribute(name)? else { return None };
        items.iter().map(|item| if let Literal::Float(value) = item { Some(f64::from(*value)) } else { None }).collect()
    }

    /// An attribute that is a text.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        if let Literal::String(text) = self.attribute(name)? { Some(text) } else { None }
    }

    /// An attribute that names the type of elements.
    pub fn type_named(&self, name: &str) -> Option<DType> {
        match self.attribute(name)? {
            Literal::Type(Type::Tensor { dtype, .. }) => Some(*dtype),
            _ => None,
        }
    }

    /// An attribute that is a tensor.
    pub fn tensor_named(&self, name: &str) -> Option<TensorId> {
        if let Literal::Tensor(id) = self.attribute(name)? { Some(*id) } else { None }
    }

    /// What is found out about output `index`.
    pub fn set(&mut self, index: usize, fact: Fact) {
        if let Some(output) = self.outputs.get_mut(index) {
            *output = fact;
        }
    }

    /// Output `index` is a dense tensor.
    pub fn give(&mut self, index: usize, dtype: Option<DType>, dims: Option<Vec<Size>>) {
        self.set(index, Fact::tensor(dtype, dims));
    }

    /// Output `index` is like input `of`, but for what it holds.
    pub fn same(&mut self, index: usize, of: usize) {
        if let Some(input) = self.input(of) {
            self.set(index, Fact { content: None, ..input.clone() });
        }
    }

    /// Notes what cannot be; the first such thing is told.
    pub fn refuse<T>(&mut self, why: impl Into<String>) -> Option<T> {
        self.fault.get_or_insert_with(|| why.into());
        None
    }

    /// The place of `axis` among `rank` dimensions; negative ones count from the last.
    pub fn axis(&mut self, axis: i64, rank: usize) -> Option<usize> {
        match place(axis, rank) {
            Some(place) => Some(place),
            None => self.refuse(format!("there is no axis {axis} among {rank} dimensions")),
        }
    }

    /// The same of several.
    pub fn axes(&mut self, axes: &[i64], rank: usize) -> Option<Vec<usize>> {
        axes.iter().map(|axis| self.axis(*axis, rank)).collect()
    }

    /// The shape that inputs `a` and `b` have together.
    pub fn broadcast(&mut self, a: &[Size], b: &[Size]) -> Option<Vec<Size>> {
        match broadcast(a, b) {
            Ok(dims) => Some(dims),
            Err(why) => self.refuse(why),
        }
    }

    /// What is inside of input `index`, which is a list or optional.
    pub fn inside(&self, index: usize) -> Option<&'a Fact> {
        match &self.input(index)?.kind {
            Kind::Sequence(of) | Kind::Optional(of) => Some(of),
            _ => None,
        }
    }
}

/// The place of `axis` among `rank` dimensions; negative ones count from the last.
pub fn place(axis: i64, rank: usize) -> Option<usize> {
    let count = rank as i64;
    let at = if axis < 0 { axis + count } else { axis };
    (0..count).contains(&at).then_some(at as usize)
}

/// The dimensions of what is made of tensors with dimensions `a` and `b`, element by element; what is wrong if they do not fit.
pub fn broadcast(a: &[Size], b: &[Size]) -> Result<Vec<Size>, String> {
    let rank = a.len().max(b.len());
    let at = |dims: &[Size], axis: usize| match (axis + dims.len()).checked_sub(rank) {
        Some(axis) => dims.get(axis).cloned().unwrap_or_default(),
        None => Size::Known(1),
    };
    (0..rank).map(|axis| together(&at(a, axis), &at(b, axis))).collect()
}

fn together(a: &Size, b: &Size) -> Result<Size, String> {
    Ok(match (a, b) {
        (a, b) if a == b => *a,
        (Size::Known(1), other) | (other, Size::Known(1)) => *other,
        (Size::Known(a), Size::Known(b)) => return Err(format!("sizes {a} and {b} do not fit")),
        // Sizes of 0 are as good as any other here.
        (known @ Size::Known(_), _) | (_, known @ Size::Known(_)) => *known,
        _ => Size::Unknown,
    })
}
