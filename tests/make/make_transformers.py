"""Folders of models as transformers writes them, with tiny sizes; and what the weights of many architectures are called.

The folders are complete: configuration, weights (one model in several files), what generates, a tokenizer, an adapter. The names and shapes of more
architectures are in tests/architectures/, each with its configuration, for tests that need no values.
"""

import json
import tempfile
from pathlib import Path

import safetensors
import torch
import transformers

from common import ROOT, save
from make_safetensors import assemble, seeded, sorted_metadata

TEXT = {"vocab_size": 32, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = TEXT | {"num_key_value_heads": 2, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
HEADS = GROUPED | {"head_dim": 4}
BERT = TEXT | {"max_position_embeddings": 8}
GPT2 = {"vocab_size": 32, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 8, "bos_token_id": 1, "eos_token_id": 2}
STACKS = {
    "vocab_size": 32, "d_model": 16, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
    "decoder_attention_heads": 4, "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2, "decoder_start_token_id": 1,
}  # fmt: skip
IMAGE = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 8,
    "patch_size": 4,
}  # fmt: skip
WORDS = BERT | {"bos_token_id": 1, "eos_token_id": 2}
T5 = {"vocab_size": 32, "d_model": 16, "d_kv": 4, "d_ff": 24, "num_layers": 2, "num_heads": 4}
LATENT = {
    "q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 4,
    "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1, "moe_intermediate_size": 8,
    "first_k_dense_replace": 1,
}  # fmt: skip
EXPERTS = {"num_experts": 3, "moe_intermediate_size": 8, "num_experts_per_tok": 2}

# What each architecture is made with: the class of the model, the sizes of its configuration.
ARCHITECTURES = {
    "bart": ("BartForConditionalGeneration", STACKS | {"max_position_embeddings": 8}),
    "beit": ("BeitForImageClassification", IMAGE),
    "bert-pretraining": ("BertForPreTraining", BERT),
    "bert-question": ("BertForQuestionAnswering", BERT),
    "bloom": ("BloomForCausalLM", {"vocab_size": 32, "hidden_size": 16, "n_layer": 2, "n_head": 4}),
    "cohere": ("CohereForCausalLM", GROUPED),
    "deberta-v2": ("DebertaV2ForMaskedLM", BERT),
    "deepseek-v3": ("DeepseekV3ForCausalLM", GROUPED | LATENT),
    "deit": ("DeiTForImageClassificationWithTeacher", IMAGE),
    "dinov2": ("Dinov2ForImageClassification", {**IMAGE, "mlp_ratio": 2}),
    "distilbert": (
        "DistilBertForMaskedLM",
        {"vocab_size": 32, "dim": 16, "hidden_dim": 24, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 8},
    ),
    "electra": ("ElectraForPreTraining", BERT | {"embedding_size": 8}),
    "falcon": ("FalconForCausalLM", TEXT),
    "falcon-40b": ("FalconForCausalLM", TEXT | {"new_decoder_architecture": True, "num_kv_heads": 2}),
    "gemma": ("GemmaForCausalLM", HEADS),
    "gemma3": ("Gemma3ForCausalLM", HEADS),
    "glm4": ("Glm4ForCausalLM", HEADS),
    "gpt-bigcode": ("GPTBigCodeForCausalLM", GPT2),
    "gpt-j": ("GPTJForCausalLM", GPT2 | {"rotary_dim": 4}),
    "gpt-neo": (
        "GPTNeoForCausalLM",
        {
            "vocab_size": 32, "hidden_size": 16, "num_layers": 2, "num_heads": 4, "max_position_embeddings": 8,
            "attention_types": [[["global", "local"], 1]],
        },
    ),
    "gpt-oss": ("GptOssForCausalLM", HEADS | {"num_local_experts": 3, "num_experts_per_tok": 2}),
    "llama4": ("Llama4ForCausalLM", HEADS | {"num_local_experts": 3, "intermediate_size_mlp": 24}),
    "llava": (
        "LlavaForConditionalGeneration",
        {
            "text_config": GROUPED | {"model_type": "llama"},
            "vision_config": IMAGE | {"model_type": "clip_vision_model", "projection_dim": 8},
        },
    ),
    "marian": ("MarianMTModel", STACKS | {"decoder_vocab_size": 32, "max_position_embeddings": 8}),
    "mbart": ("MBartForConditionalGeneration", STACKS | {"max_position_embeddings": 8}),
    "mistral": ("MistralForCausalLM", GROUPED),
    "mixtral": ("MixtralForCausalLM", GROUPED | {"num_local_experts": 3}),
    "mpnet": ("MPNetForMaskedLM", BERT),
    "mpt": ("MptForCausalLM", {"vocab_size": 32, "d_model": 16, "n_layers": 2, "n_heads": 4}),
    "olmo": ("OlmoForCausalLM", GROUPED),
    "olmo2": ("Olmo2ForCausalLM", GROUPED),
    "olmoe": ("OlmoeForCausalLM", GROUPED | {"num_experts": 3, "num_experts_per_tok": 2}),
    "opt": (
        "OPTForCausalLM",
        {
            "vocab_size": 32, "hidden_size": 16, "ffn_dim": 24, "num_hidden_layers": 2, "num_attention_heads": 4,
            "max_position_embeddings": 8, "word_embed_proj_dim": 8, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
        },
    ),
    "phi": ("PhiForCausalLM", TEXT),
    "phi3": ("Phi3ForCausalLM", GROUPED),
    "qwen2": ("Qwen2ForCausalLM", GROUPED),
    "qwen2-moe": ("Qwen2MoeForCausalLM", GROUPED | EXPERTS | {"shared_expert_intermediate_size": 8}),
    "qwen2-vl": (
        "Qwen2VLForConditionalGeneration",
        {
            "text_config": GROUPED
            | {"rope_parameters": {"rope_type": "default", "mrope_section": [1, 1, 0], "rope_theta": 10000.0}},
            "vision_config": {
                "depth": 2, "embed_dim": 16, "hidden_size": 16, "num_heads": 4, "patch_size": 4, "mlp_ratio": 2,
            },
        },
    ),
    "roberta": ("RobertaForSequenceClassification", WORDS),
    "siglip": ("SiglipModel", {"text_config": WORDS, "vision_config": IMAGE}),
    "smollm3": ("SmolLM3ForCausalLM", GROUPED),
    "stablelm": ("StableLmForCausalLM", GROUPED | {"use_qkv_bias": True}),
    "starcoder2": ("Starcoder2ForCausalLM", GROUPED),
    "t5-gated": (
        "T5ForConditionalGeneration",
        T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    ),
    "umt5": ("UMT5ForConditionalGeneration", T5),
    "xlm-roberta": ("XLMRobertaForMaskedLM", WORDS),
}  # fmt: skip

# Folders that are written with their weights.
FOLDERS = {
    "bert": ("BertForMaskedLM", BERT),
    "clip": ("CLIPModel", {"text_config": WORDS, "vision_config": IMAGE, "projection_dim": 8}),
    "gemma2": ("Gemma2ForCausalLM", HEADS),
    "gpt2": ("GPT2LMHeadModel", GPT2),
    "gpt_neox": ("GPTNeoXForCausalLM", TEXT | {"max_position_embeddings": 8}),
    "llama": ("LlamaForCausalLM", GROUPED | {"tie_word_embeddings": True}),
    "qwen3_moe": ("Qwen3MoeForCausalLM", HEADS | EXPERTS),
    "t5": ("T5ForConditionalGeneration", T5),
    "vit": ("ViTForImageClassification", IMAGE),
    "whisper": (
        "WhisperForConditionalGeneration",
        STACKS | {"num_mel_bins": 4, "max_source_positions": 8, "max_target_positions": 8},
    ),
}

CHAT = "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{{ eos_token }}{% endfor %}"
TOKENS = ["<pad>", "<s>", "</s>", *(chr(ord("a") + number) for number in range(26)), " ", ".", "!"]


def make(name, sizes):
    kind = getattr(transformers, name)
    return seeded(kind(kind.config_class(**sizes)))


def files(model, **options):
    """What `save_pretrained` writes, by name. The metadata of weights are in the order of their keys."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, **options)
        found = {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}
    return {name: sorted_metadata(data) if name.endswith(".safetensors") else data for name, data in found.items()}


def architectures():
    for name, (kind, sizes) in ARCHITECTURES.items():
        written = files(make(kind, sizes))
        tensors = {}
        for path, data in written.items():
            if path.endswith(".safetensors"):
                for tensor, info in safetensors.deserialize(data):
                    tensors[tensor] = list(info["shape"])
        lines = [f"    {json.dumps(tensor)}: {json.dumps(shape)}" for tensor, shape in sorted(tensors.items())]
        config = json.dumps(json.loads(written["config.json"]), sort_keys=True)
        text = f'{{\n  "config": {config},\n  "tensors": {{\n' + ",\n".join(lines) + "\n  }\n}\n"
        target = ROOT / "tests" / "architectures" / f"{name}.json"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)
        print(f"{len(text):7} {target.name}")


def folders():
    for name, (kind, sizes) in FOLDERS.items():
        options = {"max_shard_size": "16KB"} if name == "qwen3_moe" else {}
        for path, data in files(make(kind, sizes), **options).items():
            save(f"transformers/{name}/{path}", data)


def beside():
    """What lies beside the weights of one of the folders, as tokenizers of transformers write it."""
    table = {
        "version": "1.0",
        "truncation": None,
        "added_tokens": [{"id": number, "content": TOKENS[number], "special": True} for number in range(3)],
        "normalizer": None,
        "model": {"type": "BPE", "vocab": {token: number for number, token in enumerate(TOKENS)}, "merges": ["a b", "c d"]},
    }
    settings = {
        "added_tokens_decoder": {str(number): {"content": TOKENS[number], "lstrip": False} for number in range(3)},
        "bos_token": "<s>",
        "chat_template": CHAT,
        "model_max_length": 2048,
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    special = {"bos_token": {"content": "<s>", "lstrip": False, "normalized": False}, "eos_token": "</s>", "pad_token": "<pad>"}
    for name, content in (("tokenizer", table), ("tokenizer_config", settings), ("special_tokens_map", special)):
        save(f"transformers/llama/{name}.json", json.dumps(content, indent=2).encode())


def adapter():
    """A LoRA as PEFT names and describes it."""
    lora = "base_model.model.model.layers.{}.self_attn.{}.lora_{}.weight"
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for layer in range(2):
        for matrix in ("q_proj", "v_proj"):
            for side, shape in (("A", [2, 16]), ("B", [16 if matrix == "q_proj" else 8, 2])):
                size = 4 * shape[0] * shape[1]
                header[lora.format(layer, matrix, side)] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
                at += size
    save("transformers/lora/adapter_model.safetensors", assemble(header, bytes(at)))
    config = {
        "base_model_name_or_path": "tiny/llama", "bias": "none", "lora_alpha": 4, "peft_type": "LORA", "r": 2,
        "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM",
    }  # fmt: skip
    save("transformers/lora/adapter_config.json", json.dumps(config, indent=2).encode())


def alone():
    """Configurations without weights."""
    mixtral = {
        "architectures": ["MixtralForCausalLM"], "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32, "num_experts_per_tok": 2,
        "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "rms_norm_eps": 1e-05,
        "rope_theta": 1000000.0, "tie_word_embeddings": False, "vocab_size": 32000,
    }  # fmt: skip
    unknown = {
        "architectures": ["SomethingNew"], "model_type": "something-new", "hidden_size": 8,
        "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128},
    }  # fmt: skip
    save("transformers/alone/config.json", json.dumps(mixtral, indent=2).encode())
    save("transformers/unknown/config.json", json.dumps(unknown, indent=2).encode())


if __name__ == "__main__":
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    folders()
    beside()
    adapter()
    alone()
    architectures()
