"""LiteRT-LM containers, packed by the project's own builder out of models that are fixtures already."""

import io
import json
import tempfile
from pathlib import Path

import numpy as np
from common import FIXTURES, save
from litert_lm_builder import litertlm_builder, litertlm_core
from litert_lm_builder.runtime.proto import executor_metadata_pb2, llm_metadata_pb2

FOLDER = "tflite/litertlm"
KINDS = litertlm_builder.TfLiteModelType
MODELS = FIXTURES / "tflite"

# The builder adds a random number and the time.
litertlm_builder.populate_system_metadata = lambda metadata: metadata


def pack(name, fill):
    """Writes what `fill` puts into a builder; it gets a folder for files, too."""
    builder, stream = litertlm_builder.LitertLmFileBuilder(), io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        fill(builder, Path(folder))
        builder.build(stream)
    save(f"{FOLDER}/{name}", stream.getvalue())


def entry(key, value, kind):
    return litertlm_builder.Metadata(key=key, value=value, dtype=kind)


def chat(builder, folder):
    """A model, what is said about it as a language model, and a tokenizer; in blocks of 16 KiB, as files of this kind are."""
    builder.add_system_metadata(entry("Authors", "Lamina", litertlm_builder.DType.STRING))
    builder.add_tflite_model(str(MODELS / "cnn.tflite"), KINDS.PREFILL_DECODE, backend_constraint="cpu")
    about = llm_metadata_pb2.LlmMetadata()
    about.start_token.token_ids.ids.append(2)
    about.stop_tokens.add().token_str = "<end_of_turn>"
    about.stop_tokens.add().token_ids.ids.extend([1, 106])
    about.prompt_templates.user.prefix, about.prompt_templates.user.suffix = "<start_of_turn>user\n", "<end_of_turn>\n"
    about.sampler_params.type, about.sampler_params.k, about.sampler_params.p = 2, 40, 0.5
    about.max_num_tokens = 1280
    about.llm_model_type.gemma3.image_tensor_height = 896
    about.supports_thinking = False
    (folder / "about.pb").write_bytes(about.SerializeToString())
    builder.add_llm_metadata(str(folder / "about.pb"))
    tokenizer = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"cat": 0, "dog": 1}, "unk_token": "cat"}}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    builder.add_hf_tokenizer(str(folder / "tokenizer.json"))


def outside(builder, folder):
    """Two models, one with weights in a section of its own; in small blocks, so that many fit."""
    builder.add_tflite_model(str(MODELS / "if.tflite"), KINDS.PREFILL_DECODE)
    extra = [entry("layers", 3, litertlm_builder.DType.UINT32), entry("factor", 0.5, litertlm_builder.DType.FLOAT32), entry("final", True, litertlm_builder.DType.BOOL)]
    builder.add_tflite_model(str(MODELS / "types.tflite"), KINDS.EMBEDDER, additional_metadata=extra)
    (folder / "weights.bin").write_bytes(np.arange(20, dtype=np.float32).tobytes())
    builder.add_tflite_weights(str(folder / "weights.bin"), KINDS.EMBEDDER)
    settings = executor_metadata_pb2.ExecutorMetadata()
    settings.llm_executor_metadata.max_history_size = 4
    (folder / "executor.pb").write_bytes(settings.SerializeToString())
    builder.add_executor_metadata(str(folder / "executor.pb"))
    (folder / "notes.txt").write_text("notes")
    builder.add_generic_binary_data(str(folder / "notes.txt"))


def main():
    pack("chat.litertlm", chat)
    litertlm_core.BLOCK_SIZE = 256
    pack("outside.litertlm", outside)


if __name__ == "__main__":
    main()
