//! The layout as a module for JavaScript, by itself: graphs for `layouts.mjs`, and their layouts.
#![cfg(target_arch = "wasm32")]
#![allow(missing_docs)]

use lamina::layout::{self, Input, Layout, Options};
use lamina::source::{BytesSource, Files};
use lamina::view::{Advances, ItemKind, Level, NetStyle, SceneOptions, Step, Viewer};
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;

#[allow(dead_code)]
#[path = "../layout/graphs.rs"]
mod graphs;

/// A graph: boxes with sizes, and nets.
#[wasm_bindgen]
pub struct Graph(Input);

#[wasm_bindgen]
impl Graph {
    /// The graph of that name, made up; none if there is none.
    pub fn generated(name: &str) -> Option<Graph> {
        let (kind, count) = name.rsplit_once('-')?;
        let count: usize = count.parse().ok()?;
        let graph = match kind {
            "wide" => graphs::wide(count),
            "llm" => graphs::llm(count / 73, false),
            "llm-shared" => graphs::llm(count / 65, true),
            "open-llm" => graphs::open_llm(count / 67),
            "open-decoder" => graphs::open_decoder(count / 33),
            "open-unet" => graphs::open_unet(count / 12),
            _ => return None,
        };
        Some(Graph(graph.input()))
    }

    /// The graph of a model file as the page draws it: flat, or with all groups open.
    ///
    /// # Errors
    /// When it is no model.
    pub fn of_model(name: &str, bytes: Vec<u8>, open: bool) -> Result<Graph, String> {
        let files = Files::new(name, Rc::new(BytesSource(bytes)));
        let opened = lamina::formats::open(&files, &|_| {}).map_err(|error| error.to_string())?;
        let viewer = Viewer::new(opened, files);
        let (level, step) = if open { (Level::Groups, Some(Step::All)) } else { (Level::Flat, None) };
        let options = SceneOptions { level, step, ..SceneOptions::default() };
        let scene = viewer.scene(viewer.info().entry, &options).ok_or("there is no graph")?;
        let mut input = Input { starts: vec![0], ..Input::default() };
        for (item, rect) in scene.items.iter().zip(&scene.layout.rects) {
            let placed = layout::Size { w: rect.w, h: rect.h };
            let container = item.kind == ItemKind::Container;
            input.sizes.push(if container { scene.card(item).size(&Advances::default()) } else { placed });
            input.parents.push(item.parent);
        }
        for net in scene.nets.iter().filter(|net| net.style != NetStyle::Stub) {
            input.sources.push(net.source);
            input.targets.extend(scene.targets(net));
            input.starts.push(input.targets.len() as u32);
        }
        Ok(Graph(input))
    }

    /// Width and height of each box.
    pub fn sizes(&self) -> Vec<f64> {
        self.0.sizes.iter().flat_map(|size| [size.w, size.h]).collect()
    }

    /// The source of each net.
    pub fn sources(&self) -> Vec<u32> {
        self.0.sources.clone()
    }

    /// Where the targets of each net begin; one more entry than nets.
    pub fn starts(&self) -> Vec<u32> {
        self.0.starts.clone()
    }

    /// The targets of all nets.
    pub fn targets(&self) -> Vec<u32> {
        self.0.targets.clone()
    }

    /// The container around each box; the largest number for none.
    pub fn parents(&self) -> Vec<u32> {
        self.0.parents.clone()
    }

    /// Lays it out, from nothing.
    pub fn lay_out(&self) -> Drawing {
        Drawing(layout::layout(&self.0, &Options::default()))
    }
}

/// A layout.
#[wasm_bindgen]
pub struct Drawing(Layout);

#[wasm_bindgen]
impl Drawing {
    /// Left, top, width and height of each box.
    pub fn rects(&self) -> Vec<f64> {
        self.0.rects.iter().flat_map(|rect| [rect.x, rect.y, rect.w, rect.h]).collect()
    }

    /// Where the points of each path begin; one more entry than paths.
    pub fn path_starts(&self) -> Vec<u32> {
        self.0.path_starts.clone()
    }

    /// The points of all paths, x and y.
    pub fn points(&self) -> Vec<f64> {
        self.0.points.iter().flat_map(|point| [point.x, point.y]).collect()
    }

    /// The net of each path.
    pub fn nets(&self) -> Vec<u32> {
        self.0.path_net.clone()
    }
}
