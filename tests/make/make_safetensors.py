"""safetensors: every element type, real state dicts, names and headers at the edge of the format.

Also writes safetensors/values.json: what torch (float4: ml_dtypes) reads from the same files.
"""

import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import torch

from common import FIXTURES, noise, save, save_json
from tensors import as_record

EXPECTED = {}


def write(path, tensors, metadata=None):
    """Saves with the real library, and reads back with it what the tests compare.

    The library keeps metadata in a hash map, so its order changes from run to run: here it is sorted.
    """
    data = sorted_metadata(safetensors.torch.save(tensors, metadata))
    save(f"safetensors/{path}", data)
    EXPECTED[path] = {name: as_record(tensor) for name, tensor in load(path).items()}


def load(path):
    """What the library reads from a fixture. Its `load` of bytes does not know all types, its `load_file` does."""
    return safetensors.torch.load_file(FIXTURES / "safetensors" / path)


def sorted_metadata(data):
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8 : 8 + length])
    if "__metadata__" in header:
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    return assemble(header, data[8 + length :])


def assemble(header, payload=b"", padding=8):
    """A file from a header (JSON text, bytes or an object) and the bytes behind it, padded as the library does."""
    if not isinstance(header, (str, bytes)):
        header = json.dumps(header, ensure_ascii=False, separators=(",", ":"))
    text = header.encode() if isinstance(header, str) else header
    text += b" " * (-len(text) % padding)
    return struct.pack("<Q", len(text)) + text + payload


def dtypes():
    """All element types that the library writes; the small ones with all their codes."""
    every = torch.arange(256, dtype=torch.int64).to(torch.uint8).reshape(16, 16)
    tensors = {
        "bool": torch.tensor([True, False, True]),
        "complex64": torch.tensor([1.5 - 2j, 0.1j, complex("-inf"), complex("nan")], dtype=torch.complex64),
        "float4_e2m1fn_x2": torch.arange(0, 128, 9, dtype=torch.uint8).reshape(3, 5).view(torch.float4_e2m1fn_x2),
    }
    for name in ("float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu"):
        tensors[name] = every.clone().view(getattr(torch, name))
    for name in ("float16", "bfloat16", "float32", "float64"):
        kind = getattr(torch, name)
        limits = torch.finfo(kind)
        subnormal = limits.smallest_normal * limits.eps
        edge = [limits.max, limits.min, limits.tiny, subnormal, limits.eps]
        common = [0.0, -0.0, 1 / 3, float("inf"), float("-inf"), float("nan"), 1e-3]
        tensors[name] = torch.tensor([*edge, *common], dtype=kind).reshape(2, 6)
    for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
        limits = torch.iinfo(getattr(torch, name))
        tensors[name] = torch.tensor([limits.min, limits.max, 0, 1, 100], dtype=getattr(torch, name))
    write("dtypes.safetensors", tensors)
    # The format has 6-bit floats that Python's side of the library cannot write yet.
    header = {
        "a": {"dtype": "F6_E2M3", "shape": [4, 4], "data_offsets": [0, 12]},
        "b": {"dtype": "F6_E3M2", "shape": [8], "data_offsets": [12, 18]},
    }
    data = assemble(header, bytes(range(18)))
    assert len(safetensors.deserialize(data)) == 2
    save("safetensors/float6.safetensors", data)


def shapes():
    tensors = {
        "scalar": torch.tensor(0.5),
        "one": torch.tensor([-1]),
        "ones": torch.ones(1, 1, 1, 1, 1, 1, dtype=torch.float16),
        "none": torch.empty(0),
        "none_inside": torch.empty(2, 0, 3, dtype=torch.int16),
    }
    write("shapes.safetensors", tensors)
    write("empty.safetensors", {})
    write("metadata-only.safetensors", {}, {"format": "pt", "note": "no tensors"})


def metadata():
    kohya = {
        "ss_network_module": "networks.lora",
        "ss_network_dim": "4",
        "ss_tag_frequency": '{"img": {"cat": 3, "dog": 1}}',
    }
    entries = {
        "format": "pt", "": "no key", "empty": "", "größe": "Ünïcödé 😀 行列", "html": "<img src=x onerror=alert(1)>",
        "long": "lorem ipsum " * 400, "lines": "first\nsecond\ttabbed", "__proto__": "x", **kohya,
    }  # fmt: skip
    write("metadata.safetensors", {"weight": torch.tensor([1.0])}, entries)


def names():
    """Names that a module tree may trip over."""
    strange = [
        "weight", "a", "a.b", "a.b.c", "a..b", ".lead", "trail.", ".", "", " ", "layers.10.weight", "layers.9.weight",
        "layers.9.bias", "LAYERS.9.weight", "größe.straße", "层.0.权重", "emoji.😀.weight", "double::colon",
        "<img src=x onerror=alert(1)>.weight", "path/like/name", "__proto__.weight", "constructor", "x" * 3000,
        ".".join("d" * 100), "tab\tline\nquote\"\\",
    ]  # fmt: skip
    write("names.safetensors", {name: torch.tensor([float(i)]) for i, name in enumerate(strange)})


def seeded(model):
    """Fills parameters and buffers by their names, so that they do not depend on torch's generators."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(noise(name, *tensor.shape, scale=0.02)))
    return model


def transformers_models():
    """State dicts of Hugging Face models with tiny dimensions, saved by their own code; one in several shards."""
    import transformers

    llama = transformers.LlamaForCausalLM(
        transformers.LlamaConfig(
            vocab_size=32,
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
    )
    bert = transformers.BertModel(
        transformers.BertConfig(
            vocab_size=32,
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=8,
        )
    )
    mixtral = transformers.MixtralForCausalLM(
        transformers.MixtralConfig(
            vocab_size=16, hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2,
            num_key_value_heads=1, num_local_experts=3,
        )
    )  # fmt: skip
    for name, model in (("llama", llama.to(torch.bfloat16)), ("bert", bert), ("mixtral", mixtral.half())):
        for file, data in saved(seeded(model)).items():
            save(f"safetensors/{file.replace('model', name)}", data)
    for file, data in saved(seeded(llama.float()), max_shard_size="12KB").items():
        save(f"safetensors/sharded/{file}", data)


def saved(model, **options):
    """The safetensors files that `save_pretrained` writes, by name."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, **options)
        files = sorted(path for path in Path(folder).iterdir() if "safetensors" in path.name)
        return {path.name: path.read_bytes() for path in files}


def quantized():
    """Names and types as quantising tools write them: GPTQ's packed integers, DeepSeek's scaled float8, a LoRA."""

    def integers(*shape):
        return torch.arange(int(np.prod(shape)), dtype=torch.int32).reshape(shape) * 0x01234567

    layer = "model.layers.0.self_attn.q_proj"
    gptq = {
        f"{layer}.qweight": integers(2, 16),
        f"{layer}.qzeros": integers(2, 2),
        f"{layer}.g_idx": torch.arange(16) // 8,
    }
    gptq[f"{layer}.scales"] = torch.from_numpy(noise("scales", 2, 16)).half()
    expert = "model.layers.0.mlp.experts.0.gate_proj"
    block = torch.from_numpy(noise("fp8", 8, 8)).to(torch.float8_e4m3fn)
    deepseek = {f"{expert}.weight": block, f"{expert}.weight_scale_inv": torch.tensor([[0.5]])}
    lora = "base_model.model.model.layers.0.self_attn.v_proj"
    adapter = {
        f"{lora}.lora_A.weight": torch.from_numpy(noise("lora_a", 2, 16)).bfloat16(),
        f"{lora}.lora_B.weight": torch.zeros(16, 2, dtype=torch.bfloat16),
    }
    write("quantized.safetensors", gptq | deepseek | adapter, {"format": "pt"})


def headers():
    """Legal headers that the library does not write: any order, any white space, escapes, no alignment."""
    one = np.float32(1).tobytes()
    spaced = (
        '{ "b" : {"shape":[1],"data_offsets":[ 0 , 4 ],\n\t"dtype":"F32"} , '
        '"a" : {"dtype":"U8","data_offsets":[4,5],"shape":[]},'
        ' "\\u00e9\\ud83d\\ude00\\n" : {"dtype":"F32","shape":[1],"data_offsets":[5,9]}, '
        '"__metadata__" : {"k":"\\u003cb\\u003e"} }'
    )
    files = {
        "header-free-form.safetensors": assemble(spaced, one + b"\x07" + one, padding=1),
        "header-padded.safetensors": assemble(
            '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}' + " " * 4000, one
        ),
    }
    for path, data in files.items():
        save(f"safetensors/{path}", data)
        EXPECTED[path] = {name: as_record(tensor) for name, tensor in load(path).items()}


def tensor(start, end, shape=(1,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def broken():
    """Files that the library refuses, each with one thing wrong."""
    two = bytes(8)
    good = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    files = {
        "too-short": b"\x10\0\0\0",
        "only-length": struct.pack("<Q", 16),
        "length-zero": struct.pack("<Q", 0) + b"{}",
        "length-beyond-file": struct.pack("<Q", 4000) + b'{"a":{}}',
        "length-huge": struct.pack("<Q", 1 << 63) + b'{"a":{"dtype":"F32"}}',
        "length-over-limit": struct.pack("<Q", 100_000_001) + b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        "not-json": assemble("{ not json at all }"),
        "json-cut": assemble(good[:-8], two),
        "json-array": assemble("[1, 2, 3]"),
        "json-trailing": assemble(good + "} {}", two),
        "json-deep": assemble('{"a":' + "[" * 10000 + "]" * 10000 + "}"),
        "not-utf8": assemble(b'{"\xff\xfe":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', two),
        "nul-in-header": assemble(good.encode() + b"\0}", two),
        "begins-with-space": assemble(" " + good + "}", two),
        "duplicate-keys": assemble(good + ',"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', two),
        "overlap": assemble({"a": tensor(0, 8, [2]), "b": tensor(4, 12, [2])}, bytes(12)),
        "hole": assemble({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12)),
        "late-start": assemble({"a": tensor(4, 8)}, two),
        "rest-unused": assemble({"a": tensor(0, 4)}, bytes(64)),
        "data-missing": assemble({"a": tensor(0, 4), "b": tensor(4, 4096, [1023])}, two),
        "data-cut": assemble({"a": tensor(0, 16, [4])}, bytes(15)),
        "offsets-reversed": assemble({"a": tensor(4, 0)}, two),
        "offsets-negative": assemble({"a": tensor(-4, 0)}, two),
        "offsets-float": assemble('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0.0,4.0]}}', two),
        "offsets-three": assemble('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', two),
        "offsets-overflow": assemble({"a": tensor(0, 2**64 - 1, [2**62])}, two),
        "size-mismatch": assemble({"a": tensor(0, 8, [3])}, two),
        "shape-overflow": assemble({"a": tensor(0, 8, [2**33, 2**33, 2**33])}, two),
        "shape-negative": assemble({"a": tensor(0, 8, [-2])}, two),
        "shape-missing": assemble('{"a":{"dtype":"F32","data_offsets":[0,4]}}', two),
        "unknown-dtype": assemble({"a": tensor(0, 8, [2], "F33")}, two),
        "dtype-number": assemble('{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}', two),
        "half-byte": assemble({"a": tensor(0, 2, [3], "F4")}, two),
        "metadata-not-text": assemble('{"__metadata__":{"epoch":3},' + good[1:] + "}", two),
        "metadata-null": assemble('{"__metadata__":null,' + good[1:] + "}", two),
        "metadata-list": assemble('{"__metadata__":["x"],' + good[1:] + "}", two),
        "tensor-null": assemble('{"a":null}', two),
    }
    for name, data in files.items():
        try:
            safetensors.deserialize(data)
            print(f"        the library accepts {name}")
        except Exception:  # pyo3's panics are no Exception subclasses of interest: any refusal will do
            pass
        save(f"bad/safetensors/{name}.safetensors", data)


if __name__ == "__main__":
    dtypes()
    shapes()
    metadata()
    names()
    quantized()
    headers()
    broken()
    transformers_models()
    save_json("safetensors/values.json", EXPECTED)
