//! A scene in miniature: the beginning of its flow, as coloured blocks without words.

use super::palette::{Palette, Theme};
use super::scene::{ItemKind, Scene};
use super::svg::curve;
use crate::layout::{Direction, Rect};
use std::fmt::{self, Write};

/// The size of the picture in pixels.
const SIZE: (f64, f64) = (240.0, 160.0);
/// How many pixels of the drawing it shows at the least and at the most, across.
const ACROSS: (f64, f64) = (560.0, 1100.0);

/// The picture as an SVG document with a transparent background. It is drawn in the colours of the light theme, which stand out from
/// both backgrounds.
pub(super) fn draw(scene: &Scene) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = document(scene, &mut out);
    out
}

fn document(scene: &Scene, out: &mut String) -> fmt::Result {
    let view = window(scene);
    let Rect { x, y, w, h } = view;
    let palette = Palette::of(Theme::Light);
    let sees = |rect: &Rect| rect.x < x + w && x < rect.x + rect.w && rect.y < y + h && y < rect.y + rect.h;
    let (width, height) = SIZE;
    write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="{x:.0} {y:.0} {w:.0} {h:.0}">"#
    )?;
    let layout = &scene.layout;
    let mut wires = String::new();
    for path in 0..layout.path_net.len() {
        let points = &layout.points[layout.path_starts[path] as usize..layout.path_starts[path + 1] as usize];
        if points.iter().any(|point| sees(&Rect { x: point.x, y: point.y, w: 1.0, h: 1.0 })) {
            let whole: Vec<_> =
                points.iter().map(|point| crate::layout::Point { x: point.x.round(), y: point.y.round() }).collect();
            curve(&mut wires, &whole, 0.0)?;
        }
    }
    write!(out, r#"<path d="{wires}" fill="none" stroke="{}" stroke-width="4"/>"#, palette.wire)?;
    for (item, rect) in scene.items.iter().zip(&layout.rects).filter(|(_, rect)| sees(rect)) {
        let (fill, radius) = match item.kind {
            ItemKind::Node => (palette.category(item.category), 6.0),
            ItemKind::Module | ItemKind::Group | ItemKind::Container => (palette.tree, 6.0),
            ItemKind::Input | ItemKind::Output => (palette.wire, rect.h / 2.0),
        };
        let Rect { x, y, w, h } = rect;
        write!(out, r#"<rect x="{x:.0}" y="{y:.0}" width="{w:.0}" height="{h:.0}" rx="{radius:.0}" fill="{fill}"/>"#)?;
    }
    out.write_str("</svg>\n")
}

/// The part of the drawing that is shown: where the flow begins, around the middle of what is there.
fn window(scene: &Scene) -> Rect {
    let size = scene.layout.size;
    let across = match scene.direction {
        Direction::Down => size.w,
        Direction::Right => size.h * SIZE.0 / SIZE.1,
    };
    let w = across.clamp(ACROSS.0, ACROSS.1);
    let h = w * SIZE.1 / SIZE.0;
    // Centred where the drawing is smaller than the window; otherwise the window follows what begins the flow.
    let along = |whole: f64, part: f64| if whole < part { (whole - part) / 2.0 } else { 0.0 };
    let middle = |whole: f64, part: f64, of: &dyn Fn(&Rect) -> Option<f64>| {
        let centres: Vec<f64> = scene.layout.rects.iter().filter_map(of).collect();
        if whole < part || centres.is_empty() {
            return (whole - part) / 2.0;
        }
        (centres.iter().sum::<f64>() / centres.len() as f64 - part / 2.0).clamp(0.0, whole - part)
    };
    match scene.direction {
        Direction::Down => {
            let x = middle(size.w, w, &|rect| (rect.y < h).then_some(rect.x + rect.w / 2.0));
            Rect { x, y: along(size.h, h), w, h }
        }
        Direction::Right => {
            let y = middle(size.h, h, &|rect| (rect.x < w).then_some(rect.y + rect.h / 2.0));
            Rect { x: along(size.w, w), y, w, h }
        }
    }
}
