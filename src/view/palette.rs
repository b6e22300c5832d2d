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
    /// Of the bodies of cards.
    pub surface: &'static str,
    /// Of text.
    pub text: &'static str,
    /// Of labels.
    pub muted: &'static str,
    /// Around cards.
    pub card_line: &'static str,
    /// Of pills.
    pub pill: &'static str,
    /// Of the headers of modules.
    pub module: &'static str,
    /// Of edges.
    pub wire: &'static str,
    /// Of containment.
    pub tree: &'static str,
    /// Of the mark of a warning.
    pub warning: &'static str,
    /// Of the mark of an error.
    pub error: &'static str,
    /// Of the header of each [`Category`], for white text.
    pub categories: [&'static str; 13],
}

impl Palette {
    /// The colours of `theme`.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The fill of the header of `category`, for white text.
    pub fn category(&self, category: Category) -> &'static str {
        self.categories[category as usize]
    }
}

static LIGHT: Palette = Palette {
    background: "#f7f8fa",
    surface: "#ffffff",
    text: "#1e222a",
    muted: "#5e636e",
    card_line: "#c3c7cf",
    pill: "#e9ebf0",
    module: "#eef0f4",
    wire: "#8d939f",
    tree: "#c3c7cf",
    warning: "#b25e00",
    error: "#c5221f",
    categories: [
        "#5e6470", "#2775d1", "#5540a8", "#a82e26", "#0b7f4f", "#195c4e", "#753070", "#866a00", "#667490", "#575601",
        "#8c223a", "#ac5a41", "#15638c",
    ],
};

static DARK: Palette = Palette {
    background: "#101216",
    surface: "#17191d",
    text: "#e6e8ec",
    muted: "#9da2ab",
    card_line: "#3d434e",
    pill: "#2b303a",
    module: "#242830",
    wire: "#6d7480",
    tree: "#3d434e",
    warning: "#f0a33f",
    error: "#ff7b72",
    categories: [
        "#5a5f68", "#0f77cb", "#52399d", "#9e2a16", "#407e53", "#255b4c", "#6d3a6b", "#826702", "#6d7488", "#525403",
        "#823b3d", "#ba4d3e", "#0d6091",
    ],
};
