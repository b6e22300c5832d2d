//! What is known of the layers of Keras: `layers.tsv` has a line for each, by family: name, the tensors that it is called with, its weights in the
//! order in which they are saved; a line more for each way in which a layer may be quantised, as its weights are others then.
//! `tests/make/operators_keras.py` makes it from Keras itself.

use crate::analysis::layers;
use crate::model::Category;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A class of layers.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Its family.
    pub category: Category,
    /// The names of the tensors that it is called with.
    pub inputs: Vec<&'static str>,
    /// The names of its weights.
    pub weights: Vec<&'static str>,
}

static TABLE: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let (mut table, mut category) = (HashMap::new(), Category::Other);
    for line in include_str!("layers.tsv").lines() {
        if let Some(family) = line.strip_prefix("# ") {
            category = Category::from_name(family).unwrap_or_default();
            continue;
        }
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let name = cell();
        let (inputs, weights) = (cell().split(' ').collect(), cell().split_whitespace().collect());
        table.insert(name, Known { category, inputs, weights });
    }
    table
});

/// What is known of the layers called `class`; of the operation, if it is one.
pub fn known(class: &str, operation: bool) -> Option<&'static Known> {
    if operation { TABLE.get(&*format!("ops.{class}")) } else { TABLE.get(modern(class)) }
}

/// What is known of the layers called `class` that are quantised by `mode`, if they can be: `int8`.
pub fn quantised(class: &str, mode: &str) -> Option<&'static Known> {
    TABLE.get(&*format!("{} {mode}", modern(class)))
}

/// The class of the layers that are called `name` where nobody named them, and what is known of it: `lstm_cell`.
pub fn by_variable(name: &str) -> Option<(&'static str, &'static Known)> {
    static NAMES: LazyLock<HashMap<String, (&'static str, &'static Known)>> = LazyLock::new(|| {
        let layers = TABLE.iter().filter(|(name, known)| !name.contains(['.', ' ']) && !known.weights.is_empty());
        layers.map(|(name, known)| (snake(name), (*name, known))).collect()
    });
    NAMES.get(name).copied()
}

/// The family of `class`.
pub fn category(class: &str, operation: bool) -> Category {
    known(class, operation).map_or_else(|| layers::category(class), |known| known.category)
}

/// What the class is called today: of aliases, and of names of version 1.
pub fn modern(class: &str) -> &str {
    match class {
        "Convolution1D" => "Conv1D",
        "Convolution2D" => "Conv2D",
        "Convolution3D" => "Conv3D",
        "Deconvolution2D" | "Convolution2DTranspose" => "Conv2DTranspose",
        "Deconvolution3D" => "Conv3DTranspose",
        "SeparableConvolution1D" => "SeparableConv1D",
        "SeparableConvolution2D" => "SeparableConv2D",
        "BatchNormalizationV1" | "BatchNormalizationV2" | "SyncBatchNormalization" => "BatchNormalization",
        other => other,
    }
}

/// The name of `class` as the names of variables have it: `conv2d_transpose` of `Conv2DTranspose`.
pub fn snake(class: &str) -> String {
    let chars: Vec<char> = class.chars().collect();
    let mut out = String::new();
    for (place, c) in chars.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| chars.get(place));
        let after = chars.get(place + 1);
        let lower = |c: Option<&char>| c.is_some_and(|c| c.is_lowercase());
        let begins = c.is_uppercase() && place > 0 && (lower(before) || lower(after));
        if begins {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_spelt_as_variables_have_them() {
        let cases = [
            ("Dense", "dense"),
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("MultiHeadAttention", "multi_head_attention"),
            ("LSTM", "lstm"),
            ("LSTMCell", "lstm_cell"),
            ("GRUCell", "gru_cell"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("PReLU", "p_re_lu"),
            ("InputLayer", "input_layer"),
        ];
        for (class, wanted) in cases {
            assert_eq!(snake(class), wanted);
        }
    }

    #[test]
    fn the_table_knows_layers_and_operations() {
        assert_eq!(known("Dense", false).map(|known| known.weights.clone()), Some(vec!["kernel", "bias"]));
        assert_eq!(known("Convolution2D", false).map(|known| known.category), Some(Category::Convolution));
        assert_eq!(
            quantised("Embedding", "int8").map(|known| known.weights.clone()),
            Some(vec!["embeddings", "embeddings_scale"])
        );
        assert_eq!(known("Add", true).map(|known| known.inputs.clone()), Some(vec!["x1", "x2"]));
    }
}
