//! A scene as typed arrays, which are transferred to the page without a copy.

use crate::inspect::Picture;
use crate::layout::Direction;
use crate::model::Category;
use crate::view::{Item, Level, METRICS, NONE, Net, Scene};
use foldhash::HashMap;
use js_sys::{Array, Float32Array, Float64Array, Object, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::{JsCast, JsValue};

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

fn bytes(values: impl Iterator<Item = u8>) -> Uint8Array {
    Uint8Array::from(values.collect::<Vec<_>>().as_slice())
}

fn numbers(values: impl Iterator<Item = u32>) -> Uint32Array {
    Uint32Array::from(values.collect::<Vec<_>>().as_slice())
}

/// The numbers of each of `rows`, one row after the other.
fn floats<const N: usize>(rows: impl Iterator<Item = [f64; N]>) -> Float64Array {
    Float64Array::from(rows.collect::<Vec<_>>().as_flattened())
}

/// Running sums of `counts`, from 0 on.
fn starts(counts: impl Iterator<Item = usize>) -> Uint32Array {
    let mut sums = vec![0];
    let mut sum = 0;
    for count in counts {
        sum += count as u32;
        sums.push(sum);
    }
    Uint32Array::from(sums.as_slice())
}

/// The `Scene` of `static/types.js`.
pub fn to_js(scene: &Scene) -> Object {
    let out = Object::new();
    let mut texts = Texts::default();
    set(&out, "graph", scene.graph.0);
    set(&out, "direction", if scene.direction == Direction::Right { "right" } else { "down" });
    set(&out, "level", if scene.level == Level::Flat { "flat" } else { "groups" });
    set(&out, "grouped", scene.grouped);
    set(&out, "controlled", scene.controlled);
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
    items(&out, &scene.items);
    set(&out, "rects", floats(scene.layout.rects.iter().map(|rect| [rect.x, rect.y, rect.w, rect.h])));
    cards(&out, scene, &mut texts);
    nets(&out, scene, &mut texts);
    paths(&out, scene);
    set(&out, "texts", texts.list.into_iter().map(JsValue::from_str).collect::<Array>());
    out
}

fn items(out: &Object, items: &[Item]) {
    set(out, "itemKind", bytes(items.iter().map(|item| item.kind as u8)));
    set(out, "itemCategory", bytes(items.iter().map(|item| item.category as u8)));
    set(out, "itemFlags", bytes(items.iter().map(|item| item.flags)));
    set(out, "itemRef", numbers(items.iter().map(|item| item.reference)));
    set(out, "itemParent", numbers(items.iter().map(|item| item.parent)));
    set(out, "mixStarts", starts(items.iter().map(|item| item.mix.len())));
    let mix = || items.iter().flat_map(|item| &item.mix);
    set(out, "mixCategory", bytes(mix().map(|(category, _)| *category as u8)));
    set(out, "mixCount", numbers(mix().map(|(_, count)| *count)));
}

/// The cards that items show, in the order of their first use: other drawings of the graph may show more of them.
fn cards<'a>(out: &Object, scene: &'a Scene, texts: &mut Texts<'a>) {
    let mut known: Vec<Option<u32>> = vec![None; scene.cards.len()];
    let (mut titles, mut counts, mut lines) = (Vec::new(), Vec::new(), Vec::new());
    let card = |item: &'a Item| {
        *known[item.card as usize].get_or_insert_with(|| {
            let card = scene.card(item);
            titles.push(texts.index(&card.title));
            counts.push(card.lines.len());
            for (label, value) in &card.lines {
                lines.extend([texts.index(label), texts.index(value)]);
            }
            titles.len() as u32 - 1
        })
    };
    set(out, "itemCard", numbers(scene.items.iter().map(card)));
    set(out, "cardTitle", Uint32Array::from(titles.as_slice()));
    set(out, "lineStarts", starts(counts.into_iter()));
    set(out, "lines", Uint32Array::from(lines.as_slice()));
}

fn nets<'a>(out: &Object, scene: &'a Scene, texts: &mut Texts<'a>) {
    let nets = &scene.nets;
    set(out, "netSource", numbers(nets.iter().map(|net| net.source)));
    set(out, "netValue", numbers(nets.iter().map(|net| net.value)));
    set(out, "netStyle", bytes(nets.iter().map(|net| net.style as u8)));
    set(out, "netInferred", bytes(nets.iter().map(|net| net.inferred.into())));
    let mut known: Vec<Option<u32>> = vec![None; scene.texts.len()];
    let label = |net: &Net| match known.get_mut(net.label as usize) {
        Some(known) => *known.get_or_insert_with(|| texts.index(&scene.texts[net.label as usize])),
        None => NONE,
    };
    set(out, "netLabel", numbers(nets.iter().map(label)));
    set(out, "netLabelAt", floats(scene.labels.iter().map(|at| at.map_or([f64::NAN; 2], |at| [at.x, at.y]))));
    set(out, "netStarts", starts(nets.iter().map(|net| net.targets.len())));
    set(out, "netTargets", Uint32Array::from(scene.targets.as_slice()));
}

fn paths(out: &Object, scene: &Scene) {
    let layout = &scene.layout;
    set(out, "pathStarts", Uint32Array::from(layout.path_starts.as_slice()));
    set(out, "points", floats(layout.points.iter().map(|point| [point.x, point.y])));
    set(out, "pathNet", Uint32Array::from(layout.path_net.as_slice()));
    set(out, "pathTarget", Uint32Array::from(layout.path_target.as_slice()));
}

/// The `Picture` of `static/types.js`; `json` spells what is not its pixels.
pub fn picture(picture: &Picture, json: impl Fn(&Picture) -> String) -> Object {
    let out = js_sys::JSON::parse(&json(picture)).ok().and_then(|parsed| parsed.dyn_into().ok());
    let out: Object = out.unwrap_or_default();
    set(&out, "pixels", Float32Array::from(picture.pixels.as_slice()));
    out
}
