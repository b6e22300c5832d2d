//! What files of weights are, by the names that trainers and converters give to tensors.
//!
//! Adapters: PEFT (<https://huggingface.co/docs/peft>) and kohya's scripts. Checkpoints of image generators: the names of the original code of each.

use crate::model::{Entry, Model, Tensor};
use std::collections::BTreeSet;

/// A kind of checkpoint: all tensors that it is known by, without the prefix of a part.
struct Checkpoint {
    name: &'static str,
    /// Some tensor's name begins with each of these.
    has: &'static [&'static str],
    /// A tensor, an axis of it, and the size there, where that tells it from its likes.
    size: Option<(&'static str, usize, u64)>,
}

/// The keys and values of cross attention in the first block that has it: as wide as what the text encoders give.
const CROSS: &str = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight";

/// Those that are known; the first one that fits counts.
const CHECKPOINTS: &[Checkpoint] = &[
    Checkpoint {
        name: "Stable Diffusion XL refiner",
        has: &["model.diffusion_model.input_blocks.", "conditioner.embedders.0.model."],
        size: None,
    },
    Checkpoint {
        name: "Stable Diffusion XL",
        has: &["model.diffusion_model.input_blocks.", "model.diffusion_model.label_emb."],
        size: None,
    },
    Checkpoint {
        name: "Stable Diffusion 1",
        has: &["model.diffusion_model.input_blocks."],
        size: Some((CROSS, 1, 768)),
    },
    Checkpoint {
        name: "Stable Diffusion 2",
        has: &["model.diffusion_model.input_blocks."],
        size: Some((CROSS, 1, 1024)),
    },
    Checkpoint { name: "Stable Diffusion 3", has: &["model.diffusion_model.joint_blocks."], size: None },
    Checkpoint { name: "Flux", has: &["double_blocks.0.img_attn.", "single_blocks.0."], size: None },
    Checkpoint {
        name: "Flux",
        has: &["model.diffusion_model.double_blocks.0.img_attn.", "model.diffusion_model.single_blocks.0."],
        size: None,
    },
];

/// What begins the names of the parts of such a checkpoint.
const PARTS: &[(&str, &str)] = &[
    ("model.diffusion_model.input_blocks.", "UNet"),
    ("model.diffusion_model.joint_blocks.", "transformer"),
    ("model.diffusion_model.double_blocks.", "transformer"),
    ("double_blocks.", "transformer"),
    ("cond_stage_model.", "text encoder"),
    ("conditioner.embedders.0.", "text encoder"),
    ("conditioner.embedders.1.", "text encoder"),
    ("text_encoders.clip_l.", "text encoder"),
    ("text_encoders.clip_g.", "text encoder"),
    ("text_encoders.t5xxl.", "text encoder"),
    ("first_stage_model.", "VAE"),
    ("vae.", "VAE"),
    ("control_model.", "ControlNet"),
    ("model_ema.", "averages of weights"),
];

/// The first matrix of each pair of a LoRA, by what its name ends with.
const DOWN: &[(&str, &str)] =
    &[(".lora_A.weight", "PEFT"), (".lora_A.default.weight", "PEFT"), (".lora_down.weight", "kohya")];
/// What metadata calls the number that pairs are multiplied by before they are divided by the rank.
const ALPHA: &[&str] = &["lora_alpha", "ss_network_alpha"];

/// What is known of the weights of `model`, for people.
pub fn describe(model: &mut Model) {
    if !model.imports.is_empty() {
        return;
    }
    let weights = model.weights();
    let names: Vec<(&str, &Tensor)> =
        weights.iter().filter_map(|weight| Some((&*weight.name, model.tensors.get(weight.tensor)?))).collect();
    let found = [("adapter", adapter(model, &names)), ("checkpoint", checkpoint(&names))];
    let found =
        found.into_iter().filter_map(|(name, value)| Some(Entry { name: name.into(), value: value?.as_str().into() }));
    let found: Vec<Entry> = found.collect();
    model.properties.extend(found);
}

/// The adapter that the tensors are: `LoRA (PEFT) of 64 layers, rank 8, alpha 16`.
fn adapter(model: &Model, names: &[(&str, &Tensor)]) -> Option<String> {
    let (mut layers, mut ranks, mut writers) = (0, BTreeSet::<u64>::new(), BTreeSet::new());
    for (name, tensor) in names {
        if let Some((_, writer)) = DOWN.iter().find(|(end, _)| name.ends_with(end)) {
            layers += 1;
            writers.insert(*writer);
            ranks.extend(tensor.shape.first());
        }
    }
    let (first, last) = (ranks.first()?, ranks.last()?);
    let rank = if first == last { format!("rank {first}") } else { format!("ranks {first} to {last}") };
    let alpha = model.metadata.iter().find(|entry| ALPHA.contains(&&*entry.name));
    let alpha = alpha.map(|entry| format!(", alpha {}", entry.value)).unwrap_or_default();
    let writers: Vec<&str> = writers.into_iter().collect();
    let of = if layers == 1 { "1 layer".into() } else { format!("{layers} layers") };
    Some(format!("LoRA ({}) of {of}, {rank}{alpha}", writers.join(", ")))
}

/// The checkpoint that the tensors are, with its parts: `Stable Diffusion XL: UNet, 2 text encoders, VAE`.
fn checkpoint(names: &[(&str, &Tensor)]) -> Option<String> {
    let begins = |start: &str| names.iter().any(|(name, _)| name.starts_with(start));
    let sized = |(wanted, axis, size): (&str, usize, u64)| {
        names.iter().any(|(name, tensor)| *name == wanted && tensor.shape.get(axis) == Some(&size))
    };
    let fits = |checkpoint: &&Checkpoint| {
        checkpoint.has.iter().all(|start| begins(start)) && checkpoint.size.is_none_or(sized)
    };
    let checkpoint = CHECKPOINTS.iter().find(fits)?;
    let mut parts: Vec<(&str, usize)> = Vec::new();
    for (_, part) in PARTS.iter().filter(|(start, _)| begins(start)) {
        match parts.iter_mut().find(|(known, _)| known == part) {
            Some((_, count)) => *count += 1,
            None => parts.push((part, 1)),
        }
    }
    let spell = |(part, count): (&str, usize)| if count == 1 { part.into() } else { format!("{count} {part}s") };
    let parts: Vec<String> = parts.into_iter().map(spell).collect();
    Some(format!("{}: {}", checkpoint.name, parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DType, Data, Encoding, Modules};

    fn described(tensors: &[(&str, &[u64])], metadata: &[(&str, &str)]) -> Vec<String> {
        let (mut model, mut modules) = (Model::default(), Modules::new('.'));
        for (name, shape) in tensors {
            let tensor = Tensor {
                name: (*name).into(),
                dtype: DType::F16,
                shape: shape.to_vec(),
                encoding: Encoding::Little,
                data: Data::Absent,
                description: "".into(),
                metadata: Vec::new(),
                indices: None,
            };
            modules.add(name, model.tensors.push(tensor));
        }
        model.graphs.push(modules.finish());
        let entry = |(name, value): &(&str, &str)| Entry { name: (*name).into(), value: (*value).into() };
        model.metadata.extend(metadata.iter().map(entry));
        describe(&mut model);
        model.properties.iter().map(|entry| format!("{}: {}", entry.name, entry.value)).collect()
    }

    #[test]
    fn adapters_are_known_by_their_pairs() {
        let peft = ("base_model.model.layers.0.q_proj.lora_A.weight", &[8, 64][..]);
        let other = ("base_model.model.layers.0.q_proj.lora_B.weight", &[64, 8][..]);
        assert_eq!(
            described(&[peft, other], &[("lora_alpha", "16")]),
            ["adapter: LoRA (PEFT) of 1 layer, rank 8, alpha 16"]
        );
        let kohya =
            [("lora_unet_a.lora_down.weight", &[4, 320][..]), ("lora_unet_b.lora_down.weight", &[16, 320, 1, 1][..])];
        assert_eq!(described(&kohya, &[]), ["adapter: LoRA (kohya) of 2 layers, ranks 4 to 16"]);
        assert!(described(&[other], &[]).is_empty());
    }

    #[test]
    fn checkpoints_are_known_by_their_parts() {
        let unet = "model.diffusion_model.input_blocks.0.0.weight";
        let one: &[u64] = &[1];
        let vae = ("first_stage_model.decoder.conv_in.weight", one);
        let sdxl = [
            (unet, one),
            ("model.diffusion_model.label_emb.0.0.weight", one),
            ("conditioner.embedders.0.transformer.text_model.final_layer_norm.weight", one),
            ("conditioner.embedders.1.model.ln_final.weight", one),
            vae,
        ];
        assert_eq!(described(&sdxl, &[]), ["checkpoint: Stable Diffusion XL: UNet, 2 text encoders, VAE"]);
        let first = [
            (unet, one),
            (CROSS, &[320, 768]),
            ("cond_stage_model.transformer.text_model.final_layer_norm.weight", one),
            vae,
        ];
        assert_eq!(described(&first, &[]), ["checkpoint: Stable Diffusion 1: UNet, text encoder, VAE"]);
        let flux = [("double_blocks.0.img_attn.norm.key_norm.scale", one), ("single_blocks.0.linear1.weight", one)];
        assert_eq!(described(&flux, &[]), ["checkpoint: Flux: transformer"]);
        assert!(described(&[vae], &[]).is_empty());
    }
}
