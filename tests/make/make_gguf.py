"""GGUF files, written by the package gguf; their values as it dequantises them. What it does not write (versions 1 and 2, nested arrays, mistakes) is
written here by hand."""

import hashlib
import struct
import tempfile
from pathlib import Path

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFEndian, GGUFReader, GGUFValueType, GGUFWriter, quants
from gguf.scripts import gguf_convert_endian

from common import noise, record, save, save_json

FOLDER = "gguf"
Type = GGMLQuantizationType
VOCABULARY = 300

# ggml-common.h has had 16 bits for each of the two scales of this type for years; nothing writes it.
GGML_QUANT_SIZES[Type.Q8_1] = (32, 2 + 2 + 32)


def write(name, fill, split=None, **options):
    """Has `fill` fill a writer, and saves what it writes; gives the paths of the files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / Path(name).name
        writer = GGUFWriter(path, options.pop("arch", "llama"), split_max_tensors=split or 0, **options)
        fill(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        names = []
        for file in sorted(Path(folder).iterdir()):
            names.append(str(Path(name).parent / file.name))
            save(f"{FOLDER}/{names[-1]}", file.read_bytes())
    return names


def quantised(array, kind):
    return quants.quantize(array, kind), kind


def add(writer, name, array, kind=Type.F32):
    data, kind = (array, None) if kind == Type.F32 else quantised(array, kind)
    writer.add_tensor(name, data, raw_dtype=kind)


def tokenizer(writer):
    """A vocabulary that is longer than what is shown at once."""
    tokens = [b"<unk>", b"<s>", b"</s>", "über".encode(), b"\xe2\x96", *(f"token{i}".encode() for i in range(5, VOCABULARY))]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-0.5 * index for index in range(VOCABULARY)])
    writer.add_token_types([2, 3, 3] + [1] * (VOCABULARY - 3))
    writer.add_token_merges([f"t {index}" for index in range(20)])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    writer.add_chat_template("{% for message in messages %}\n<|{{ message.role }}|>{{ message.content }}{% endfor %}")


def llama(writer):
    """A small decoder with grouped queries, by the names of llama.cpp."""
    width, hidden, heads, shared, layers = 32, 64, 4, 2, 3
    writer.add_name("Tiny Llama")
    writer.add_author("somebody")
    writer.add_file_type(7)
    writer.add_context_length(128)
    writer.add_embedding_length(width)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(shared)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    tokenizer(writer)
    add(writer, "token_embd.weight", noise("embedding", VOCABULARY, width), Type.Q8_0)
    for layer in range(layers):
        sizes = {
            "attn_q": (width, width),
            "attn_k": (width // heads * shared, width),
            "attn_v": (width // heads * shared, width),
            "attn_output": (width, width),
            "ffn_gate": (hidden, width),
            "ffn_up": (hidden, width),
            "ffn_down": (width, hidden),
        }
        add(writer, f"blk.{layer}.attn_norm.weight", noise(f"{layer} norm", width))
        for part, size in sizes.items():
            kind = Type.Q5_1 if part == "attn_v" else Type.Q4_0
            add(writer, f"blk.{layer}.{part}.weight", noise(f"{layer} {part}", *size), kind)
        add(writer, f"blk.{layer}.ffn_norm.weight", noise(f"{layer} second norm", width))
    add(writer, "output_norm.weight", noise("output norm", width))


def mixture(writer):
    """What else there is in blocks: experts, states, convolutions."""
    width, experts = 32, 4
    writer.add_custom_alignment(64)
    writer.add_expert_count(experts)
    add(writer, "token_embd.weight", noise("embedding", 40, width))
    for part, size in {
        "ffn_gate_inp": (experts, width),
        "ffn_gate_exps": (experts, 24, width),
        "ffn_up_exps": (experts, 24, width),
        "ffn_down_exps": (experts, width, 24),
        "ssm_conv1d": (48, 4),
        "attn_q_norm": (16,),
    }.items():
        add(writer, f"blk.0.{part}.weight", noise(part, *size))
    writer.add_tensor("blk.0.ssm_conv1d.bias", noise("bias", 48))
    writer.add_tensor("v.patch_embd.weight", noise("patch", 8, 3, 4, 4).astype(np.float16))


# The types that the package cannot dequantise, as ggml-quants.c has them.
def plain_q1_0(data):
    blocks = data.reshape(-1, 18)
    signs = np.unpackbits(blocks[:, 2:], axis=1, bitorder="little").astype(np.float32) * 2 - 1
    return blocks[:, :2].copy().view(np.float16).astype(np.float32) * signs


def plain_q8_1(data):
    blocks = data.reshape(-1, 36)
    return blocks[:, :2].copy().view(np.float16).astype(np.float32) * blocks[:, 4:].view(np.int8)


def plain_q8_k(data):
    blocks = data.reshape(-1, 292)
    return blocks[:, :4].copy().view(np.float32) * blocks[:, 4:260].view(np.int8)


PLAIN = {Type.Q1_0: plain_q1_0, Type.Q8_1: plain_q8_1, Type.Q8_K: plain_q8_k}


def dequantise(data, kind):
    """What `data` holds, as float32."""
    return PLAIN[kind](data) if kind in PLAIN else quants.dequantize(data, kind)


def random(kind, blocks):
    """Rows of one block of random bits, whose scales are finite."""
    size = GGML_QUANT_SIZES[kind][1]
    rows, attempt = [], 0
    while len(rows) < blocks:
        digest = hashlib.shake_256(f"{kind.name} {attempt}".encode()).digest(size)
        row = np.frombuffer(digest, dtype=np.uint8).reshape(1, size)
        attempt += 1
        with np.errstate(all="ignore"):
            finite = np.isfinite(dequantise(row.copy(), kind)).all()
        if finite:
            rows.append(row)
    return np.concatenate(rows)


def as_record(data, kind):
    elements, _ = GGML_QUANT_SIZES[kind]
    held = record(dequantise(data, kind).reshape(data.shape[0], elements))
    return {**held, "dtype": kind.name}


def types():
    """A tensor of each type: two blocks of random bits each, so that every bit counts."""
    whole = {
        "F32": noise("f32", 2, 3),
        "F16": noise("f16", 2, 3).astype(np.float16),
        "F64": noise("f64", 2, 3).astype(np.float64),
        "I8": np.array([-128, 0, 127], dtype=np.int8),
        "I16": np.array([-32768, 0, 32767], dtype=np.int16),
        "I32": np.array([[-(2**31)], [2**31 - 1]], dtype=np.int32),
        "I64": np.array([-(2**63), 2**63 - 1], dtype=np.int64),
    }
    values = {name: record(array) for name, array in whole.items()}
    half = noise("bf16", 2, 4)
    data = quants.quantize(half, Type.BF16)
    values["BF16"] = {**record(quants.dequantize(data, Type.BF16)), "dtype": "bfloat16"}
    kinds = [kind for kind in Type if GGML_QUANT_SIZES[kind][0] > 1]
    blocks = {kind: random(kind, 2) for kind in kinds}
    values |= {kind.name: as_record(rows, kind) for kind, rows in blocks.items()}

    def fill(writer):
        for name, array in whole.items():
            writer.add_tensor(name, array)
        writer.add_tensor("BF16", data, raw_dtype=Type.BF16)
        for kind, rows in blocks.items():
            writer.add_tensor(kind.name, rows, raw_dtype=kind)

    write("types.gguf", fill)
    return {"types.gguf": values}


def big():
    """In the order of bytes of large machines: blocks are turned by the package's own rules."""
    values, turned = {}, {}
    for kind, turn in gguf_convert_endian.byteswap_tensors.items():
        rows = random(kind, 2)
        values[kind.name] = as_record(rows, kind)
        for row in rows:
            tensor = type("Tensor", (), {"data": row})
            turn(tensor, 0)
        turned[kind] = rows
    plain = {
        "F32": noise("f32", 2, 3),
        "F16": noise("f16", 2, 3).astype(np.float16),
        "I32": np.array([-5, 70000], dtype=np.int32),
    }
    values |= {name: record(array) for name, array in plain.items()}

    def fill(writer):
        tokenizer(writer)
        for name, array in plain.items():
            writer.add_tensor(name, array)
        for kind, rows in turned.items():
            writer.add_tensor(kind.name, rows, raw_dtype=kind, tensor_endianess=GGUFEndian.BIG)
        writer.add_tensor("Q2_K", random(Type.Q2_K, 1), raw_dtype=Type.Q2_K, tensor_endianess=GGUFEndian.BIG)

    write("big-endian.gguf", fill, endianess=GGUFEndian.BIG)
    return {"big-endian.gguf": values}


def metadata(writer):
    """A value of each type, and arrays of each, short and long."""
    values = {
        GGUFValueType.UINT8: [0, 255],
        GGUFValueType.INT8: [-128, 127],
        GGUFValueType.UINT16: [0, 65535],
        GGUFValueType.INT16: [-32768, 32767],
        GGUFValueType.UINT32: [0, 2**32 - 1],
        GGUFValueType.INT32: [-(2**31), 2**31 - 1],
        GGUFValueType.FLOAT32: [-0.1, 1e30],
        GGUFValueType.BOOL: [True, False],
        GGUFValueType.STRING: ["", "Übermut\nand a line"],
        GGUFValueType.UINT64: [0, 2**64 - 1],
        GGUFValueType.INT64: [-(2**63), 2**63 - 1],
        GGUFValueType.FLOAT64: [-0.1, 1e300],
    }
    for kind, items in values.items():
        name = kind.name.lower()
        for number, item in enumerate(items):
            writer.add_key_value(f"one.{name}.{number}", item, kind)
        writer.add_key_value(f"few.{name}", items, GGUFValueType.ARRAY, sub_type=kind)
        writer.add_key_value(f"many.{name}", items * 10, GGUFValueType.ARRAY, sub_type=kind)
    writer.add_key_value("long", "text " * 200, GGUFValueType.STRING)


class Hand:
    """A file written by hand, in the layout of any version."""

    def __init__(self, version=3, order="<"):
        self.order, self.version = order, version
        self.wide = "I" if version == 1 else "Q"
        self.entries, self.tensors, self.data = [], [], b""

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def text(self, text):
        text = text if isinstance(text, bytes) else text.encode()
        return self.pack(self.wide, len(text)) + text

    def entry(self, key, kind, content):
        self.entries.append(self.text(key) + self.pack("I", kind) + content)

    def array(self, kind, items):
        return self.pack("I" + self.wide, kind, len(items)) + b"".join(items)

    def tensor(self, name, shape, kind, data=b"", offset=None):
        offset = len(self.data) if offset is None else offset
        dims = self.pack("I" + self.wide * len(shape), len(shape), *reversed(shape))
        self.tensors.append(self.text(name) + dims + self.pack("IQ", kind, offset))
        self.data += data + bytes(-len(data) % 32)

    def bytes(self):
        counts = self.pack("I" + self.wide * 2, self.version, len(self.tensors), len(self.entries))
        head = b"GGUF" + counts + b"".join(self.entries) + b"".join(self.tensors)
        return head + bytes(-len(head) % 32) + self.data


def versions():
    values = {}
    for version in [1, 2]:
        hand = Hand(version)
        hand.entry("general.architecture", 8, hand.text("llama"))
        hand.entry("llama.block_count", 4, hand.pack("I", 1))
        hand.entry("tokenizer.ggml.tokens", 9, hand.array(8, [hand.text(f"token{index}") for index in range(280)]))
        weight, norm = noise("old", 2, 32), noise("old norm", 32)
        packed = quants.quantize(weight, Type.Q4_1)
        hand.tensor("blk.0.attn_q.weight", weight.shape, Type.Q4_1, packed.tobytes())
        hand.tensor("blk.0.attn_norm.weight", norm.shape, Type.F32, norm.tobytes())
        save(f"{FOLDER}/version{version}.gguf", hand.bytes())
        values[f"version{version}.gguf"] = {
            "blk.0.attn_q.weight": {**record(quants.dequantize(packed, Type.Q4_1)), "dtype": "Q4_1"},
            "blk.0.attn_norm.weight": record(norm),
        }
    # So that this writer is known to write what the package reads.
    with tempfile.NamedTemporaryFile(suffix=".gguf") as file:
        file.write(hand.bytes())
        file.flush()
        read = GGUFReader(file.name)
        assert [tensor.name for tensor in read.tensors] == list(values["version2.gguf"])
        assert np.array_equal(read.tensors[0].data, packed)
    return values


def odd():
    """What the reference reader refuses, and arrays in arrays, which it flattens."""
    hand = Hand()
    hand.entry("general.alignment", 4, hand.pack("I", 24))
    hand.entry("twice", 0, b"\1")
    hand.entry("twice", 0, b"\2")
    pairs = [hand.array(4, [hand.pack("I", index), hand.pack("I", index * index)]) for index in range(3)]
    hand.entry("pairs", 9, hand.array(9, pairs))
    deep = hand.array(8, [hand.text("a"), hand.text("b")])
    for _ in range(3):
        deep = hand.array(9, [deep, hand.array(8, [])])
    hand.entry("deep", 9, deep)
    long = [hand.array(0, [bytes([index])] * 30) for index in range(10)]
    hand.entry("long", 9, hand.array(9, long))
    hand.tensor("good.weight", (2, 4), 0, noise("good", 2, 4).tobytes())
    hand.tensor("good.weight", (2,), 0, bytes(8))
    hand.tensor("shared.weight", (4, 4), 0, offset=32)
    hand.tensor("uneven.weight", (2, 33), 8, bytes(102))
    hand.tensor("gone.weight", (32,), 36, bytes(18))
    hand.tensor("strange.weight", (32,), 99, bytes(18))
    hand.tensor("deep.weight", (1, 1, 1, 1, 2), 0, bytes(8))
    hand.tensor("huge.weight", (2**40, 2**40), 0)
    hand.tensor("far.weight", (2,), 0, offset=2**64 - 8)
    hand.tensor("cut.weight", (1000,), 0)
    hand.tensor("behind.weight", (4,), 0, offset=1 << 20)
    save(f"bad/{FOLDER}/odd.gguf", hand.bytes())
    hand = Hand()
    hand.entry("general.architecture", 8, hand.text("llama"))
    hand.entry("strange", 13, b"")
    save(f"bad/{FOLDER}/strange-value.gguf", hand.bytes())
    save(f"bad/{FOLDER}/version4.gguf", Hand(4).bytes())
    hand = Hand()
    hand.entry("many", 9, hand.pack("IQ", 8, 2**60))
    save(f"bad/{FOLDER}/endless-array.gguf", hand.bytes())


def legacy():
    """How files began before GGUF: magic, version, and sizes."""
    sizes = struct.pack("<7I", 32000, 4096, 256, 32, 32, 128, 2)
    for name, magic in {"ggml.bin": b"lmgg", "ggmf.bin": b"fmgg", "ggjt.bin": b"tjgg", "adapter.bin": b"algg"}.items():
        save(f"none/{name}", magic + (b"" if name == "ggml.bin" else struct.pack("<I", 1)) + sizes)


def main():
    write("llama.gguf", llama)
    write("mixture.gguf", mixture, arch="mamba")
    write("metadata.gguf", metadata)
    write("vocabulary.gguf", tokenizer)
    write("split/small.gguf", llama, split=12, small_first_shard=True)
    save_json(f"{FOLDER}/values.json", types() | big() | versions())
    odd()
    legacy()


if __name__ == "__main__":
    main()
