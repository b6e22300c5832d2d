//! Colours of exported drawings: those of `static/style/canvas.css`, which a test compares.

use crate::model::Category;

/// A set of colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of a theme, as CSS writes them.
#[derive(Debug)]
pub struct Palette {
    /// Behind everything.
    pub background: &'static str,
    /// Of cards and pills.
    pub surface: &'static str,
    /// Of text.
    pub text: &'static str,
    /// Of labels.
    pub muted: &'static str,
    /// Of containment.
    pub line: &'static str,
    /// Of edges.
    pub edge: &'static str,
    /// Of the mark of a warning.
    pub warning: &'static str,
    /// Of the mark of an error.
    pub error: &'static str,
    /// Fill and text of the header of each [`Category`].
    pub categories: [(&'static str, &'static str); 13],
}

impl Palette {
    /// The colours of `theme`.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// Fill and text of the header of `category`.
    pub fn category(&self, category: Category) -> (&'static str, &'static str) {
        self.categories[category as usize]
    }
}

static LIGHT: Palette = Palette {
    background: "#fafafa",
    surface: "#ffffff",
    text: "#1f2328",
    muted: "#667079",
    line: "#d0d7de",
    edge: "#8b949e",
    warning: "#b35900",
    error: "#cf222e",
    categories: [("#57606a", "#ffffff"); 13],
};

static DARK: Palette = Palette {
    background: "#0d1117",
    surface: "#161b22",
    text: "#e6edf3",
    muted: "#8b949e",
    line: "#30363d",
    edge: "#6e7681",
    warning: "#d29922",
    error: "#f85149",
    categories: [("#8b949e", "#0d1117"); 13],
};
