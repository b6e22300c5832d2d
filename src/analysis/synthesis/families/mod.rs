//! The families that are known.
//!
//! Facts from the papers of the models and from what their weights are called in published files.

mod decoders;
mod encoders;

use super::family::Family;
use decoders::{BLOOM, FALCON, GGUF, GPT2, GPTJ, LLAMA, META, MPT, NEOX, OPT, SANDWICH};
use encoders::{BART, BERT, CLIP, DINO, DISTILBERT, MODERNBERT, MPNET, T5, TIMM, VIT, WHISPER};

/// All families. Of two that explain as many weights, the first one counts.
pub const FAMILIES: &[Family] = &[
    LLAMA, SANDWICH, META, GGUF, GPT2, GPTJ, NEOX, BLOOM, FALCON, MPT, OPT, BERT, DISTILBERT, MPNET, MODERNBERT, VIT,
    DINO, TIMM, CLIP, T5, BART, WHISPER,
];
