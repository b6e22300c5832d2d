//! What a decoder keeps of each token that it has seen: the keys and values of its attention.

use crate::model::Model;

/// What names of projections end with that make keys or values, in weights whose rows are outputs. Each is one of the two.
const PROJECTIONS: &[&str] = &[
    "self_attn.k_proj.weight",
    "self_attn.v_proj.weight",
    "attention.wk.weight",
    "attention.wv.weight",
    "attn.k_proj.weight",
    "attn.v_proj.weight",
    "attn_k.weight",
    "attn_v.weight",
    "SelfAttention.k.weight",
    "SelfAttention.v.weight",
];

/// What names of projections end with that make queries, keys and values of equal size at once: with the number of the dimension that is their output.
const TOGETHER: &[(&str, usize)] =
    &[("attn.c_attn.weight", 1), ("attention.query_key_value.weight", 0), ("attn.Wqkv.weight", 0)];

/// The keys and values of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KvCache {
    /// How many layers have attention.
    pub layers: u64,
    /// The numbers that are kept of a token, in all layers.
    pub elements: u64,
}

/// The cache of a decoder whose weights have names that are usual; none for other models. What encoders compute is not kept. Of graphs of operators,
/// weights may be turned: nothing is said of these.
pub fn kv_cache(model: &Model) -> Option<KvCache> {
    if !model.imports.is_empty() {
        return None;
    }
    let (mut projections, mut layers, mut elements) = (0u64, 0u64, 0u64);
    for (_, tensor) in model.stored().filter(|(_, tensor)| !tensor.name.contains("encoder.")) {
        if PROJECTIONS.iter().any(|end| tensor.name.ends_with(end)) {
            projections += 1;
            elements = elements.saturating_add(tensor.shape.first().copied().unwrap_or(0));
        } else if let Some((_, output)) = TOGETHER.iter().find(|(end, _)| tensor.name.ends_with(end)) {
            let [rows, columns] = *tensor.shape else { continue };
            let (outputs, inputs) = if *output == 0 { (rows, columns) } else { (columns, rows) };
            // Where several queries share keys, these cannot be told from the size.
            if outputs == inputs.saturating_mul(3) {
                layers += 1;
                elements = elements.saturating_add(inputs.saturating_mul(2));
            }
        }
    }
    // A layer has one projection of each kind.
    layers += projections / 2;
    (layers > 0 && projections.is_multiple_of(2)).then_some(KvCache { layers, elements })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Arena, DType, Data, Encoding, Tensor};

    fn cache(tensors: &[(&str, [u64; 2])]) -> Option<KvCache> {
        let mut model = Model { tensors: Arena::default(), ..Model::default() };
        for (name, shape) in tensors {
            model.tensors.push(Tensor {
                name: (*name).into(),
                dtype: DType::BF16,
                shape: shape.to_vec(),
                encoding: Encoding::Little,
                data: Data::Absent,
                description: "".into(),
                metadata: Vec::new(),
                indices: None,
            });
        }
        kv_cache(&model)
    }

    /// Llama 3.1 8B: 32 layers with 8 heads of keys and values, of 128 each.
    #[test]
    fn heads_that_share_keys_keep_less() {
        let names: Vec<String> = (0..32)
            .flat_map(|layer| ["k", "v"].map(|kind| format!("model.layers.{layer}.self_attn.{kind}_proj.weight")))
            .collect();
        let tensors: Vec<(&str, [u64; 2])> = names.iter().map(|name| (name.as_str(), [1024, 4096])).collect();
        assert_eq!(cache(&tensors), Some(KvCache { layers: 32, elements: 65_536 }));
    }

    #[test]
    fn projections_of_all_three_count_twice_their_input() {
        let gpt2 = [("h.0.attn.c_attn.weight", [768, 2304]), ("h.1.attn.c_attn.weight", [768, 2304])];
        assert_eq!(cache(&gpt2), Some(KvCache { layers: 2, elements: 3072 }));
        assert_eq!(cache(&[("h.0.attention.query_key_value.weight", [4672, 4544])]), None, "shared keys");
    }

    #[test]
    fn encoders_and_other_models_keep_nothing() {
        assert_eq!(cache(&[("encoder.layers.0.self_attn.k_proj.weight", [8, 8])]), None);
        assert_eq!(cache(&[("conv1.weight", [8, 8])]), None);
        assert_eq!(cache(&[]), None);
    }
}
