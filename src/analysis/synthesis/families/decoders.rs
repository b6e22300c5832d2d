//! Families that speak: each block sees what came before.

use crate::analysis::synthesis::family::{Entry, Family, Manner, Names, PLAIN, Side, Tower};
use crate::analysis::synthesis::role::Role::{self, *};

pub(super) const ROTARY: Manner = Manner { rotary: true, ..PLAIN };

pub(super) const LLAMA: Family = Family {
    name: "Llama",
    kinds: &[
        "llama",
        "mistral",
        "mixtral",
        "qwen2",
        "qwen2_moe",
        "qwen3",
        "qwen3_moe",
        "gemma",
        "phi",
        "phi3",
        "phimoe",
        "stablelm",
        "starcoder2",
        "cohere",
        "cohere2",
        "olmo",
        "olmoe",
        "granite",
        "granitemoe",
        "glm",
        "glm4",
        "deepseek",
        "deepseek_v2",
        "deepseek_v3",
        "kimi_k2",
        "gpt_oss",
        "llama4_text",
        "smollm3",
        "minicpm",
        "minicpm3",
        "internlm2",
        "ministral",
        "nemotron",
        "exaone4",
        "persimmon",
        "ernie4_5",
        "hunyuan_v1_dense",
        "seed_oss",
        "dots1",
        "glm4_moe",
    ],
    towers: &[Tower {
        at: "",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: LLAMA_WHOLE,
        block: &[SELF_ATTENTION, LATENT_ATTENTION, PRE_NORMS, MLP, EXPERTS],
    }],
    beside: LLAMA_HEADS,
    needs: &[],
    trunk: &["model", "language_model"],
    manner: ROTARY,
};

pub(super) const SANDWICH: Family = Family {
    name: "Gemma",
    kinds: &["gemma2", "gemma3_text", "gemma3", "olmo2", "olmo3", "flex_olmo"],
    towers: &[Tower {
        at: "",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: LLAMA_WHOLE,
        block: &[SELF_ATTENTION, SANDWICH_NORMS, MLP, EXPERTS],
    }],
    needs: &[MlpOutNorm],
    ..LLAMA
};

pub(super) const LLAMA_WHOLE: Names =
    &[("embed_tokens", Tokens), ("norm", FinalNorm), ("final_layernorm", FinalNorm), ("embedding_norm", EmbedNorm)];

pub(super) const LLAMA_HEADS: Names =
    &[("lm_head", Head), ("score", Classes), ("classifier", Classes), ("qa_outputs", Classes)];

pub(super) const SELF_ATTENTION: Names = &[
    ("self_attn.q_proj", Query),
    ("self_attn.k_proj", Key),
    ("self_attn.v_proj", Value),
    ("self_attn.qkv_proj", QueryKeyValue),
    ("self_attn.query_key_value", QueryKeyValue),
    ("self_attn.o_proj", Output),
    ("self_attn.dense", Output),
    ("self_attn.q_norm", QueryNorm),
    ("self_attn.k_norm", KeyNorm),
    ("self_attn.q_layernorm", QueryNorm),
    ("self_attn.k_layernorm", KeyNorm),
    ("self_attn.sinks", Sinks),
];

/// Multi-head latent attention: keys and values are kept as one short vector.
pub(super) const LATENT_ATTENTION: Names = &[
    ("self_attn.q_a_proj", QueryDown),
    ("self_attn.q_a_layernorm", QueryDownNorm),
    ("self_attn.q_b_proj", Query),
    ("self_attn.kv_a_proj_with_mqa", KeyValueDown),
    ("self_attn.kv_a_layernorm", KeyValueDownNorm),
    ("self_attn.kv_b_proj", KeyValueUp),
];

pub(super) const PRE_NORMS: Names = &[
    ("input_layernorm", AttentionNorm),
    ("post_self_attn_layernorm", AttentionOutNorm),
    ("post_attention_layernorm", MlpNorm),
    ("post_mlp_layernorm", MlpOutNorm),
];

/// Norms before and after, or only after; the one after attention is called as the one before the MLP elsewhere.
pub(super) const SANDWICH_NORMS: Names = &[
    ("input_layernorm", AttentionNorm),
    ("post_attention_layernorm", AttentionOutNorm),
    ("pre_feedforward_layernorm", MlpNorm),
    ("post_feedforward_layernorm", MlpOutNorm),
];

pub(super) const MLP: Names = &[
    ("mlp.gate_proj", Gate),
    ("mlp.up_proj", Up),
    ("mlp.gate_up_proj", GateUp),
    ("mlp.down_proj", Down),
    ("mlp.fc1", Up),
    ("mlp.fc2", Down),
    ("mlp.c_fc", Up),
    ("mlp.c_proj", Down),
    ("mlp.dense_h_to_4h", Up),
    ("mlp.dense_4h_to_h", Down),
    ("feed_forward.gate_proj", Gate),
    ("feed_forward.up_proj", Up),
    ("feed_forward.down_proj", Down),
];

pub(super) const EXPERTS: Names = &[
    ("block_sparse_moe.gate", Router),
    ("block_sparse_moe.experts.*.w1", ExpertGate),
    ("block_sparse_moe.experts.*.w3", ExpertUp),
    ("block_sparse_moe.experts.*.w2", ExpertDown),
    ("block_sparse_moe.experts", Role::Experts),
    ("mlp.gate", Router),
    ("mlp.router", Router),
    ("mlp.experts.*.gate_proj", ExpertGate),
    ("mlp.experts.*.up_proj", ExpertUp),
    ("mlp.experts.*.down_proj", ExpertDown),
    ("mlp.experts", Role::Experts),
    ("mlp.shared_expert.gate_proj", SharedGate),
    ("mlp.shared_expert.up_proj", SharedUp),
    ("mlp.shared_expert.down_proj", SharedDown),
    ("mlp.shared_expert_gate", SharedRouter),
    ("mlp.shared_experts.gate_proj", SharedGate),
    ("mlp.shared_experts.up_proj", SharedUp),
    ("mlp.shared_experts.down_proj", SharedDown),
    ("feed_forward.router", Router),
    ("feed_forward.experts", Role::Experts),
    ("feed_forward.shared_expert.gate_proj", SharedGate),
    ("feed_forward.shared_expert.up_proj", SharedUp),
    ("feed_forward.shared_expert.down_proj", SharedDown),
];

/// Llama and Mistral as their makers publish them.
pub(super) const META: Family = Family {
    name: "Llama",
    kinds: &[],
    towers: &[Tower {
        at: "",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("tok_embeddings", Tokens), ("norm", FinalNorm), ("output", Head)],
        block: &[&[
            ("attention_norm", AttentionNorm),
            ("attention.wq", Query),
            ("attention.wk", Key),
            ("attention.wv", Value),
            ("attention.wo", Output),
            ("ffn_norm", MlpNorm),
            ("feed_forward.w1", Gate),
            ("feed_forward.w3", Up),
            ("feed_forward.w2", Down),
            ("feed_forward.gate", Router),
            ("feed_forward.experts.*.w1", ExpertGate),
            ("feed_forward.experts.*.w3", ExpertUp),
            ("feed_forward.experts.*.w2", ExpertDown),
        ]],
    }],
    beside: &[],
    needs: &[],
    trunk: &[],
    manner: ROTARY,
};

/// Models in files of llama.cpp, by the names that these give to all: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
pub(super) const GGUF: Family = Family {
    name: "llama.cpp",
    kinds: &[],
    towers: &[Tower {
        at: "",
        blocks: "blk",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[
            ("token_embd", Tokens),
            ("position_embd", Positions),
            ("token_types", Segments),
            ("token_embd_norm", EmbedNorm),
            ("output_norm", FinalNorm),
            ("output", Head),
        ],
        block: &[GGUF_ATTENTION, GGUF_MLP],
    }],
    beside: &[],
    needs: &[],
    trunk: &[""],
    manner: ROTARY,
};

pub(super) const GGUF_ATTENTION: Names = &[
    ("attn_norm", AttentionNorm),
    ("attn_q", Query),
    ("attn_k", Key),
    ("attn_v", Value),
    ("attn_qkv", QueryKeyValue),
    ("attn_q_a", QueryDown),
    ("attn_q_a_norm", QueryDownNorm),
    ("attn_q_b", Query),
    ("attn_kv_a_mqa", KeyValueDown),
    ("attn_kv_a_norm", KeyValueDownNorm),
    ("attn_kv_b", KeyValueUp),
    ("attn_q_norm", QueryNorm),
    ("attn_k_norm", KeyNorm),
    ("attn_sinks", Sinks),
    ("attn_output", Output),
    ("post_attention_norm", AttentionOutNorm),
    ("attn_output_norm", AfterAttention),
];

pub(super) const GGUF_MLP: Names = &[
    ("ffn_norm", MlpNorm),
    ("ffn_gate", Gate),
    ("ffn_up", Up),
    ("ffn_down", Down),
    ("post_ffw_norm", MlpOutNorm),
    ("layer_output_norm", AfterMlp),
    ("ffn_gate_inp", Router),
    ("ffn_gate_exps", Role::Experts),
    ("ffn_up_exps", Role::Experts),
    ("ffn_down_exps", Role::Experts),
    ("ffn_gate_shexp", SharedGate),
    ("ffn_up_shexp", SharedUp),
    ("ffn_down_shexp", SharedDown),
    ("ffn_gate_inp_shexp", SharedRouter),
];

pub(super) const GPT2_BLOCK: Names = &[
    ("ln_1", AttentionNorm),
    ("attn.c_attn", QueryKeyValue),
    ("attn.c_proj", Output),
    ("attn.attention.q_proj", Query),
    ("attn.attention.k_proj", Key),
    ("attn.attention.v_proj", Value),
    ("attn.attention.out_proj", Output),
    ("ln_2", MlpNorm),
    ("mlp.c_fc", Up),
    ("mlp.c_proj", Down),
];

pub(super) const GPT2: Family = Family {
    name: "GPT-2",
    kinds: &["gpt2", "gpt_neo", "gpt_bigcode", "imagegpt"],
    towers: &[Tower {
        at: "",
        blocks: "h",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("wte", Tokens), ("wpe", Positions), ("ln_f", FinalNorm)],
        block: &[GPT2_BLOCK],
    }],
    beside: LLAMA_HEADS,
    needs: &[Positions],
    trunk: &["transformer"],
    manner: Manner { activation: "gelu_new", ..PLAIN },
};

pub(super) const GPTJ: Family = Family {
    name: "GPT-J",
    kinds: &["gptj", "codegen"],
    towers: &[Tower {
        at: "",
        blocks: "h",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("wte", Tokens), ("ln_f", FinalNorm)],
        block: &[&[
            ("ln_1", AttentionNorm),
            ("attn.q_proj", Query),
            ("attn.k_proj", Key),
            ("attn.v_proj", Value),
            ("attn.qkv_proj", QueryKeyValue),
            ("attn.out_proj", Output),
            ("mlp.fc_in", Up),
            ("mlp.fc_out", Down),
        ]],
    }],
    beside: LLAMA_HEADS,
    needs: &[],
    trunk: &[],
    manner: Manner { activation: "gelu_new", ..ROTARY },
};

pub(super) const NEOX: Family = Family {
    name: "GPT-NeoX",
    kinds: &["gpt_neox", "gpt_neox_japanese"],
    towers: &[Tower {
        at: "",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("embed_in", Tokens), ("final_layer_norm", FinalNorm)],
        block: &[&[("attention.query_key_value", QueryKeyValue), ("attention.dense", Output)], PRE_NORMS, MLP],
    }],
    beside: &[("embed_out", Head), ("score", Classes), ("qa_outputs", Classes)],
    needs: &[],
    trunk: &[],
    manner: Manner { parallel: true, activation: "gelu", ..ROTARY },
};

pub(super) const BLOOM_BLOCK: Names = &[
    ("self_attention.query_key_value", QueryKeyValue),
    ("self_attention.dense", Output),
    ("ln_attn", AttentionNorm),
    ("ln_mlp", MlpNorm),
];

pub(super) const BLOOM: Family = Family {
    name: "BLOOM",
    kinds: &["bloom"],
    towers: &[Tower {
        at: "",
        blocks: "h",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("word_embeddings", Tokens), ("word_embeddings_layernorm", EmbedNorm), ("ln_f", FinalNorm)],
        block: &[BLOOM_BLOCK, PRE_NORMS, MLP],
    }],
    beside: LLAMA_HEADS,
    needs: &[EmbedNorm],
    trunk: &["transformer", ""],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const FALCON: Family = Family {
    name: "Falcon",
    kinds: &["falcon", "RefinedWeb", "RefinedWebModel"],
    towers: BLOOM.towers,
    beside: LLAMA_HEADS,
    needs: &[],
    trunk: &["transformer"],
    manner: Manner { parallel: true, activation: "gelu", ..ROTARY },
};

pub(super) const MPT: Family = Family {
    name: "MPT",
    kinds: &["mpt"],
    towers: &[Tower {
        at: "",
        blocks: "blocks",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[("wte", Tokens), ("wpe", Positions), ("norm_f", FinalNorm)],
        block: &[&[
            ("norm_1", AttentionNorm),
            ("attn.Wqkv", QueryKeyValue),
            ("attn.out_proj", Output),
            ("attn.q_ln", QueryNorm),
            ("attn.k_ln", KeyNorm),
            ("norm_2", MlpNorm),
            ("ffn.up_proj", Up),
            ("ffn.down_proj", Down),
        ]],
    }],
    beside: LLAMA_HEADS,
    needs: &[],
    trunk: &["transformer"],
    manner: Manner { activation: "gelu", ..PLAIN },
};

/// Norms before attention, attention over the encoder and the MLP, as those of Whisper are called.
pub(super) const FC_BEFORE: Names = &[
    ("self_attn_layer_norm", AttentionNorm),
    ("encoder_attn_layer_norm", CrossNorm),
    ("fc1", Up),
    ("fc2", Down),
    ("final_layer_norm", MlpNorm),
];

/// The same names, of norms that come after the sums.
pub(super) const FC_AFTER: Names = &[
    ("self_attn_layer_norm", AfterAttention),
    ("encoder_attn_layer_norm", AfterCross),
    ("fc1", Up),
    ("fc2", Down),
    ("final_layer_norm", AfterMlp),
];

pub(super) const FC_ATTENTION: Names = &[
    ("self_attn.q_proj", Query),
    ("self_attn.k_proj", Key),
    ("self_attn.v_proj", Value),
    ("self_attn.out_proj", Output),
    ("encoder_attn.q_proj", CrossQuery),
    ("encoder_attn.k_proj", CrossKey),
    ("encoder_attn.v_proj", CrossValue),
    ("encoder_attn.out_proj", CrossOutput),
];

pub(super) const OPT: Family = Family {
    name: "OPT",
    kinds: &["opt"],
    towers: &[Tower {
        at: "decoder",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Decoder,
        whole: &[
            ("embed_tokens", Tokens),
            ("embed_positions", Positions),
            ("project_in", EmbedProjection),
            ("final_layer_norm", FinalNorm),
            ("project_out", FinalProjection),
        ],
        block: &[FC_ATTENTION, FC_BEFORE],
    }],
    beside: LLAMA_HEADS,
    needs: &[FinalNorm],
    trunk: &["model"],
    manner: Manner { activation: "relu", ..PLAIN },
};
