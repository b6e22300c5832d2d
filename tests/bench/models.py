#!/usr/bin/env python3
"""Writes the models that the bench opens: deterministic, of the sizes and shapes that matter.

usage: models.py FOLDER [NAME ...]      (no NAME: all; --list shows the names)

Node counts are of the nodes that a viewer draws. ONNX Constant nodes are not counted, since viewers fold them into their consumer.
The weights are tiny but real, except in the files that are about size.
"""
import json
import os
import shutil
import struct
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HIDDEN, HEADS, HEAD_DIM, FFN = 16, 2, 8, 32


class Builder:
    """Collects nodes; `constants` are Constant nodes, the way the TorchScript exporter writes them."""

    def __init__(self, seed=0):
        self.nodes, self.inits, self.drawn = [], [], 0
        self.rng = np.random.Generator(np.random.PCG64(seed))

    def op(self, name, op_type, inputs, outputs=None, **attributes):
        outputs = outputs or [f"{name}_output_0"]
        self.nodes.append(helper.make_node(op_type, inputs, outputs, name=name, **attributes))
        self.drawn += 1
        return outputs[0] if len(outputs) == 1 else outputs

    def constant(self, name, array):
        tensor = numpy_helper.from_array(np.asarray(array))
        self.nodes.append(helper.make_node("Constant", [], [f"{name}_output_0"], name=name, value=tensor))
        return f"{name}_output_0"

    def weight(self, name, *shape):
        array = self.rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
        self.inits.append(numpy_helper.from_array(array, name))
        return name

    def save(self, path, name, inputs, outputs):
        graph = helper.make_graph(self.nodes, name, inputs, outputs, self.inits)
        model = helper.make_model(graph, producer_name="synthetic", producer_version="1.0",
                                  opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        with open(path, "wb") as file:
            file.write(model.SerializeToString(deterministic=True))


def f32(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def i64(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.INT64, shape)


def rms_norm(b, scope, x, hidden=HIDDEN):
    x32 = b.op(f"{scope}/Cast", "Cast", [x], to=TensorProto.FLOAT)
    two = b.constant(f"{scope}/Constant", np.float32(2))
    p = b.op(f"{scope}/Pow", "Pow", [x32, two])
    m = b.op(f"{scope}/ReduceMean", "ReduceMean", [p], axes=[-1], keepdims=1)
    eps = b.constant(f"{scope}/Constant_1", np.float32(1e-5))
    a = b.op(f"{scope}/Add", "Add", [m, eps])
    s = b.op(f"{scope}/Sqrt", "Sqrt", [a])
    one = b.constant(f"{scope}/Constant_2", np.float32(1))
    d = b.op(f"{scope}/Div", "Div", [one, s])
    n = b.op(f"{scope}/Mul", "Mul", [x32, d])
    c = b.op(f"{scope}/Cast_1", "Cast", [n], to=TensorProto.FLOAT)
    return b.op(f"{scope}/Mul_1", "Mul", [b.weight(scope.strip("/").replace("/", ".") + ".weight", hidden), c])


def rotary(b, scope, suffix, x, cos, sin, half):
    def ints(name, *v):
        return b.constant(f"{scope}/{name}{suffix}", np.array(v, dtype=np.int64))
    left = b.op(f"{scope}/Slice{suffix}", "Slice", [x, ints("Constant_a", 0), ints("Constant_b", half), ints("Constant_c", 3)])
    right = b.op(f"{scope}/Slice_r{suffix}", "Slice", [x, ints("Constant_d", half), ints("Constant_e", 2 ** 63 - 1), ints("Constant_f", 3)])
    neg = b.op(f"{scope}/Neg{suffix}", "Neg", [right])
    rot = b.op(f"{scope}/Concat{suffix}", "Concat", [neg, left], axis=-1)
    m1 = b.op(f"{scope}/Mul{suffix}", "Mul", [x, cos])
    m2 = b.op(f"{scope}/Mul_r{suffix}", "Mul", [rot, sin])
    return b.op(f"{scope}/Add{suffix}", "Add", [m1, m2])


def rope_tables(b, scope, position_ids):
    """cos and sin from the positions: 10 drawn nodes."""
    inv = b.weight(scope.strip("/").replace("/", ".") + ".inv_freq", 1, HEAD_DIM // 2, 1)
    pos = b.op(f"{scope}/Unsqueeze", "Unsqueeze", [position_ids, b.constant(f"{scope}/Constant", np.array([1], dtype=np.int64))])
    pos = b.op(f"{scope}/Cast", "Cast", [pos], to=TensorProto.FLOAT)
    freq = b.op(f"{scope}/MatMul", "MatMul", [inv, pos])
    freq = b.op(f"{scope}/Transpose", "Transpose", [freq], perm=[0, 2, 1])
    emb = b.op(f"{scope}/Concat", "Concat", [freq, freq], axis=-1)
    out = []
    for fn in ("Cos", "Sin"):
        v = b.op(f"{scope}/{fn}", fn, [emb])
        out.append(b.op(f"{scope}/{fn}_Unsqueeze", "Unsqueeze", [v, b.constant(f"{scope}/Constant_{fn}", np.array([1], dtype=np.int64))]))
    return out


def causal_mask(b, scope, attention_mask):
    """additive mask: 6 drawn nodes."""
    axes = b.constant(f"{scope}/Constant", np.array([1, 2], dtype=np.int64))
    m = b.op(f"{scope}/Unsqueeze_mask", "Unsqueeze", [attention_mask, axes])
    m = b.op(f"{scope}/Cast_mask", "Cast", [m], to=TensorProto.FLOAT)
    m = b.op(f"{scope}/Sub_mask", "Sub", [b.constant(f"{scope}/Constant_1", np.float32(1)), m])
    m = b.op(f"{scope}/Cast_mask_1", "Cast", [m], to=TensorProto.BOOL)
    low = b.constant(f"{scope}/Constant_2", np.float32(-3.4e38))
    zero = b.constant(f"{scope}/Constant_3", np.float32(0))
    m = b.op(f"{scope}/Where_mask", "Where", [m, low, zero])
    return b.op(f"{scope}/Identity_mask", "Identity", [m])


def decoder_layer(b, i, x, cos, sin, mask):
    scope = f"/model/layers.{i}"
    w = f"model.layers.{i}"
    h = rms_norm(b, f"{scope}/input_layernorm", x)
    attn = f"{scope}/self_attn"
    heads = {}
    for letter in "qkv":
        p = b.op(f"{attn}/{letter}_proj/MatMul", "MatMul", [h, b.weight(f"{w}.self_attn.{letter}_proj.weight", HIDDEN, HIDDEN)])
        shape = b.constant(f"{attn}/Constant_{letter}", np.array([0, 0, HEADS, HEAD_DIM], dtype=np.int64))
        p = b.op(f"{attn}/Reshape_{letter}", "Reshape", [p, shape])
        heads[letter] = b.op(f"{attn}/Transpose_{letter}", "Transpose", [p], perm=[0, 2, 1, 3])
    q = rotary(b, attn, "_q", heads["q"], cos, sin, HEAD_DIM // 2)
    k = rotary(b, attn, "_k", heads["k"], cos, sin, HEAD_DIM // 2)
    v = heads["v"]
    k = b.op(f"{attn}/Concat_past_k", "Concat", [f"past_key_values.{i}.key", k], [f"present.{i}.key"], axis=2)
    v = b.op(f"{attn}/Concat_past_v", "Concat", [f"past_key_values.{i}.value", v], [f"present.{i}.value"], axis=2)
    rep = {}
    for letter, value in (("k", k), ("v", v)):      # grouped-query repeat
        u = b.op(f"{attn}/Unsqueeze_{letter}", "Unsqueeze", [value, b.constant(f"{attn}/Constant_u{letter}", np.array([2], dtype=np.int64))])
        e = b.op(f"{attn}/Expand_{letter}", "Expand", [u, b.constant(f"{attn}/Constant_x{letter}", np.array([1, 1, 1, 1, 1], dtype=np.int64))])
        rep[letter] = b.op(f"{attn}/Reshape_r{letter}", "Reshape", [e, b.constant(f"{attn}/Constant_s{letter}", np.array([0, HEADS, -1, HEAD_DIM], dtype=np.int64))])
    kt = b.op(f"{attn}/Transpose_kt", "Transpose", [rep["k"]], perm=[0, 1, 3, 2])
    s = b.op(f"{attn}/MatMul", "MatMul", [q, kt])
    s = b.op(f"{attn}/Mul_scale", "Mul", [s, b.constant(f"{attn}/Constant_scale", np.float32(HEAD_DIM ** -0.5))])
    s = b.op(f"{attn}/Add_mask", "Add", [s, mask])
    s = b.op(f"{attn}/Softmax", "Softmax", [s], axis=-1)
    o = b.op(f"{attn}/MatMul_1", "MatMul", [s, rep["v"]])
    o = b.op(f"{attn}/Transpose_o", "Transpose", [o], perm=[0, 2, 1, 3])
    o = b.op(f"{attn}/Reshape_o", "Reshape", [o, b.constant(f"{attn}/Constant_o", np.array([0, 0, HIDDEN], dtype=np.int64))])
    o = b.op(f"{attn}/o_proj/MatMul", "MatMul", [o, b.weight(f"{w}.self_attn.o_proj.weight", HIDDEN, HIDDEN)])
    x = b.op(f"{scope}/Add", "Add", [x, o])
    h = rms_norm(b, f"{scope}/post_attention_layernorm", x)
    mlp = f"{scope}/mlp"
    g = b.op(f"{mlp}/gate_proj/MatMul", "MatMul", [h, b.weight(f"{w}.mlp.gate_proj.weight", HIDDEN, FFN)])
    a = b.op(f"{mlp}/act_fn/Sigmoid", "Sigmoid", [g])
    a = b.op(f"{mlp}/act_fn/Mul", "Mul", [g, a])
    u = b.op(f"{mlp}/up_proj/MatMul", "MatMul", [h, b.weight(f"{w}.mlp.up_proj.weight", HIDDEN, FFN)])
    m = b.op(f"{mlp}/Mul", "Mul", [a, u])
    d = b.op(f"{mlp}/down_proj/MatMul", "MatMul", [m, b.weight(f"{w}.mlp.down_proj.weight", FFN, HIDDEN)])
    return b.op(f"{scope}/Add_1", "Add", [x, d])


def llm(path, layers, shared):
    """A decoder. shared: one rotary table and one mask feed every layer (what current exporters
    write: three values, each with an edge into every layer). Not shared: each layer computes its own
    from a per-layer constant, so that all edges are short."""
    b = Builder(seed=layers)
    inputs = [i64("input_ids", ["batch", "sequence"]), i64("attention_mask", ["batch", "total_sequence"]), i64("position_ids", ["batch", "sequence"])]
    outputs = [f32("logits", ["batch", "sequence", 64])]
    x = b.op("/model/embed_tokens/Gather", "Gather", [b.weight("model.embed_tokens.weight", 64, HIDDEN), "input_ids"])
    if shared:
        cos, sin = rope_tables(b, "/model/rotary_emb", "position_ids")
        mask = causal_mask(b, "/model", "attention_mask")
    for i in range(layers):
        for part in ("key", "value"):
            inputs.append(f32(f"past_key_values.{i}.{part}", ["batch", HEADS, "past", HEAD_DIM]))
            outputs.append(f32(f"present.{i}.{part}", ["batch", HEADS, "total_sequence", HEAD_DIM]))
        if not shared:
            scope = f"/model/layers.{i}/self_attn/rotary_emb"
            cos, sin = rope_tables(b, scope, b.constant(f"{scope}/Constant_pos", np.zeros((1, 1), dtype=np.int64)))
            mask = b.constant(f"/model/layers.{i}/self_attn/Constant_mask", np.zeros((1, 1, 1, 1), dtype=np.float32))
        x = decoder_layer(b, i, x, cos, sin, mask)
    x = rms_norm(b, "/model/norm", x)
    b.op("/lm_head/MatMul", "MatMul", [x, b.weight("lm_head.weight", HIDDEN, 64)], ["logits"])
    if not shared:
        inputs = [v for v in inputs if v.name not in ("attention_mask", "position_ids")]
    b.save(path, "main_graph", inputs, outputs)
    return b.drawn


def layers_for(nodes, shared):
    """the number of layers that comes nearest to `nodes` drawn nodes"""
    counts = []
    for n in (1, 2):
        b = Builder()
        cos, sin, mask = "c", "s", "m"
        for i in range(n):
            if not shared:
                cos, sin = rope_tables(b, f"/l{i}", "p")
            decoder_layer(b, i, "x", cos, sin, mask)
        counts.append(b.drawn)
    return max(1, round((nodes - 30) / (counts[1] - counts[0])))


def wide(path, target):
    """Inception modules (9 branches) and DenseNet blocks (each layer concatenates every earlier one)."""
    b = Builder(seed=target)
    channels = 8

    def conv(scope, x, k=1):
        y = b.op(f"{scope}/conv/Conv", "Conv", [x, b.weight(scope.strip("/").replace("/", ".") + ".conv.weight", channels, channels, k, k)],
                 kernel_shape=[k, k], pads=[k // 2] * 4, strides=[1, 1], dilations=[1, 1], group=1)
        prefix = scope.strip("/").replace("/", ".") + ".bn"
        y = b.op(f"{scope}/bn/BatchNormalization", "BatchNormalization",
                 [y] + [b.weight(f"{prefix}.{n}", channels) for n in ("weight", "bias", "running_mean", "running_var")], epsilon=1e-5)
        return b.op(f"{scope}/relu/Relu", "Relu", [y])

    x = conv("/stem", "input", 3)
    stage = 0
    history = [x]
    while b.drawn < target:
        scope = f"/stages.{stage}"
        # inception module: branches of depth 1 to 4
        branches = []
        for j in range(9):
            y = x
            if j == 8:
                y = b.op(f"{scope}/inception/branch{j}/pool/AveragePool", "AveragePool", [y], kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1])
            for depth in range(1 + j % 4):
                y = conv(f"{scope}/inception/branch{j}/{depth}", y, 1 + 2 * (depth % 2))
            branches.append(y)
        x = b.op(f"{scope}/inception/Concat", "Concat", branches, axis=1)
        x = conv(f"{scope}/inception/project", x)
        # dense block: layer n takes everything before it
        features = [x]
        for j in range(16):
            cat = features[0] if j == 0 else b.op(f"{scope}/dense/layer{j}/Concat", "Concat", list(features), axis=1)
            y = conv(f"{scope}/dense/layer{j}/bottleneck", cat)
            features.append(conv(f"{scope}/dense/layer{j}/grow", y, 3))
        x = b.op(f"{scope}/dense/Concat", "Concat", features, axis=1)
        x = conv(f"{scope}/transition", x)
        # long skips: every earlier stage's output is added in (the last four)
        for n, skip in enumerate(history[-4:]):
            x = b.op(f"{scope}/skip{n}/Add", "Add", [x, skip])
        history.append(x)
        stage += 1
    b.op("/head/GlobalAveragePool", "GlobalAveragePool", [x], ["output"])
    b.save(path, "wide", [f32("input", ["N", channels, 32, 32])], [f32("output", ["N", channels, 1, 1])])
    return b.drawn


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def big_graph(layers, hidden, ffn):
    """A decoder without heads: the builder, and the names and shapes of its MatMul weights (not yet added)."""
    b = Builder()
    x = "x"
    weights = []

    def matmul(name, x, rows, cols):
        weights.append((name.strip("/").replace("/", ".") + ".weight", (rows, cols)))
        return b.op(f"{name}/MatMul", "MatMul", [x, weights[-1][0]])

    for i in range(layers):
        scope = f"/model/layers.{i}"
        h = rms_norm(b, f"{scope}/input_layernorm", x, hidden)
        q, k, v = (matmul(f"{scope}/self_attn/{n}_proj", h, hidden, hidden) for n in "qkv")
        kt = b.op(f"{scope}/self_attn/Transpose", "Transpose", [k], perm=[0, 2, 1])
        s = b.op(f"{scope}/self_attn/MatMul", "MatMul", [q, kt])
        s = b.op(f"{scope}/self_attn/Softmax", "Softmax", [s], axis=-1)
        o = b.op(f"{scope}/self_attn/MatMul_1", "MatMul", [s, v])
        x = b.op(f"{scope}/Add", "Add", [x, matmul(f"{scope}/self_attn/o_proj", o, hidden, hidden)])
        h = rms_norm(b, f"{scope}/post_attention_layernorm", x, hidden)
        g = matmul(f"{scope}/mlp/gate_proj", h, hidden, ffn)
        a = b.op(f"{scope}/mlp/act_fn/Mul", "Mul", [g, b.op(f"{scope}/mlp/act_fn/Sigmoid", "Sigmoid", [g])])
        m = b.op(f"{scope}/mlp/Mul", "Mul", [a, matmul(f"{scope}/mlp/up_proj", h, hidden, ffn)])
        x = b.op(f"{scope}/Add_1", "Add", [x, matmul(f"{scope}/mlp/down_proj", m, ffn, hidden)])
    b.op("/head/Identity", "Identity", [x], ["y"])
    return b, weights


def big_onnx(path):
    """24 decoder layers whose MatMul weights are real random float32 raw_data: ~1.9 GB in one file.
    Written by hand in a stream: the protobuf library would need several copies of it in memory."""
    hidden = 1280
    b, weights = big_graph(24, hidden, 3456)
    shape = ["batch", "sequence", hidden]
    graph = helper.make_graph(b.nodes, "main_graph", [f32("x", shape)], [f32("y", shape)], b.inits)
    model = helper.make_model(helper.make_graph([], "", [], []), producer_name="synthetic", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    model.ClearField("graph")
    body = graph.SerializeToString(deterministic=True)

    def head(name, dims):
        tensor = TensorProto(name=name, dims=dims, data_type=TensorProto.FLOAT)
        size = 4 * dims[0] * dims[1]
        h = tensor.SerializeToString(deterministic=True) + b"\x4a" + varint(size)      # field 9, raw_data
        return b"\x2a" + varint(len(h) + size) + h, size                               # field 5, initializer

    heads = [head(name, dims) for name, dims in weights]
    length = len(body) + sum(len(h) + size for h, size in heads)
    rng = np.random.Generator(np.random.PCG64(1900))
    with open(path, "wb") as file:
        file.write(model.SerializeToString(deterministic=True))
        file.write(b"\x3a" + varint(length) + body)                                     # field 7, graph
        for h, size in heads:
            file.write(h)
            file.write((rng.standard_normal(size // 4, dtype=np.float32) * np.float32(0.02)).tobytes())
    return b.drawn


def big_safetensors(path):
    """~5 GB, 1001 tensors, bfloat16. Only the header is written; the rest is a hole (zeros)."""
    layers, hidden, ffn = 111, 1536, 2816
    tensors = [("model.embed_tokens.weight", [8192, hidden])]
    for i in range(layers):
        p = f"model.layers.{i}"
        tensors += [(f"{p}.input_layernorm.weight", [hidden]), (f"{p}.post_attention_layernorm.weight", [hidden])]
        tensors += [(f"{p}.self_attn.{n}_proj.weight", [hidden, hidden]) for n in "qkvo"]
        tensors += [(f"{p}.mlp.{n}_proj.weight", [ffn, hidden] if n != "down" else [hidden, ffn]) for n in ("gate", "up", "down")]
    tensors += [("model.norm.weight", [hidden])]
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in tensors:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    data = json.dumps(header, separators=(",", ":")).encode()
    data += b" " * (-len(data) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.truncate(8 + len(data) + offset)
    return len(tensors)


def values(path):
    """Ten thousand by ten thousand random numbers, as float32 and as float16."""
    numbers = np.random.Generator(np.random.PCG64(7)).standard_normal((10_000, 10_000), dtype=np.float32)
    header, offset = {}, 0
    for name, dtype, size in [("float32", "F32", 4), ("float16", "F16", 2)]:
        header[name] = {"dtype": dtype, "shape": numbers.shape, "data_offsets": [offset, offset + size * numbers.size]}
        offset += size * numbers.size
    data = json.dumps(header, separators=(",", ":")).encode()
    data += b" " * (-len(data) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.write(numbers.tobytes())
        file.write(numbers.astype(np.float16).tobytes())
    return 2


def one_tensor(path):
    """One tensor of a GiB; its values are a hole in the file."""
    size = 2**30
    data = json.dumps({"float32": {"dtype": "F32", "shape": [2**14, 2**14], "data_offsets": [0, size]}}).encode()
    data += b" " * (-len(data) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(data)) + data)
        file.truncate(8 + len(data) + size)
    return 1


def varint(number):
    """A number as protobuf and tables write it."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def masked_crc32c(data):
    """The checksum of tables: CRC-32C, turned and moved."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 & -(crc & 1))
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", (crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF)


def block(entries):
    """A block of a table, with no key in terms of the one before; what kind it is, and its checksum."""
    data = b"".join(b"\0" + varint(len(key)) + varint(len(value)) + key + value for key, value in entries)
    data += struct.pack("<II", 0, 1) + b"\0"
    return data + masked_crc32c(data)


def big_checkpoint(path):
    """~3 GB, 200 tensors, float32: a checkpoint of TensorFlow. Its index is written, and beside it a file of values that is a hole."""
    size, layers, offset = 2816, 100, 0
    entries = [(b"", b"\x08\x01\x1a\x02\x08\x01")]
    for layer in range(layers):
        for name, shape in (("bias", [size]), ("kernel", [size, size])):
            dims = b"".join(b"\x12" + varint(len(dim)) + dim for dim in (b"\x08" + varint(n) for n in shape))
            length = 4 * int(np.prod(shape))
            value = b"\x08\x01\x12" + varint(len(dims)) + dims + b"\x20" + varint(offset) + b"\x28" + varint(length)
            entries.append((f"layer_{layer:03}/{name}".encode(), value))
            offset += length
    handle = lambda at, data: varint(at) + varint(len(data) - 5)
    data, empty = block(entries), block([])
    index = block([(entries[-1][0], handle(0, data))])
    footer = handle(len(data), empty) + handle(len(data) + len(empty), index)
    with open(path, "wb") as file:
        file.write(data + empty + index + footer.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57))
    with open(path.removesuffix(".part").removesuffix(".index") + ".data-00000-of-00001", "wb") as file:
        file.truncate(offset)
    return 2 * layers


def resnet50(path):
    """ResNet-50 as the onnx package ships it for its tests: the true graph, with weights that are computed."""
    shutil.copyfile(os.path.join(os.path.dirname(onnx.__file__), "backend/test/data/light/light_resnet50.onnx"), path)
    return len(onnx.load(path).graph.node)


MODELS = {
    "resnet50.onnx": resnet50,
    "llm-1k.onnx": lambda path: llm(path, layers_for(1000, True), True),
    "llm-local-5k.onnx": lambda path: llm(path, layers_for(5000, False), False),
    "llm-local-10k.onnx": lambda path: llm(path, layers_for(10_000, False), False),
    "llm-100k.onnx": lambda path: llm(path, layers_for(100_000, True), True),
    "wide-1k.onnx": lambda path: wide(path, 900),
    "wide-5k.onnx": lambda path: wide(path, 4900),
    "weights-1.9gb.onnx": big_onnx,
    "sparse-5gb.safetensors": big_safetensors,
    "values-600mb.safetensors": values,
    "sparse-1gb.safetensors": one_tensor,
    "sparse-3gb.index": big_checkpoint,
}


def main():
    args = sys.argv[1:]
    if args == ["--list"]:
        print("\n".join(MODELS))
        return
    if not args or args[0].startswith("-"):
        sys.exit(__doc__)
    folder, names = args[0], args[1:] or list(MODELS)
    os.makedirs(folder, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name)
        # Under another name until it is whole, so that a run that was stopped leaves nothing that looks finished.
        count = MODELS[name](path + ".part")
        os.replace(path + ".part", path)
        print(f"{name}: {count} nodes or tensors, {os.path.getsize(path)} bytes", flush=True)


if __name__ == "__main__":
    main()
