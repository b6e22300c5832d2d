//! A scene as a standalone SVG document.
//!
//! Colours are written out, not left to style sheets or custom properties: drawing programs and document converters do not know these.

use super::card::METRICS;
use super::measure::{Advances, Role};
use super::palette::{Palette, Theme};
use super::scene::{Item, ItemKind, NetStyle, Scene, flag};
use crate::layout::{Point, Rect};
use std::fmt::{self, Write};

/// The space around the drawing in pixels.
const MARGIN: f64 = 24.0;
/// Length and half width of an arrowhead in pixels.
const ARROW: (f64, f64) = (6.0, 3.0);
const SANS: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const MONO: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";

/// The document.
pub(super) fn draw(scene: &Scene, theme: Theme) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = Drawing { scene, palette: Palette::of(theme), advances: Advances::default(), out: &mut out }.document();
    out
}

struct Drawing<'a> {
    scene: &'a Scene,
    palette: &'static Palette,
    advances: Advances,
    out: &'a mut String,
}

impl Drawing<'_> {
    fn document(&mut self) -> fmt::Result {
        let size = self.scene.layout.size;
        let (w, h) = (size.w + 2.0 * MARGIN, size.h + 2.0 * MARGIN);
        let palette = self.palette;
        write!(
            self.out,
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="{0} {0} {w} {h}" font-family="{SANS}">"#,
            -MARGIN
        )?;
        write!(
            self.out,
            r#"<rect x="{0}" y="{0}" width="{w}" height="{h}" fill="{1}"/>"#,
            -MARGIN, palette.background
        )?;
        for (item, rect) in self.scene.items.iter().zip(&self.scene.layout.rects) {
            if item.kind == ItemKind::Container {
                self.container(item, *rect)?;
            }
        }
        self.edges()?;
        for (item, rect) in self.scene.items.iter().zip(&self.scene.layout.rects) {
            match item.kind {
                ItemKind::Input | ItemKind::Output => self.pill(item, *rect)?,
                ItemKind::Node | ItemKind::Module | ItemKind::Group => self.card(item, *rect)?,
                ItemKind::Container => {}
            }
        }
        self.labels()?;
        self.out.write_str("</svg>\n")
    }

    fn edges(&mut self) -> fmt::Result {
        let layout = &self.scene.layout;
        let style = |path: usize| self.scene.nets[layout.path_net[path] as usize].style;
        let mut heads = String::new();
        for (wanted, colour) in [
            (NetStyle::Containment, self.palette.tree),
            (NetStyle::Data, self.palette.wire),
            (NetStyle::Inferred, self.palette.wire),
            (NetStyle::Control, self.palette.wire),
        ] {
            let mut curves = String::new();
            for path in (0..layout.path_net.len()).filter(|path| style(*path) == wanted) {
                let points = &layout.points[layout.path_starts[path] as usize..layout.path_starts[path + 1] as usize];
                let arrow = wanted != NetStyle::Containment && layout.path_target[path] != u32::MAX;
                curve(&mut curves, points, if arrow { ARROW.0 - 1.0 } else { 0.0 })?;
                if arrow {
                    head(&mut heads, points)?;
                }
            }
            if !curves.is_empty() {
                let dash = match wanted {
                    NetStyle::Inferred => r#" stroke-dasharray="2 4""#,
                    NetStyle::Control => r#" stroke-dasharray="6 4""#,
                    _ => "",
                };
                write!(self.out, r#"<path d="{curves}" fill="none" stroke="{colour}" stroke-width="1.25"{dash}/>"#)?;
            }
        }
        write!(self.out, r#"<path d="{heads}" fill="{}"/>"#, self.palette.wire)
    }

    fn pill(&mut self, item: &Item, rect: Rect) -> fmt::Result {
        let Rect { x, y, w, h } = rect;
        let dash = if item.flags & flag::CAPTURED != 0 { r#" stroke-dasharray="4 3""# } else { "" };
        let palette = self.palette;
        write!(
            self.out,
            r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{}" fill="{}" stroke="{}"{dash}/>"#,
            h / 2.0,
            palette.pill,
            palette.card_line
        )?;
        self.text(
            &self.scene.card(item).title,
            Point { x: x + w / 2.0, y: y + h / 2.0 + 4.0 },
            Font::Pill,
            palette.text,
        )
    }

    fn card(&mut self, item: &Item, rect: Rect) -> fmt::Result {
        let Rect { x, y, w, h } = rect;
        let palette = self.palette;
        let (fill, ink) = match item.kind {
            ItemKind::Module | ItemKind::Group => (palette.module, palette.text),
            _ => (palette.category(item.category), "#fff"),
        };
        let (r, header, line) = (METRICS.radius, METRICS.header, palette.card_line);
        let dash = if item.flags & flag::INFERRED != 0 { r#" stroke-dasharray="4 3""# } else { "" };
        if item.flags & flag::STACK != 0 {
            for behind in [6.0, 3.0] {
                let (x, y) = (x + behind, y + behind);
                let surface = palette.surface;
                write!(
                    self.out,
                    r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{surface}" stroke="{line}"/>"#
                )?;
            }
        }
        if h > header {
            write!(
                self.out,
                r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{}"/>"#,
                palette.surface
            )?;
            let (bottom, straight, across) = (y + header, header - r, w - 2.0 * r);
            write!(
                self.out,
                r#"<path d="M{x} {bottom}v-{straight}a{r} {r} 0 0 1 {r} -{r}h{across}a{r} {r} 0 0 1 {r} {r}v{straight}z" fill="{fill}"/>"#
            )?;
            write!(
                self.out,
                r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="none" stroke="{line}"{dash}/>"#
            )?;
        } else {
            write!(self.out, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{r}" fill="{fill}"/>"#)?;
        }
        self.mix(item, rect)?;
        let left = x + METRICS.pad;
        self.text(&self.scene.card(item).title, Point { x: left, y: y + header / 2.0 + 4.0 }, Font::Title, ink)?;
        if item.flags & (flag::WARNING | flag::ERROR) != 0 {
            let colour = if item.flags & flag::ERROR != 0 { palette.error } else { palette.warning };
            write!(self.out, r#"<circle cx="{}" cy="{}" r="3.5" fill="{colour}"/>"#, x + w - 9.0, y + 9.0)?;
        }
        for (index, (label, value)) in self.scene.card(item).lines.iter().enumerate() {
            let y = y + header + METRICS.pad / 2.0 + METRICS.line * index as f64 + 12.0;
            let mut x = left;
            if !label.is_empty() {
                self.text(label, Point { x, y }, Font::Label, palette.muted)?;
                x += self.advances.width(label, Role::Label) + METRICS.gap;
            }
            self.text(value, Point { x, y }, Font::Value, palette.text)?;
        }
        Ok(())
    }

    fn container(&mut self, item: &Item, rect: Rect) -> fmt::Result {
        let Rect { x, y, w, h } = rect;
        let palette = self.palette;
        write!(
            self.out,
            r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="8" fill="{}" fill-opacity="0.5" stroke="{}"/>"#,
            palette.module, palette.card_line
        )?;
        let at = Point { x: x + METRICS.pad, y: y + METRICS.header / 2.0 + 4.0 };
        self.text(&self.scene.card(item).title, at, Font::Title, palette.text)
    }

    /// The mix of operators of a closed group, as a thin bar under its header.
    fn mix(&mut self, item: &Item, rect: Rect) -> fmt::Result {
        let all: u32 = item.mix.iter().map(|(_, count)| count).sum();
        let mut left = rect.x;
        for (category, count) in &item.mix {
            let width = rect.w * f64::from(*count) / f64::from(all.max(1));
            let (top, fill) = (rect.y + METRICS.header - 3.0, self.palette.category(*category));
            write!(self.out, r#"<rect x="{left:.1}" y="{top}" width="{width:.1}" height="3" fill="{fill}"/>"#)?;
            left += width;
        }
        Ok(())
    }

    fn labels(&mut self) -> fmt::Result {
        for (net, at) in self.scene.nets.iter().zip(&self.scene.labels) {
            let Some(Point { x, y }) = *at else { continue };
            let (colour, halo) = (self.palette.muted, self.palette.background);
            let style = if net.inferred { r#" font-style="italic""# } else { "" };
            write!(
                self.out,
                r#"<text x="{x}" y="{}" text-anchor="middle" font-family="{MONO}"{style} font-size="11" fill="{colour}" stroke="{halo}" stroke-width="3" paint-order="stroke">"#,
                y + 4.0
            )?;
            escape(self.out, self.scene.label(net))?;
            self.out.write_str("</text>")?;
        }
        Ok(())
    }

    /// Writes `text` from (or, on a pill, around) the base line at `at`.
    fn text(&mut self, text: &str, at: Point, font: Font, colour: &str) -> fmt::Result {
        let Point { x, y } = at;
        write!(self.out, r#"<text x="{x}" y="{y}" fill="{colour}""#)?;
        match font {
            Font::Title => self.out.write_str(r#" font-size="12" font-weight="600">"#)?,
            Font::Pill => self.out.write_str(r#" font-size="12" font-weight="600" text-anchor="middle">"#)?,
            Font::Label => self.out.write_str(r#" font-size="11">"#)?,
            Font::Value => write!(self.out, r#" font-size="11" font-family="{MONO}">"#)?,
        }
        escape(self.out, text)?;
        self.out.write_str("</text>")
    }
}

/// How a piece of text is set.
#[derive(Clone, Copy)]
enum Font {
    /// The header of a card.
    Title,
    /// The middle of a pill.
    Pill,
    /// The name of a line.
    Label,
    /// The content of a line.
    Value,
}

/// Appends a chain of cubics, its end pulled back by `short` pixels to make room for an arrowhead.
pub(super) fn curve(out: &mut String, points: &[Point], short: f64) -> fmt::Result {
    let Some((first, rest)) = points.split_first() else { return Ok(()) };
    write!(out, "M{} {}", first.x, first.y)?;
    let (dx, dy) = end_direction(points);
    let curves = rest.as_chunks::<3>().0;
    for (index, [a, b, c]) in curves.iter().enumerate() {
        let short = if index + 1 == curves.len() { short } else { 0.0 };
        write!(out, "C{} {} {} {} {} {}", a.x, a.y, b.x, b.y, c.x - dx * short, c.y - dy * short)?;
    }
    Ok(())
}

/// Appends an arrowhead at the end of a chain of cubics.
fn head(out: &mut String, points: &[Point]) -> fmt::Result {
    let Some(tip) = points.last() else { return Ok(()) };
    let (dx, dy) = end_direction(points);
    let (length, half) = ARROW;
    let (bx, by) = (tip.x - dx * length, tip.y - dy * length);
    let (nx, ny) = (-dy * half, dx * half);
    write!(out, "M{} {}L{} {}L{} {}Z", tip.x, tip.y, bx + nx, by + ny, bx - nx, by - ny)
}

/// The unit vector in which a chain of cubics ends.
fn end_direction(points: &[Point]) -> (f64, f64) {
    let Some((tip, before)) = points.split_last() else { return (0.0, 1.0) };
    let Some(from) = before.iter().rev().find(|point| point.x != tip.x || point.y != tip.y) else { return (0.0, 1.0) };
    let (dx, dy) = (tip.x - from.x, tip.y - from.y);
    let length = dx.hypot(dy);
    (dx / length, dy / length)
}

/// Appends `text` with what XML gives a meaning to escaped, and what it forbids replaced.
fn escape(out: &mut String, text: &str) -> fmt::Result {
    for c in text.chars() {
        match c {
            '&' => out.write_str("&amp;")?,
            '<' => out.write_str("&lt;")?,
            '>' => out.write_str("&gt;")?,
            '"' => out.write_str("&quot;")?,
            '\t' | '\n' | '\r' => out.write_char(' ')?,
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.write_char('\u{fffd}')?,
            _ => out.write_char(c)?,
        }
    }
    Ok(())
}
