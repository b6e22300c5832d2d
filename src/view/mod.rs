//! What a screen asks, answered as plain data.
//!
//! [`Viewer`] holds an opened model and answers for it: [`Viewer::info`], [`Viewer::scene`], [`Viewer::detail`], [`Viewer::find`],
//! [`Viewer::svg`]. The page and the command line ask the same questions.

mod card;
mod cost;
mod detail;
mod find;
mod flow;
mod fold;
mod homes;
mod info;
mod labels;
mod measure;
mod modules;
mod outline;
mod palette;
mod scene;
mod spine;
mod stock;
mod svg;
mod tables;
mod thumbnail;
mod wires;
mod words;

pub use card::{Card, METRICS, Metrics, Shown};
pub use cost::{CostInfo, Heat, Measure, SizeInfo};
pub use detail::{ArgumentInfo, AttributeInfo, Detail, End, GroupInfo, Instance, NodeInfo, TensorInfo, ValueInfo};
pub use find::{Hit, HitKind, Hits};
pub use fold::{Level, Step};
pub use info::{FileInfo, GraphInfo, Holder, ModelInfo, Share, Usage};
pub use measure::{Advances, Role};
pub use outline::Outline;
pub use palette::{Palette, Theme};
pub use scene::{Flow, Item, ItemKind, NONE, Net, NetStyle, Scene, SceneOptions, flag};
pub use tables::{ModuleRow, OperatorRow, TensorRow};
pub use words::{bytes, count, shape};

use crate::analysis::cost::Costs;
use crate::analysis::infer::{Shapes, Sizes};
use crate::analysis::kv_cache::{KvCache, kv_cache};
use crate::analysis::{GroupId, Tree};
use crate::codec::pickle::Listing;
use crate::convert::{Npy, Output, Safetensors};
use crate::formats::{self, Opened};
use crate::inspect::{Exposure, Frame, Plane, Screen, Survey, Table};
use crate::layout::Memo;
use crate::model::{GraphId, GraphKind, NodeId, TensorId, ValueId, Weight, values};
use crate::report::{Error, Result};
use crate::source::{Files, Limits, Span};
use serde::Serialize;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use wires::Wires;

/// An opened model, ready to answer.
pub struct Viewer {
    opened: Opened,
    files: Files,
    wires: RefCell<HashMap<GraphId, Rc<Wires>>>,
    trees: RefCell<HashMap<GraphId, Rc<Tree>>>,
    /// What is known of values, with the sizes that the reader of the page gives to names.
    shapes: RefCell<Rc<Shapes>>,
    sizes: RefCell<Sizes>,
    /// What it costs to run; made when somebody asks for it.
    costs: RefCell<Option<Rc<Costs>>>,
    /// Layouts of containers: a step through the hierarchy lays out only what changes.
    memo: RefCell<Memo>,
}

impl Viewer {
    /// Answers for `opened`, which came from `files`.
    pub fn new(mut opened: Opened, files: Files) -> Self {
        let mut shapes = Shapes::of(&opened.model, &files, opened.format.domain, &Sizes::new());
        opened.report.append(std::mem::take(&mut shapes.report));
        Self {
            opened,
            files,
            wires: RefCell::default(),
            trees: RefCell::default(),
            shapes: RefCell::new(Rc::new(shapes)),
            sizes: RefCell::default(),
            costs: RefCell::default(),
            memo: RefCell::default(),
        }
    }

    /// The model.
    pub fn model(&self) -> &crate::model::Model {
        &self.opened.model
    }

    /// The Model panel; the cost of opening is the caller's to fill in.
    pub fn info(&self) -> ModelInfo {
        let name = self.files.name();
        let file = FileInfo { name, size: self.files.main().len(), companions: self.files.companions() };
        ModelInfo::new(&self.opened, file)
    }

    /// The drawing of `graph`; none if there is no such graph.
    pub fn scene(&self, graph: GraphId, options: &SceneOptions) -> Option<Scene> {
        let tree = self.tree(graph)?;
        let wires = self.wires(graph)?;
        let of = scene::Subject {
            model: &self.opened.model,
            report: &self.opened.report,
            tree: &tree,
            wires: &wires,
            shapes: &self.shapes.borrow(),
            graph,
        };
        Some(Scene::new(&of, &mut self.memo.borrow_mut(), options))
    }

    /// All about what is selected; none if there is no such thing.
    pub fn detail(&self, graph: GraphId, selection: Selection) -> Option<Detail> {
        let wires = self.wires(graph)?;
        let tree = self.tree(graph)?;
        let costs = self.costs(graph);
        let describe = detail::Describe {
            format: self.opened.format,
            model: &self.opened.model,
            report: &self.opened.report,
            files: &self.files,
            id: graph,
            graph: self.opened.model.graphs.get(graph)?,
            links: &wires.links,
            tree: &tree,
            shapes: &self.shapes.borrow(),
            cost: costs.as_ref().and_then(|costs| costs.get(graph)),
        };
        match selection {
            Selection::Node(id) => describe.node(id),
            Selection::Value(id) => describe.edge(id),
            Selection::Group(id) => describe.group(id),
        }
    }

    /// Finds `query` in all graphs, those of graph `first` before the others.
    pub fn find(&self, first: GraphId, query: &str) -> Hits {
        find::find(&self.opened.model, &|graph| self.tree(graph), first, query)
    }

    /// The values of `tensor` in row-major order from position `from` on, at most `count`.
    ///
    /// # Errors
    /// When there is no such tensor, or its bytes cannot be had.
    pub fn values(&self, tensor: TensorId, from: u64, count: u64) -> Result<Values> {
        let model = &self.opened.model;
        let of = model.tensors.get(tensor).ok_or_else(|| Error::missing("There is no such tensor."))?;
        let read = values::read(model, tensor, &self.files, from, count)?;
        let text = (0..read.len()).filter_map(|index| read.text(index)).collect();
        Ok(Values { from, total: of.elements().unwrap_or(0), shape: of.shape.clone(), values: text })
    }

    /// All about one tensor; none if there is no such tensor.
    pub fn tensor(&self, id: TensorId) -> Option<TensorInfo> {
        detail::tensor(&self.opened.model, &self.files, id)
    }

    /// All tensors, under all their names.
    pub fn tensors(&self) -> Vec<TensorRow> {
        tables::tensors(&self.opened.model, &self.files)
    }

    /// All groups of the hierarchy of `graph`.
    pub fn modules(&self, graph: GraphId) -> Vec<ModuleRow> {
        self.tree(graph).map(|tree| tables::modules(graph, &tree)).unwrap_or_default()
    }

    /// All nodes of all graphs.
    pub fn operators(&self) -> Vec<OperatorRow> {
        tables::operators(&self.opened.model, self.costs(GraphId(0)).as_deref())
    }

    /// What a decoder keeps of each token; none of other models.
    pub fn kv_cache(&self) -> Option<KvCache> {
        kv_cache(&self.opened.model)
    }

    /// The part `frame` of `plane` of `tensor`, as text.
    ///
    /// # Errors
    /// Those of [`Table::read`].
    pub fn table(&self, tensor: TensorId, plane: &Plane, frame: Frame) -> Result<Table> {
        Table::read(&self.opened.model, tensor, &self.files, plane, frame)
    }

    /// Begins to look at all elements of `tensor`.
    ///
    /// # Errors
    /// Those of [`Survey::new`].
    pub fn survey(&self, tensor: TensorId) -> Result<Work> {
        Survey::new(&self.opened.model, tensor).map(Work::Survey)
    }

    /// Begins to take a picture of the part `frame` of `plane` of `tensor`.
    ///
    /// # Errors
    /// Those of [`Exposure::new`].
    pub fn exposure(&self, tensor: TensorId, plane: &Plane, frame: Frame, screen: Screen) -> Result<Work> {
        Exposure::new(&self.opened.model, tensor, plane, frame, screen).map(Work::Exposure)
    }

    /// Goes on with `work`; returns which part of it is done, 1 at the end.
    ///
    /// # Errors
    /// When elements cannot be read, or are no numbers.
    pub fn step(&self, work: &mut Work) -> Result<f64> {
        match work {
            Work::Survey(survey) => survey.step(&self.opened.model, &self.files),
            Work::Exposure(exposure) => exposure.step(&self.opened.model, &self.files),
        }
    }

    /// Begins to write `tensor` as a file of NumPy.
    ///
    /// # Errors
    /// Those of [`Npy::new`].
    pub fn npy(&self, tensor: TensorId) -> Result<Npy> {
        Npy::new(&self.opened.model, tensor)
    }

    /// Begins to write weights as a file of safetensors: those of `tensors`, or the model's own if that is none, without what optimisers and averages keep beside
    /// them.
    ///
    /// # Errors
    /// Those of [`Safetensors::new`].
    pub fn safetensors(&self, tensors: Option<&[TensorId]>) -> Result<Safetensors> {
        let model = &self.opened.model;
        let wanted: Option<HashSet<TensorId>> = tensors.map(|tensors| tensors.iter().copied().collect());
        let own = |weight: &Weight| match (&wanted, weight.graph) {
            (Some(wanted), _) => wanted.contains(&weight.tensor),
            (None, Some(graph)) => graph == GraphId(0) || model.graphs[graph].kind != GraphKind::Main,
            (None, None) => false,
        };
        let weights: Vec<Weight> = model.weights().into_iter().filter(own).collect();
        let framework = (self.opened.format.id == "pytorch").then_some("pt");
        Safetensors::new(model, &weights, framework)
    }

    /// The next piece of `output`; an empty one at the end.
    ///
    /// # Errors
    /// When what it is made of cannot be read.
    pub fn piece(&self, output: &mut dyn Output) -> Result<Vec<u8>> {
        output.piece(&self.opened.model, &self.files)
    }

    /// Instructions of a pickle of the report, by its number, from `at` on: where it begins, or where a listing before it went on.
    ///
    /// # Errors
    /// When there is no such pickle.
    pub fn listing(&self, stream: usize, at: Place) -> Result<Listed> {
        if !formats::ALL {
            return Err(Error::missing("There are no pickles."));
        }
        let streams = self.opened.safety.as_ref().map(|safety| &*safety.streams).unwrap_or_default();
        let missing = || Error::missing("There is no such pickle.");
        let stream = streams.get(stream).ok_or_else(missing)?;
        let bytes = self.files.slice(stream.file).ok_or_else(missing)?.window(stream.span);
        let bytes = bytes.window(Span { at: at.at, len: u64::MAX });
        let mut listing = Listing::resume(bytes, &Limits::default(), at.depth);
        let lines = listing.by_ref().take(LINES).map(|line| line.unwrap_or_else(|error| error.to_string())).collect();
        let next = Place { at: listing.position(), depth: listing.depth() };
        Ok(Listed { lines, next: listing.next().is_some().then_some(next) })
    }

    /// The drawing of `graph` as a standalone SVG document; none if there is no such graph.
    pub fn svg(&self, graph: GraphId, options: &SceneOptions, theme: Theme) -> Option<String> {
        Some(svg::draw(&self.scene(graph, options)?, theme))
    }

    /// The beginning of `graph` in miniature, as a standalone SVG document; none if there is no such graph.
    pub fn thumbnail(&self, graph: GraphId) -> Option<String> {
        let options = SceneOptions { level: Level::Flat, ..SceneOptions::default() };
        Some(thumbnail::draw(&self.scene(graph, &options)?))
    }

    /// The outline of `graph`; none if there is no such graph.
    pub fn outline(&self, graph: GraphId) -> Option<Outline> {
        Some(Outline::new(graph, &*self.tree(graph)?))
    }

    /// The hierarchy of `graph`; none if there is no such graph.
    pub fn tree(&self, graph: GraphId) -> Option<Rc<Tree>> {
        let model = &self.opened.model;
        model.graphs.get(graph)?;
        Some(self.trees.borrow_mut().entry(graph).or_insert_with(|| Rc::new(Tree::of(model, graph))).clone())
    }

    fn wires(&self, graph: GraphId) -> Option<Rc<Wires>> {
        let of = self.opened.model.graphs.get(graph)?;
        Some(self.wires.borrow_mut().entry(graph).or_insert_with(|| Rc::new(Wires::of(of))).clone())
    }
}

/// Work of many steps.
pub enum Work {
    /// Statistics.
    Survey(Survey),
    /// A picture.
    Exposure(Exposure),
}

/// The most instructions of a pickle that are listed at once.
const LINES: usize = 200;

/// A place among the instructions of a pickle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The offset in the file.
    pub at: u64,
    /// How many marks are open there.
    pub depth: usize,
}

/// Some instructions of a pickle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// A line each.
    pub lines: Vec<String>,
    /// Where it goes on; none at the end.
    pub next: Option<Place>,
}

/// Some values of a tensor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Values {
    /// The position of the first one, in row-major order.
    pub from: u64,
    /// How many the tensor has.
    pub total: u64,
    /// The dimensions of the tensor.
    pub shape: Vec<u64>,
    /// The values as text.
    pub values: Vec<String>,
}

/// What is selected, in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// A node.
    Node(NodeId),
    /// A value: an edge, an input or an output.
    Value(ValueId),
    /// A group of the hierarchy.
    Group(GroupId),
}
