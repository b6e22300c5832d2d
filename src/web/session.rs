//! One opened model, as the Worker's JavaScript sees it.

use super::blob::BlobSource;
use super::http::{HttpFolder, Remote};
use super::scene;
use crate::analysis::GroupId;
use crate::analysis::kv_cache::KvCache;
use crate::convert::{Left, Output};
use crate::formats;
use crate::model::{GraphId, NodeId, TensorId, ValueId};
use crate::report::{Error, Result};
use crate::safety::Safety;
use crate::source::{BytesSource, CountingSource, Files, Source};
use crate::view::{
    Level, Measure, ModuleRow, OperatorRow, Place, SceneOptions, Selection, TensorRow, Theme, Viewer, Work,
};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;
use web_sys::Blob;

/// Makes a panic an exception that says where it was, before the Worker is given up.
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}

/// A small model of a usual kind, without its weights: one of those whose drawings are tested.
const REHEARSAL: &[u8] = include_bytes!("../../tests/layout/models/resnet50.onnx");

/// Opens and draws a small model, and forgets it. Browsers compile a function when it is first called: the first file need not wait for that.
#[wasm_bindgen]
pub fn rehearse() {
    let files = Files::new("rehearsal.onnx", Rc::new(BytesSource(REHEARSAL.to_vec())));
    let Ok(opened) = formats::open(&files, &|_| {}) else { return };
    let viewer = Viewer::new(opened, files);
    json(&viewer.info());
    for level in [Level::Groups, Level::Flat] {
        let options = SceneOptions { level, ..SceneOptions::default() };
        viewer.scene(GraphId(0), &options).iter().for_each(|scene| drop(scene::to_js(scene)));
    }
}

/// One opened model.
///
/// Methods return JSON (or typed arrays) as `static/types.js` states it, and throw a `Failure` as JSON.
#[wasm_bindgen]
#[derive(Default)]
pub struct Session {
    files: Option<Files>,
    read: Rc<Cell<u64>>,
    viewer: Option<Viewer>,
    /// The graph that was drawn last: its results come first.
    shown: GraphId,
    /// What is under way, by number.
    works: HashMap<u32, Work>,
    /// Files that are being written, by number.
    outputs: HashMap<u32, Box<dyn Output>>,
    /// The number of the work or file that is begun next.
    next: u32,
}

#[derive(Serialize)]
struct Failure<'a, K> {
    kind: K,
    message: &'a str,
    /// What the pickles of a file would do that is not opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    safety: Option<Safety>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    stage: &'static str,
    done: Option<f32>,
    bytes_read: u64,
}

/// All that is in a model, as rows.
#[derive(Serialize)]
struct Tables {
    tensors: Vec<TensorRow>,
    /// Of the graph that was drawn last.
    modules: Vec<ModuleRow>,
    operators: Vec<OperatorRow>,
    cache: Option<KvCache>,
}

/// A file that is being written.
#[derive(Serialize)]
struct Begun {
    number: u32,
    left: Vec<Left>,
}

/// What a drawing as a file has beside its `SceneOptions`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct SvgOptions {
    theme: Theme,
}

fn thrown(error: &Error) -> JsValue {
    json(&Failure { kind: error.kind, message: &error.to_string(), safety: None }).into()
}

/// Plain data as JSON. What `view` answers has string keys only, so this does not fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn options<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsValue> {
    serde_json::from_str(text).map_err(|error| thrown(&Error::malformed(format!("options: {error}"))))
}

#[wasm_bindgen]
impl Session {
    /// A session without files.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    fn add(&mut self, path: &str, source: Rc<dyn Source>) {
        let source: Rc<dyn Source> = Rc::new(CountingSource::new(source, self.read.clone()));
        match &self.files {
            Some(files) => {
                files.add(path, source);
            }
            None => self.files = Some(Files::new(path, source)),
        }
    }

    /// Adds a file; the first one is the main one.
    ///
    /// # Errors
    /// A `Failure` when the browser cannot read it.
    pub fn add_blob(&mut self, path: &str, blob: Blob) -> Result<(), JsValue> {
        self.add(path, Rc::new(BlobSource::new(blob).map_err(|error| thrown(&error))?));
        Ok(())
    }

    /// Sets a remote file as the main one; its companions come from the same remote folder.
    ///
    /// # Errors
    /// A `Failure`; of kind `download` where the server has no Range requests.
    pub fn add_url(&mut self, url: &str) -> Result<(), JsValue> {
        let source: Rc<dyn Source> = match Remote::open(url).map_err(|error| thrown(&error))? {
            Remote::Parts(source) => Rc::new(source),
            Remote::Whole(source) => Rc::new(source),
            Remote::Download { len } => {
                let size = len.map(|len| format!(" ({})", crate::view::bytes(len))).unwrap_or_default();
                let message = &format!("The server sends this file only as a whole{size}.");
                return Err(json(&Failure { kind: "download", message, safety: None }).into());
            }
        };
        self.add(&file_name(url), source);
        self.files = self.files.take().map(|files| files.with_folder(Rc::new(HttpFolder::of(url))));
        Ok(())
    }

    /// Opens what was added; returns a `ModelInfo`.
    ///
    /// # Errors
    /// A `Failure` that says what the file is, when it is no model.
    pub fn open(&mut self, on_progress: &js_sys::Function) -> Result<String, JsValue> {
        let began = js_sys::Date::now();
        let files = self.files.take().ok_or_else(|| thrown(&Error::missing("There is no file to open.")))?;
        let read = self.read.clone();
        let progress = |done: f32| {
            let progress = Progress { stage: "Reading", done: Some(done), bytes_read: read.get() };
            // A page that is gone is no reason to fail.
            let _ = on_progress.call1(&JsValue::NULL, &json(&progress).into());
        };
        let opened = formats::open(&files, &progress).map_err(|error| {
            let safety = formats::inspect(&files);
            JsValue::from(json(&Failure { kind: error.kind, message: &error.to_string(), safety }))
        })?;
        let viewer = Viewer::new(opened, files);
        let mut info = viewer.info();
        info.bytes_read = self.read.get();
        info.seconds = (js_sys::Date::now() - began) / 1000.0;
        self.shown = info.entry;
        self.viewer = Some(viewer);
        Ok(json(&info))
    }

    fn viewer(&self) -> Result<&Viewer, JsValue> {
        self.viewer.as_ref().ok_or_else(|| thrown(&Error::missing("No model is open.")))
    }

    /// The drawing of a graph: a `Scene`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn scene(&mut self, graph: u32, options_json: &str) -> Result<js_sys::Object, JsValue> {
        let options: SceneOptions = options(options_json)?;
        self.shown = GraphId(graph);
        let scene = self.viewer()?.scene(self.shown, &options).ok_or_else(|| missing("graph"))?;
        Ok(scene::to_js(&scene))
    }

    /// The hierarchy of a graph: an `Outline`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn outline(&self, graph: u32) -> Result<String, JsValue> {
        Ok(json(&self.viewer()?.outline(GraphId(graph)).ok_or_else(|| missing("graph"))?))
    }

    /// All about what is selected: a `Detail`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn detail(&self, graph: u32, kind: &str, id: u32) -> Result<String, JsValue> {
        let selection = match kind {
            "node" => Selection::Node(NodeId(id)),
            "value" => Selection::Value(ValueId(id)),
            _ => Selection::Group(GroupId(id)),
        };
        Ok(json(&self.viewer()?.detail(GraphId(graph), selection).ok_or_else(|| missing("selection"))?))
    }

    /// What running the model costs: `CostInfo`, or null if nothing flows in it.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn cost(&self) -> Result<String, JsValue> {
        Ok(json(&self.viewer()?.cost()))
    }

    /// How much each part of a graph costs: `Heat`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn heat(&self, graph: u32, measure: &str) -> Result<String, JsValue> {
        let measure: Measure = options(&json(&measure))?;
        Ok(json(&self.viewer()?.heat(GraphId(graph), measure).ok_or_else(|| missing("graph"))?))
    }

    /// Gives sizes to names that the model leaves open: a list of pairs.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn resize(&self, sizes_json: &str) -> Result<(), JsValue> {
        self.viewer()?.set_sizes(options(sizes_json)?);
        Ok(())
    }

    /// Some values of a tensor: `Values`.
    ///
    /// # Errors
    /// A `Failure` when they cannot be read.
    pub fn values(&self, tensor: u32, from: f64, count: u32) -> Result<String, JsValue> {
        let values = self.viewer()?.values(TensorId(tensor), from as u64, u64::from(count));
        Ok(json(&values.map_err(|error| thrown(&error))?))
    }

    /// All tensors, groups and nodes, and what a decoder keeps of a token: `Tables`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn tables(&self) -> Result<String, JsValue> {
        let viewer = self.viewer()?;
        Ok(json(&Tables {
            tensors: viewer.tensors(),
            modules: viewer.modules(self.shown),
            operators: viewer.operators(),
            cache: viewer.kv_cache(),
        }))
    }

    /// All about one tensor: `TensorInfo`.
    ///
    /// # Errors
    /// A `Failure` when there is no such tensor.
    pub fn tensor(&self, tensor: u32) -> Result<String, JsValue> {
        Ok(json(&self.viewer()?.tensor(TensorId(tensor)).ok_or_else(|| missing("tensor"))?))
    }

    /// Part of a tensor in rows and columns: `Table`.
    ///
    /// # Errors
    /// A `Failure` when it cannot be read.
    pub fn table(&self, tensor: u32, plane_json: &str, frame_json: &str) -> Result<String, JsValue> {
        let table = self.viewer()?.table(TensorId(tensor), &options(plane_json)?, options(frame_json)?);
        Ok(json(&table.map_err(|error| thrown(&error))?))
    }

    /// Begins the statistics of a tensor: the number of the work.
    ///
    /// # Errors
    /// A `Failure` when its elements are no numbers.
    pub fn survey(&mut self, tensor: u32) -> Result<u32, JsValue> {
        let work = self.viewer()?.survey(TensorId(tensor)).map_err(|error| thrown(&error))?;
        Ok(self.begin(work))
    }

    /// Begins a picture of part of a tensor: the number of the work.
    ///
    /// # Errors
    /// A `Failure` when there is no such part.
    pub fn exposure(&mut self, tensor: u32, plane: &str, frame: &str, screen: &str) -> Result<u32, JsValue> {
        let (plane, frame, screen) = (options(plane)?, options(frame)?, options(screen)?);
        let work = self.viewer()?.exposure(TensorId(tensor), &plane, frame, screen);
        Ok(self.begin(work.map_err(|error| thrown(&error))?))
    }

    fn begin(&mut self, work: Work) -> u32 {
        self.next += 1;
        self.works.insert(self.next, work);
        self.next
    }

    /// Goes on with a work; returns which part of it is done, 1 at the end. One that fails is over.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn step(&mut self, work: u32) -> Result<f64, JsValue> {
        let mut steps = self.works.remove(&work).ok_or_else(|| missing("work"))?;
        let done = self.viewer()?.step(&mut steps).map_err(|error| thrown(&error))?;
        self.works.insert(work, steps);
        Ok(done)
    }

    /// Ends a work: `Statistics` as JSON, or a `Picture`.
    ///
    /// # Errors
    /// A `Failure` when there is no such work.
    pub fn finish(&mut self, work: u32) -> Result<JsValue, JsValue> {
        Ok(match self.works.remove(&work).ok_or_else(|| missing("work"))? {
            Work::Survey(survey) => json(&survey.statistics()).into(),
            Work::Exposure(exposure) => scene::picture(&exposure.picture(), json).into(),
        })
    }

    /// Begins to write a tensor as a file of NumPy: the number of the file.
    ///
    /// # Errors
    /// A `Failure` when NumPy has no such tensors.
    pub fn npy(&mut self, tensor: u32) -> Result<u32, JsValue> {
        let output = self.viewer()?.npy(TensorId(tensor)).map_err(|error| thrown(&error))?;
        Ok(self.write(Box::new(output)))
    }

    /// Begins to write weights as a file of safetensors, those of `tensors` or all of the model's own: JSON with the number of the file, and what is `left` out.
    ///
    /// # Errors
    /// A `Failure` when none of them can be written.
    pub fn convert(&mut self, tensors: Option<Vec<u32>>) -> Result<String, JsValue> {
        let tensors: Option<Vec<TensorId>> = tensors.map(|tensors| tensors.into_iter().map(TensorId).collect());
        let mut output = self.viewer()?.safetensors(tensors.as_deref()).map_err(|error| thrown(&error))?;
        let left = std::mem::take(&mut output.left);
        Ok(json(&Begun { number: self.write(Box::new(output)), left }))
    }

    fn write(&mut self, output: Box<dyn Output>) -> u32 {
        self.next += 1;
        self.outputs.insert(self.next, output);
        self.next
    }

    /// The size in bytes of a file that is being written.
    ///
    /// # Errors
    /// A `Failure` when there is none.
    pub fn size(&self, output: u32) -> Result<f64, JsValue> {
        Ok(self.outputs.get(&output).ok_or_else(|| missing("file"))?.size() as f64)
    }

    /// The next piece of a file that is being written; an empty one at the end, with which the file is forgotten.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn piece(&mut self, output: u32) -> Result<Vec<u8>, JsValue> {
        let mut writing = self.outputs.remove(&output).ok_or_else(|| missing("file"))?;
        let piece = self.viewer()?.piece(&mut *writing).map_err(|error| thrown(&error))?;
        if !piece.is_empty() {
            self.outputs.insert(output, writing);
        }
        Ok(piece)
    }

    /// Forgets a work or a file, if it is still under way.
    pub fn stop(&mut self, number: u32) {
        self.works.remove(&number);
        self.outputs.remove(&number);
    }

    /// Instructions of a pickle of the report: `Listed`.
    ///
    /// # Errors
    /// A `Failure` when there is no such pickle.
    pub fn listing(&self, stream: u32, at: f64, depth: u32) -> Result<String, JsValue> {
        let place = Place { at: at as u64, depth: depth as usize };
        let listed = self.viewer()?.listing(stream as usize, place);
        Ok(json(&listed.map_err(|error| thrown(&error))?))
    }

    /// What contains `query`: `Hits`.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn find(&self, query: &str) -> Result<String, JsValue> {
        Ok(json(&self.viewer()?.find(self.shown, query)))
    }

    /// The drawing of a graph as a standalone SVG document.
    ///
    /// # Errors
    /// A `Failure`.
    pub fn svg(&self, graph: u32, options_json: &str) -> Result<String, JsValue> {
        let SvgOptions { theme } = options(options_json)?;
        self.viewer()?.svg(GraphId(graph), &options(options_json)?, theme).ok_or_else(|| missing("graph"))
    }
}

fn missing(what: &str) -> JsValue {
    thrown(&Error::missing(format!("There is no such {what}.")))
}

/// The last part of the path of `url`, as people would write it.
fn file_name(url: &str) -> String {
    let path = web_sys::Url::new(url).map(|url| url.pathname()).unwrap_or_else(|_| url.into());
    let last = path.rsplit('/').next().unwrap_or_default();
    js_sys::decode_uri_component(last).map(String::from).unwrap_or_else(|_| last.into())
}
