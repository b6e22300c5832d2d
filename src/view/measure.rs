//! How wide text is, without a font at hand.

use serde::Deserialize;

/// What a piece of text is for: each role has its own font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The header of a card: 600 12 px sans.
    Title,
    /// The name of a line in a card: 11 px sans.
    Label,
    /// The content of a line, and labels of edges: 11 px monospace.
    Value,
}

/// The advance widths of characters, in pixels, for each [`Role`]: U+0020 to U+007E, then `×` (for other narrow characters),
/// then `漢` (for wide ones). The page measures them in its own fonts; the default fits common system fonts.
#[derive(Clone, Debug, Deserialize)]
pub struct Advances {
    title: Vec<f64>,
    label: Vec<f64>,
    value: Vec<f64>,
}

/// Where the two stand-ins follow the printable ASCII characters.
const NARROW: usize = 95;
const WIDE: usize = 96;

impl Advances {
    /// The width of `text` in pixels.
    pub fn width(&self, text: &str, role: Role) -> f64 {
        let table = match role {
            Role::Title => &self.title,
            Role::Label => &self.label,
            Role::Value => &self.value,
        };
        let advance = |index: usize| table.get(index).copied().unwrap_or(7.0);
        // Most texts, and most of the time of a large drawing.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return text.bytes().map(|byte| advance(usize::from(byte - b' '))).sum();
        }
        text.chars()
            .map(|c| match c {
                ' '..='~' => advance(c as usize - ' ' as usize),
                '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => advance(WIDE),
                '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => advance(WIDE),
                '\u{1f300}'..='\u{1faff}' | '\u{20000}'..='\u{3fffd}' => advance(WIDE),
                _ => advance(NARROW),
            })
            .sum()
    }
}

impl Default for Advances {
    fn default() -> Self {
        // Helvetica's widths in thousandths of an em (Adobe font metrics), close to most sans-serif system fonts.
        const HELVETICA: [u16; 95] = [
            278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
            556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
            500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
            556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
            278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
        ];
        let sans = |size: f64| -> Vec<f64> {
            let narrow = HELVETICA.iter().map(|width| f64::from(*width) * size / 1000.0);
            narrow.chain([0.6 * size, size]).collect()
        };
        let mut value = vec![0.602 * 11.0; NARROW + 1];
        value.push(11.0);
        Self { title: sans(12.0 * 1.07), label: sans(11.0), value }
    }
}
