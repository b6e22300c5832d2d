//! A scene as typed arrays, which are transferred to the page without a copy.

use crate::layout::Direction;
use crate::model::Category;
use crate::view::{Level, METRICS, NONE, Scene};
use js_sys::{Array, Float64Array, Object, Reflect, Uint8Array, Uint32Array};
use std::collections::HashMap;
use wasm_bindgen::JsValue;

/// Texts, each once, in the order of their first use.
#[derive(Default)]
struct Texts<'a> {
    known: HashMap<&'a str, u32>,
    list: Vec<&'a str>,
}

impl<'a> Texts<'a> {
    fn index(&mut self, text: &'a str) -> u32 {
        *self.known.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() as u32 - 1
        })
    }
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    // Setting a property of a plain object that was just made does not fail.
    let _ = Reflect::set(object, &name.into(), &value.into());
}

fn floats(values: impl Iterator<Item = f64>) -> Float64Array {
    Float64Array::from(values.collect::<Vec<_>>().as_slice())
}

/// Running sums of `counts`, from 0 on.
fn starts(counts: impl Iterator<Item = usize>) -> Uint32Array {
    let mut sum = 0;
    let rest = counts.map(|count| {
        sum += count as u32;
        sum
    });
    let all: Vec<u32> = rest.collect();
    let all: Vec<u32> = std::iter::once(0).chain(all).collect();
    Uint32Array::from(all.as_slice())
}

/// The `Scene` of `static/types.js`.
pub fn to_js(scene: &Scene) -> Object {
    let out = Object::new();
    let mut texts = Texts::default();
    set(&out, "graph", scene.graph.0);
    set(&out, "direction", if scene.direction == Direction::Right { "right" } else { "down" });
    set(&out, "level", if scene.level == Level::Flat { "flat" } else { "groups" });
    set(&out, "grouped", scene.grouped);
    set(&out, "open", scene.open.iter().map(|group| JsValue::from(group.0)).collect::<Array>());
    set(&out, "width", scene.layout.size.w);
    set(&out, "height", scene.layout.size.h);
    let metrics = Object::new();
    for (name, value) in [
        ("header", METRICS.header),
        ("line", METRICS.line),
        ("pad", METRICS.pad),
        ("radius", METRICS.radius),
        ("gap", METRICS.gap),
    ] {
        set(&metrics, name, value);
    }
    set(&out, "metrics", metrics);
    let categories: Array = Category::ALL.iter().map(|category| JsValue::from_str(category.name())).collect();
    set(&out, "categories", categories);
    items(&out, scene, &mut texts);
    nets(&out, scene, &mut texts);
    paths(&out, scene);
    set(&out, "texts", texts.list.into_iter().map(JsValue::from_str).collect::<Array>());
    out
}

fn items<'a>(out: &Object, scene: &'a Scene, texts: &mut Texts<'a>) {
    let items = &scene.items;
    let bytes =
        |of: &dyn Fn(&crate::view::Item) -> u8| Uint8Array::from(items.iter().map(of).collect::<Vec<_>>().as_slice());
    let rects = scene.layout.rects.iter().flat_map(|rect| [rect.x, rect.y, rect.w, rect.h]);
    set(out, "rects", floats(rects));
    set(out, "itemKind", bytes(&|item| item.kind as u8));
    set(out, "itemCategory", bytes(&|item| item.category as u8));
    set(out, "itemFlags", bytes(&|item| item.flags));
    let references: Vec<u32> = items.iter().map(|item| item.reference).collect();
    set(out, "itemRef", Uint32Array::from(references.as_slice()));
    let parents: Vec<u32> = items.iter().map(|item| item.parent).collect();
    set(out, "itemParent", Uint32Array::from(parents.as_slice()));
    set(out, "mixStarts", starts(items.iter().map(|item| item.mix.len())));
    let mix = items.iter().flat_map(|item| &item.mix);
    let (families, counts): (Vec<u8>, Vec<u32>) = mix.map(|(category, count)| (*category as u8, *count)).unzip();
    set(out, "mixCategory", Uint8Array::from(families.as_slice()));
    set(out, "mixCount", Uint32Array::from(counts.as_slice()));
    let titles: Vec<u32> = items.iter().map(|item| texts.index(&item.card.title)).collect();
    set(out, "itemTitle", Uint32Array::from(titles.as_slice()));
    set(out, "lineStarts", starts(items.iter().map(|item| item.card.lines.len())));
    let lines = items.iter().flat_map(|item| &item.card.lines);
    let lines: Vec<u32> = lines.flat_map(|(label, value)| [texts.index(label), texts.index(value)]).collect();
    set(out, "lines", Uint32Array::from(lines.as_slice()));
}

fn nets<'a>(out: &Object, scene: &'a Scene, texts: &mut Texts<'a>) {
    let nets = &scene.nets;
    let numbers =
        |of: &dyn Fn(&crate::view::Net) -> u32| Uint32Array::from(nets.iter().map(of).collect::<Vec<_>>().as_slice());
    set(out, "netSource", numbers(&|net| net.source));
    set(out, "netValue", numbers(&|net| net.value));
    let styles: Vec<u8> = nets.iter().map(|net| net.style as u8).collect();
    set(out, "netStyle", Uint8Array::from(styles.as_slice()));
    let label = |net: &'a crate::view::Net, texts: &mut Texts<'a>| match net.label.as_str() {
        "" => NONE,
        label => texts.index(label),
    };
    let labels: Vec<u32> = nets.iter().map(|net| label(net, texts)).collect();
    set(out, "netLabel", Uint32Array::from(labels.as_slice()));
    let at = scene.labels.iter().flat_map(|at| at.map_or([f64::NAN; 2], |point| [point.x, point.y]));
    set(out, "netLabelAt", floats(at));
    set(out, "netStarts", starts(nets.iter().map(|net| net.targets.len())));
    let targets: Vec<u32> = nets.iter().flat_map(|net| net.targets.iter().copied()).collect();
    set(out, "netTargets", Uint32Array::from(targets.as_slice()));
}

fn paths(out: &Object, scene: &Scene) {
    let layout = &scene.layout;
    set(out, "pathStarts", Uint32Array::from(layout.path_starts.as_slice()));
    set(out, "points", floats(layout.points.iter().flat_map(|point| [point.x, point.y])));
    set(out, "pathNet", Uint32Array::from(layout.path_net.as_slice()));
    set(out, "pathTarget", Uint32Array::from(layout.path_target.as_slice()));
}
