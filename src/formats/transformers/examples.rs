//! What the weights of the usual models are called, for configurations that come without any.
//!
//! Facts from published models. Biases are left out, but where they tell one kind of normalisation from another.

use crate::analysis::synthesis::Facts;
use crate::analysis::synthesis::family::Side;

/// Models of the kinds `kinds`: what is in no block, and their lists of blocks, each with what is in a block.
struct Example {
    kinds: &'static [&'static str],
    whole: &'static str,
    lists: &'static [(&'static str, &'static str)],
}

const EXAMPLES: &[Example] = &[
    Example {
        kinds: &["llama", "mistral", "ministral", "granite", "smollm3", "qwen2"],
        whole: "model.embed_tokens model.norm lm_head",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj post_attention_layernorm \
             mlp.gate_proj mlp.up_proj mlp.down_proj",
        )],
    },
    Example {
        kinds: &["qwen3"],
        whole: "model.embed_tokens model.norm lm_head",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.q_norm self_attn.k_norm self_attn.o_proj \
             post_attention_layernorm mlp.gate_proj mlp.up_proj mlp.down_proj",
        )],
    },
    Example {
        kinds: &["gemma"],
        whole: "model.embed_tokens model.norm",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj post_attention_layernorm \
             mlp.gate_proj mlp.up_proj mlp.down_proj",
        )],
    },
    Example {
        kinds: &["gemma2"],
        whole: "model.embed_tokens model.norm",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj post_attention_layernorm \
             pre_feedforward_layernorm mlp.gate_proj mlp.up_proj mlp.down_proj post_feedforward_layernorm",
        )],
    },
    Example {
        kinds: &["gemma3_text"],
        whole: "model.embed_tokens model.norm",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.q_norm self_attn.k_norm self_attn.o_proj \
             post_attention_layernorm pre_feedforward_layernorm mlp.gate_proj mlp.up_proj mlp.down_proj post_feedforward_layernorm",
        )],
    },
    Example {
        kinds: &["phi3"],
        whole: "model.embed_tokens model.norm lm_head",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.qkv_proj self_attn.o_proj post_attention_layernorm mlp.gate_up_proj mlp.down_proj",
        )],
    },
    Example {
        kinds: &["mixtral"],
        whole: "model.embed_tokens model.norm lm_head",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.o_proj post_attention_layernorm \
             block_sparse_moe.gate block_sparse_moe.experts",
        )],
    },
    Example {
        kinds: &["qwen3_moe", "olmoe"],
        whole: "model.embed_tokens model.norm lm_head",
        lists: &[(
            "model.layers",
            "input_layernorm self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.q_norm self_attn.k_norm self_attn.o_proj \
             post_attention_layernorm mlp.gate mlp.experts",
        )],
    },
    Example {
        kinds: &["gpt2"],
        whole: "transformer.wte transformer.wpe transformer.ln_f",
        lists: &[("transformer.h", "ln_1 attn.c_attn attn.c_proj ln_2 mlp.c_fc mlp.c_proj")],
    },
    Example {
        kinds: &["gpt_neox"],
        whole: "gpt_neox.embed_in gpt_neox.final_layer_norm embed_out",
        lists: &[(
            "gpt_neox.layers",
            "input_layernorm attention.query_key_value attention.dense post_attention_layernorm mlp.dense_h_to_4h mlp.dense_4h_to_h",
        )],
    },
    Example {
        kinds: &["bert", "roberta", "xlm-roberta", "camembert", "ernie"],
        whole: "embeddings.word_embeddings embeddings.position_embeddings embeddings.token_type_embeddings embeddings.LayerNorm",
        lists: &[(
            "encoder.layer",
            "attention.self.query attention.self.key attention.self.value attention.output.dense attention.output.LayerNorm \
             intermediate.dense output.dense output.LayerNorm",
        )],
    },
    Example {
        kinds: &["distilbert"],
        whole: "embeddings.word_embeddings embeddings.position_embeddings embeddings.LayerNorm.bias",
        lists: &[(
            "transformer.layer",
            "attention.q_lin attention.k_lin attention.v_lin attention.out_lin sa_layer_norm.bias ffn.lin1 ffn.lin2 \
             output_layer_norm.bias",
        )],
    },
    Example {
        kinds: &["vit"],
        whole: "embeddings.patch_embeddings.projection embeddings.cls_token embeddings.position_embeddings layernorm",
        lists: &[(
            "encoder.layer",
            "layernorm_before attention.attention.query attention.attention.key attention.attention.value attention.output.dense \
             layernorm_after intermediate.dense output.dense",
        )],
    },
    Example {
        kinds: &["clip"],
        whole: "text_model.embeddings.token_embedding text_model.embeddings.position_embedding text_model.final_layer_norm \
                vision_model.embeddings.patch_embedding vision_model.embeddings.class_embedding vision_model.embeddings.position_embedding \
                vision_model.pre_layrnorm vision_model.post_layernorm text_projection visual_projection logit_scale",
        lists: &[("text_model.encoder.layers", CLIP), ("vision_model.encoder.layers", CLIP)],
    },
    Example {
        kinds: &["t5", "mt5"],
        whole: "shared encoder.final_layer_norm decoder.final_layer_norm",
        lists: &[
            (
                "encoder.block",
                "layer.0.layer_norm layer.0.SelfAttention.q layer.0.SelfAttention.k layer.0.SelfAttention.v layer.0.SelfAttention.o \
                 layer.1.layer_norm layer.1.DenseReluDense.wi layer.1.DenseReluDense.wo",
            ),
            (
                "decoder.block",
                "layer.0.layer_norm layer.0.SelfAttention.q layer.0.SelfAttention.k layer.0.SelfAttention.v layer.0.SelfAttention.o \
                 layer.1.layer_norm layer.1.EncDecAttention.q layer.1.EncDecAttention.k layer.1.EncDecAttention.v \
                 layer.1.EncDecAttention.o layer.2.layer_norm layer.2.DenseReluDense.wi layer.2.DenseReluDense.wo",
            ),
        ],
    },
    Example {
        kinds: &["whisper"],
        whole: "model.encoder.conv1 model.encoder.conv2 model.encoder.embed_positions model.encoder.layer_norm.bias \
                model.decoder.embed_tokens model.decoder.embed_positions model.decoder.layer_norm.bias",
        lists: &[("model.encoder.layers", SOURCE), ("model.decoder.layers", TARGET)],
    },
    Example {
        kinds: &["bart"],
        whole: "model.shared model.encoder.embed_positions model.encoder.layernorm_embedding.bias model.decoder.embed_positions \
                model.decoder.layernorm_embedding.bias",
        lists: &[("model.encoder.layers", SOURCE), ("model.decoder.layers", TARGET)],
    },
];

const CLIP: &str =
    "layer_norm1 self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.out_proj layer_norm2 mlp.fc1 mlp.fc2";
const SOURCE: &str = "self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.out_proj self_attn_layer_norm.bias fc1 fc2 \
                      final_layer_norm.bias";
const TARGET: &str = "self_attn.q_proj self_attn.k_proj self_attn.v_proj self_attn.out_proj self_attn_layer_norm.bias \
                      encoder_attn.q_proj encoder_attn.k_proj encoder_attn.v_proj encoder_attn.out_proj encoder_attn_layer_norm.bias \
                      fc1 fc2 final_layer_norm.bias";

/// What the weights of the model are called that `facts` describe, of each list only the first block; and the lists, each with how many blocks it has.
/// Empty if nobody knows.
pub fn names(facts: &Facts) -> (Vec<String>, Vec<(&'static str, u64)>) {
    let Some(example) = EXAMPLES.iter().find(|example| example.kinds.contains(&&*facts.kind)) else {
        return Default::default();
    };
    let untied = |name: &&str| *name != "lm_head" || facts.tied != Some(true);
    let mut names: Vec<String> = example.whole.split_whitespace().filter(untied).map(String::from).collect();
    let sides = match example.lists {
        [_, (second, _)] if second.starts_with("vision") => [facts.of(Side::Text), facts.of(Side::Vision)],
        _ => [facts, facts.of(Side::Target)],
    };
    let mut lists = Vec::new();
    for ((list, block), side) in example.lists.iter().zip(sides) {
        names.extend(block.split_whitespace().map(|name| format!("{list}.0.{name}")));
        lists.push((*list, side.blocks.unwrap_or(1)));
    }
    (names, lists)
}
