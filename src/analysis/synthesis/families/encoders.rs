//! Families that see all of their input, and those of two stacks.

use super::decoders::{FC_AFTER, FC_ATTENTION, FC_BEFORE, ROTARY};
use crate::analysis::synthesis::family::{Entry, Family, Manner, Names, PLAIN, Side, Tower};
use crate::analysis::synthesis::role::Role::*;

pub(super) const BERT_EMBEDDINGS: Names = &[
    ("embeddings.word_embeddings", Tokens),
    ("embeddings.position_embeddings", Positions),
    ("embeddings.token_type_embeddings", Segments),
    ("embeddings.LayerNorm", EmbedNorm),
    ("embeddings_project", EmbedProjection),
];

pub(super) const BERT_MLP: Names =
    &[("intermediate.dense", Up), ("output.dense", Down), ("output.LayerNorm", AfterMlp)];

pub(super) const BERT: Family = Family {
    name: "BERT",
    kinds: &[
        "bert",
        "roberta",
        "xlm-roberta",
        "camembert",
        "electra",
        "ernie",
        "layoutlm",
        "data2vec-text",
        "deberta",
        "deberta-v2",
        "roberta-prelayernorm",
        "nezha",
        "megatron-bert",
    ],
    towers: &[Tower {
        at: "",
        blocks: "encoder.layer",
        entry: Entry::Tokens,
        side: Side::Encoder,
        whole: BERT_EMBEDDINGS,
        block: &[
            &[
                ("attention.self.query", Query),
                ("attention.self.key", Key),
                ("attention.self.value", Value),
                ("attention.self.query_proj", Query),
                ("attention.self.key_proj", Key),
                ("attention.self.value_proj", Value),
                ("attention.output.dense", Output),
                ("attention.output.LayerNorm", AfterAttention),
            ],
            BERT_MLP,
        ],
    }],
    beside: BERT_HEADS,
    needs: &[],
    trunk: &["bert", "roberta", "electra", "deberta", "camembert", "ernie"],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const BERT_HEADS: Names = &[
    ("pooler.dense", Pooler),
    ("cls.predictions.transform.dense", HeadDense),
    ("cls.predictions.transform.LayerNorm", HeadNorm),
    ("cls.predictions.decoder", Head),
    ("cls.predictions.bias", HeadBias),
    ("cls.seq_relationship", OtherClasses),
    ("lm_head.dense", HeadDense),
    ("lm_head.layer_norm", HeadNorm),
    ("lm_head.decoder", Head),
    ("lm_head.bias", HeadBias),
    ("generator_predictions.dense", HeadDense),
    ("generator_predictions.LayerNorm", HeadNorm),
    ("generator_lm_head", Head),
    ("discriminator_predictions.dense", ClassDense),
    ("discriminator_predictions.dense_prediction", Classes),
    ("classifier.dense", ClassDense),
    ("classifier.out_proj", Classes),
    ("classifier", Classes),
    ("qa_outputs", Classes),
];

pub(super) const DISTILBERT: Family = Family {
    name: "DistilBERT",
    kinds: &["distilbert"],
    towers: &[Tower {
        at: "",
        blocks: "transformer.layer",
        entry: Entry::Tokens,
        side: Side::Encoder,
        whole: BERT_EMBEDDINGS,
        block: &[&[
            ("attention.q_lin", Query),
            ("attention.k_lin", Key),
            ("attention.v_lin", Value),
            ("attention.out_lin", Output),
            ("sa_layer_norm", AfterAttention),
            ("ffn.lin1", Up),
            ("ffn.lin2", Down),
            ("output_layer_norm", AfterMlp),
        ]],
    }],
    beside: &[
        ("vocab_transform", HeadDense),
        ("vocab_layer_norm", HeadNorm),
        ("vocab_projector.bias", HeadBias),
        ("vocab_projector", Head),
        ("pre_classifier", ClassDense),
        ("classifier", Classes),
        ("qa_outputs", Classes),
    ],
    needs: &[],
    trunk: &["distilbert"],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const MPNET: Family = Family {
    name: "MPNet",
    kinds: &["mpnet"],
    towers: &[Tower {
        at: "",
        blocks: "encoder.layer",
        entry: Entry::Tokens,
        side: Side::Encoder,
        whole: &[
            ("embeddings.word_embeddings", Tokens),
            ("embeddings.position_embeddings", Positions),
            ("embeddings.LayerNorm", EmbedNorm),
            ("encoder.relative_attention_bias", RelativePositions),
        ],
        block: &[
            &[
                ("attention.attn.q", Query),
                ("attention.attn.k", Key),
                ("attention.attn.v", Value),
                ("attention.attn.o", Output),
                ("attention.LayerNorm", AfterAttention),
            ],
            BERT_MLP,
        ],
    }],
    beside: BERT_HEADS,
    needs: &[],
    trunk: &["mpnet"],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const MODERNBERT: Family = Family {
    name: "ModernBERT",
    kinds: &["modernbert"],
    towers: &[Tower {
        at: "",
        blocks: "layers",
        entry: Entry::Tokens,
        side: Side::Encoder,
        whole: &[("embeddings.tok_embeddings", Tokens), ("embeddings.norm", EmbedNorm), ("final_norm", FinalNorm)],
        block: &[&[
            ("attn_norm", AttentionNorm),
            ("attn.Wqkv", QueryKeyValue),
            ("attn.Wo", Output),
            ("mlp_norm", MlpNorm),
            ("mlp.Wi", GateUp),
            ("mlp.Wo", Down),
        ]],
    }],
    beside: &[
        ("head.dense", HeadDense),
        ("head.norm", HeadNorm),
        ("decoder.bias", HeadBias),
        ("decoder", Head),
        ("classifier", Classes),
    ],
    needs: &[],
    trunk: &["model"],
    manner: Manner { activation: "gelu", ..ROTARY },
};

pub(super) const VIT_EMBEDDINGS: Names = &[
    ("embeddings.patch_embeddings.projection", Patches),
    ("embeddings.cls_token", ClassToken),
    ("embeddings.distillation_token", ClassToken),
    ("embeddings.register_tokens", ClassToken),
    ("embeddings.position_embeddings", Positions),
    ("layernorm", FinalNorm),
];

pub(super) const VIT_ATTENTION: Names = &[
    ("attention.attention.query", Query),
    ("attention.attention.key", Key),
    ("attention.attention.value", Value),
    ("attention.output.dense", Output),
];

pub(super) const VIT_HEADS: Names = &[
    ("pooler.dense", Pooler),
    ("pooler.layernorm", HeadNorm),
    ("classifier", Classes),
    ("cls_classifier", Classes),
    ("distillation_classifier", OtherClasses),
];

pub(super) const VIT: Family = Family {
    name: "ViT",
    kinds: &["vit", "deit", "beit", "data2vec-vision", "vit_msn", "yolos"],
    towers: &[Tower {
        at: "",
        blocks: "encoder.layer",
        entry: Entry::Image,
        side: Side::Encoder,
        whole: VIT_EMBEDDINGS,
        block: &[
            VIT_ATTENTION,
            &[
                ("layernorm_before", AttentionNorm),
                ("lambda_1", AttentionScale),
                ("layernorm_after", MlpNorm),
                ("intermediate.dense", Up),
                ("output.dense", Down),
                ("lambda_2", MlpScale),
            ],
        ],
    }],
    beside: VIT_HEADS,
    needs: &[],
    trunk: &[],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const DINO: Family = Family {
    name: "DINOv2",
    kinds: &["dinov2", "dinov2_with_registers"],
    towers: &[Tower {
        at: "",
        blocks: "encoder.layer",
        entry: Entry::Image,
        side: Side::Encoder,
        whole: VIT_EMBEDDINGS,
        block: &[
            VIT_ATTENTION,
            &[
                ("norm1", AttentionNorm),
                ("layer_scale1.lambda1", AttentionScale),
                ("norm2", MlpNorm),
                ("mlp.fc1", Up),
                ("mlp.fc2", Down),
                ("mlp.weights_in", GateUp),
                ("mlp.weights_out", Down),
                ("layer_scale2.lambda1", MlpScale),
            ],
        ],
    }],
    ..VIT
};

/// Vision transformers by the names that timm, Meta and Qwen give.
pub(super) const TIMM: Family = Family {
    name: "ViT",
    kinds: &["timm_wrapper"],
    towers: &[Tower {
        at: "",
        blocks: "blocks",
        entry: Entry::Image,
        side: Side::Vision,
        whole: &[
            ("patch_embed.proj", Patches),
            ("cls_token", ClassToken),
            ("dist_token", ClassToken),
            ("register_tokens", ClassToken),
            ("reg_token", ClassToken),
            ("pos_embed", Positions),
            ("norm_pre", EmbedNorm),
            ("norm", FinalNorm),
            ("head", Classes),
            ("head_dist", OtherClasses),
        ],
        block: &[&[
            ("norm1", AttentionNorm),
            ("attn.qkv", QueryKeyValue),
            ("attn.q_norm", QueryNorm),
            ("attn.k_norm", KeyNorm),
            ("attn.proj", Output),
            ("ls1.gamma", AttentionScale),
            ("norm2", MlpNorm),
            ("mlp.fc1", Up),
            ("mlp.gate_proj", Gate),
            ("mlp.up_proj", Up),
            ("mlp.down_proj", Down),
            ("mlp.fc2", Down),
            ("ls2.gamma", MlpScale),
        ]],
    }],
    beside: &[],
    needs: &[],
    trunk: &[],
    manner: Manner { activation: "gelu", ..PLAIN },
};

pub(super) const CLIP_BLOCK: Names = &[
    ("layer_norm1", AttentionNorm),
    ("self_attn.q_proj", Query),
    ("self_attn.k_proj", Key),
    ("self_attn.v_proj", Value),
    ("self_attn.out_proj", Output),
    ("layer_norm2", MlpNorm),
    ("mlp.fc1", Up),
    ("mlp.fc2", Down),
];

pub(super) const CLIP_VISION: Names = &[
    ("head", AttentionPool),
    ("embeddings.patch_embedding", Patches),
    ("embeddings.class_embedding", ClassToken),
    ("embeddings.position_embedding", Positions),
    ("pre_layrnorm", EmbedNorm),
    ("post_layernorm", FinalNorm),
];

pub(super) const CLIP: Family = Family {
    name: "CLIP",
    kinds: &[
        "clip",
        "clip_text_model",
        "clip_vision_model",
        "siglip",
        "siglip_text_model",
        "siglip_vision_model",
        "siglip2",
        "chinese_clip",
        "metaclip_2",
    ],
    towers: &[
        Tower {
            at: "text_model",
            blocks: "encoder.layers",
            entry: Entry::Tokens,
            side: Side::Text,
            whole: &[
                ("embeddings.token_embedding", Tokens),
                ("embeddings.position_embedding", Positions),
                ("final_layer_norm", FinalNorm),
                ("head", TextProjection),
            ],
            block: &[CLIP_BLOCK],
        },
        Tower {
            at: "vision_model",
            blocks: "encoder.layers",
            entry: Entry::Image,
            side: Side::Vision,
            whole: CLIP_VISION,
            block: &[CLIP_BLOCK],
        },
        Tower {
            at: "vision_tower",
            blocks: "encoder.layers",
            entry: Entry::Image,
            side: Side::Vision,
            whole: CLIP_VISION,
            block: &[CLIP_BLOCK],
        },
    ],
    beside: &[
        ("text_projection", TextProjection),
        ("visual_projection", ImageProjection),
        ("logit_scale", LogitScale),
        ("logit_bias", LogitBias),
    ],
    needs: &[],
    trunk: &[],
    manner: PLAIN,
};

pub(super) const T5_SELF: Names = &[
    ("layer.0.layer_norm", AttentionNorm),
    ("layer.0.SelfAttention.q", Query),
    ("layer.0.SelfAttention.k", Key),
    ("layer.0.SelfAttention.v", Value),
    ("layer.0.SelfAttention.o", Output),
    ("layer.0.SelfAttention.relative_attention_bias", RelativePositions),
];

pub(super) const T5_WHOLE: Names = &[("embed_tokens", Tokens), ("final_layer_norm", FinalNorm)];

pub(super) const T5: Family = Family {
    name: "T5",
    kinds: &["t5", "mt5", "umt5", "longt5", "switch_transformers"],
    towers: &[
        Tower {
            at: "encoder",
            blocks: "block",
            entry: Entry::Tokens,
            side: Side::Source,
            whole: T5_WHOLE,
            block: &[
                T5_SELF,
                &[
                    ("layer.1.layer_norm", MlpNorm),
                    ("layer.1.DenseReluDense.wi", Up),
                    ("layer.1.DenseReluDense.wi_0", Gate),
                    ("layer.1.DenseReluDense.wi_1", Up),
                    ("layer.1.DenseReluDense.wo", Down),
                ],
            ],
        },
        Tower {
            at: "decoder",
            blocks: "block",
            entry: Entry::Tokens,
            side: Side::Target,
            whole: T5_WHOLE,
            block: &[
                T5_SELF,
                &[
                    ("layer.1.layer_norm", CrossNorm),
                    ("layer.1.EncDecAttention.q", CrossQuery),
                    ("layer.1.EncDecAttention.k", CrossKey),
                    ("layer.1.EncDecAttention.v", CrossValue),
                    ("layer.1.EncDecAttention.o", CrossOutput),
                    ("layer.2.layer_norm", MlpNorm),
                    ("layer.2.DenseReluDense.wi", Up),
                    ("layer.2.DenseReluDense.wi_0", Gate),
                    ("layer.2.DenseReluDense.wi_1", Up),
                    ("layer.2.DenseReluDense.wo", Down),
                ],
            ],
        },
    ],
    beside: &[("shared", Tokens), ("lm_head", Head)],
    needs: &[],
    trunk: &[""],
    manner: Manner { root_mean_square: true, ..PLAIN },
};

pub(super) const SEQUENCE_HEADS: Names = &[
    ("shared", Tokens),
    ("lm_head", Head),
    ("proj_out", Head),
    ("final_logits_bias", HeadBias),
    ("classification_head.dense", ClassDense),
    ("classification_head.out_proj", Classes),
];

pub(super) const BART: Family = Family {
    name: "BART",
    kinds: &["bart", "marian", "plbart", "blenderbot-small"],
    towers: &[
        Tower {
            at: "encoder",
            blocks: "layers",
            entry: Entry::Tokens,
            side: Side::Source,
            whole: &[("embed_tokens", Tokens), ("embed_positions", Positions), ("layernorm_embedding", EmbedNorm)],
            block: &[FC_ATTENTION, FC_AFTER],
        },
        Tower {
            at: "decoder",
            blocks: "layers",
            entry: Entry::Tokens,
            side: Side::Target,
            whole: &[("embed_tokens", Tokens), ("embed_positions", Positions), ("layernorm_embedding", EmbedNorm)],
            block: &[FC_ATTENTION, FC_AFTER],
        },
    ],
    beside: SEQUENCE_HEADS,
    needs: &[AfterCross],
    trunk: &["model"],
    manner: PLAIN,
};

pub(super) const WHISPER_WHOLE: Names = &[
    ("conv1", FirstConv),
    ("conv2", SecondConv),
    ("embed_tokens", Tokens),
    ("embed_positions", Positions),
    ("layernorm_embedding", EmbedNorm),
    ("layer_norm", FinalNorm),
];

/// Whisper, and models of text that normalise where it does.
pub(super) const WHISPER: Family = Family {
    name: "Whisper",
    kinds: &["whisper", "mbart", "m2m_100", "pegasus", "blenderbot", "speech_to_text", "nllb-moe"],
    towers: &[
        Tower {
            at: "encoder",
            blocks: "layers",
            entry: Entry::Sound,
            side: Side::Source,
            whole: WHISPER_WHOLE,
            block: &[FC_ATTENTION, FC_BEFORE],
        },
        Tower {
            at: "decoder",
            blocks: "layers",
            entry: Entry::Tokens,
            side: Side::Target,
            whole: WHISPER_WHOLE,
            block: &[FC_ATTENTION, FC_BEFORE],
        },
    ],
    beside: SEQUENCE_HEADS,
    needs: &[FinalNorm],
    trunk: &["model"],
    manner: Manner { activation: "gelu", ..PLAIN },
};
