"""ONNX: files that are legal protobuf but strange or wrong as models, partly encoded by hand.

What should still open, with a word about what is wrong, goes to onnx/; what nothing can be shown of goes to bad/onnx/.
"""

import struct

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from common import save

FLOAT = TensorProto.FLOAT
info = helper.make_tensor_value_info
node = helper.make_node
OPSET = [helper.make_opsetid("", 18)]
HTML = '<img src=x onerror="alert(1)">'


def write(path, nodes, inputs, outputs, tensors=(), **graph_fields):
    graph = helper.make_graph(nodes, path.removesuffix(".onnx"), inputs, outputs, list(tensors), **graph_fields)
    model = helper.make_model(graph, opset_imports=OPSET, producer_name="onnx.helper")
    model.ir_version = 8
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))


def small(name="w"):
    return numpy_helper.from_array(np.array([1, 2], dtype=np.float32), name)


def x_and(*names):
    """Value infos of float[2]."""
    return [info(name, FLOAT, [2]) for name in names]


def wiring():
    """Graphs whose values do not fit together."""
    write("empty-graph.onnx", [], [], [])
    write("passthrough.onnx", [], x_and("x"), x_and("x", "w"), [small()])
    write("unused.onnx", [node("Relu", ["x"], ["y"])], x_and("x", "never"), x_and("y"), [small(), small("spare")])
    write("cycle.onnx", [
        node("Add", ["x", "c"], ["a"], name="first"),
        node("Relu", ["a"], ["b"], name="second"),
        node("Neg", ["b"], ["c"], name="third"),
        node("Mul", ["own", "c"], ["own"], name="own_tail"),
    ], x_and("x"), x_and("c"))  # fmt: skip
    write("unsorted.onnx", [
        node("Neg", ["b"], ["y"], name="third"),
        node("Relu", ["a"], ["b"], name="second"),
        node("Abs", ["x"], ["a"], name="first"),
    ], x_and("x"), x_and("y"))  # fmt: skip
    write("duplicate-names.onnx", [
        node("Relu", ["x"], ["y"], name="same"),
        node("Abs", ["x"], ["y"], name="same"),
        node("Neg", ["y"], ["x"], name="same"),
        node("Split", ["x"], ["p", "p"], name=""),
        node("Add", ["p", "w"], ["z"], name=""),
    ], x_and("x", "x", "w"), x_and("z", "z"), [small("w"), small("w"), small("y")])  # fmt: skip
    write("dangling.onnx", [
        node("Add", ["x", "nobody_makes_this"], ["a"], name="add"),
        node("Clip", ["a", "", "upper"], ["b"], name="clip"),
        node("TopK", ["b", "k"], ["", "indices"], name="top"),
        node("Relu", [], [], name="no_ends"),
        node("Relu", [""], [""], name="empty_ends"),
        node("LSTM", ["b", "w", "w", "", "", "", "", "", "", "extra"], ["", "", "", "more"], name="too_many"),
    ], x_and("x"), x_and("indices", "never_made"), [small()])  # fmt: skip
    write("multi-edge.onnx", [
        node("Mul", ["x", "x"], ["square"], name="square"),
        node("Concat", ["square", "x", "square", "w", "square"], ["y"], name="concat", axis=0),
        node("Max", ["y", "y"], ["z"], name="max"),
        node("Sum", ["x"] * 40, ["s"], name="forty"),
    ], x_and("x"), x_and("z", "y", "s"), [small()])  # fmt: skip


def operators():
    """Operators from unknown domains and versions, or without a type, and a node without anything."""
    nodes = [
        node("FancyAttention", ["x", "w"], ["a", "b"], name="fancy", domain="com.example.custom", heads=4),
        node("NoSuchOperator", ["a"], ["c"], name="none_such"),
        node("FusedMatMul", ["c", "w"], ["d"], name="fused", domain="com.microsoft", alpha=0.5),
        node("Relu", ["d"], ["e"], name="explicit", domain="ai.onnx"),
        node("Relu", ["e"], ["f"], name="not_imported", domain="not.imported"),
        node("", ["f"], ["g"], name="no_type"),
        node("Upsample", ["g", "w"], ["h"], name="withdrawn", mode="nearest"),
        node("aten::mul", ["h", "w"], ["i"], name="aten", domain="org.pytorch.aten"),
        NodeProto(),
    ]
    graph = helper.make_graph(nodes, "operators", x_and("x"), x_and("i", "b"), [small()])
    imports = [*OPSET, helper.make_opsetid("com.example.custom", 1), helper.make_opsetid("com.microsoft", 1)]
    imports += [
        helper.make_opsetid("ai.onnx", 999),
        helper.make_opsetid("", 11),
        helper.make_opsetid("unused.domain", -3),
    ]
    model = helper.make_model(graph, opset_imports=imports)
    model.ir_version = 999
    save("onnx/unknown-operators.onnx", model.SerializeToString(deterministic=True))


def names():
    """Names that a page or a layout may trip over: HTML, control characters, right-to-left, very long, very alike."""
    strange = [
        HTML,
        "</text><script>alert(2)</script>",
        "javascript:alert(3)",
        "&lt;b&gt;&#39;\"'`${alert(4)}",
        "日本語/レイヤー.0/畳み込み",
        "מודל\u202eredro",
        "a\nb\tc\0d",
        "😀👩‍👩‍👧‍👦",
        "n" * 2000,
        "/model/layers.0/self_attn/" * 20,
        " ",
        "__proto__",
        "constructor",
        "../../up",
    ]
    nodes = []
    for name, following in zip(strange, [*strange[1:], "out"]):
        operator = node(name[:80], [name, f"w{name}"], [following], name=name, domain=name[:60], doc_string=name)
        operator.attribute.extend(
            [helper.make_attribute(name[:200] or "empty", name), helper.make_attribute("ints", [1])]
        )
        operator.metadata_props.add(key=name[:80], value=name[:200])
        nodes.append(operator)
    values = [helper.make_tensor_value_info(name, FLOAT, [name[:100], 2], doc_string=name) for name in strange[1:]]
    tensors = [helper.make_tensor(f"w{name}", TensorProto.STRING, [1], [name[:300]]) for name in strange]
    graph = helper.make_graph(
        nodes,
        HTML,
        [info(HTML, FLOAT, [HTML])],
        [info("out", FLOAT, None)],
        tensors,
        doc_string=HTML,
        value_info=values,
    )
    model = helper.make_model(graph, opset_imports=[*OPSET, helper.make_opsetid(HTML, 1)], producer_name=HTML)
    model.ir_version, model.domain, model.producer_version, model.doc_string = 8, HTML, HTML, HTML
    for key in (HTML, HTML, "__proto__"):
        model.metadata_props.add(key=key, value=HTML)
    save("onnx/hostile-names.onnx", model.SerializeToString(deterministic=True))


def varint(number):
    """A protobuf varint of a non-negative number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number, payload):
    """A length-delimited field (bytes, text or message), or a varint where the payload is a number."""
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload % (1 << 64))
    data = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(data)) + data


def float_type(dim=2):
    """A TypeProto of float[dim]."""
    shape = field(2, field(1, field(1, dim)))
    return field(1, field(1, 1) + shape)


def value_info(name):
    return field(1, name) + field(2, float_type())


def model_bytes(graph, opset=18):
    return field(1, 8) + field(2, "by hand") + field(8, field(1, "") + field(2, opset)) + field(7, graph)


def encodings():
    """Legal protobuf that no ONNX exporter writes today."""
    # Repeated numbers as one field each, the way that proto2 wrote them by default.
    dims = field(1, 2) + field(1, 1)
    floats = b"".join(varint(4 << 3 | 5) + struct.pack("<f", value) for value in (1.5, -2.0))
    longs = b"".join(field(7, value) for value in (-1, 2**40))
    doubles = b"".join(varint(10 << 3 | 1) + struct.pack("<d", value) for value in (0.1, 1e300))
    ints = b"".join(field(5, value) for value in (-1, 127))
    unsigned = b"".join(field(11, value) for value in (2**64 - 1, 5))
    mixed = varint(4 << 3 | 5) + struct.pack("<f", 7.0) + field(4, struct.pack("<f", 8.0))
    stored = [
        ("f", 1, floats),
        ("l", 7, longs),
        ("d", 11, doubles),
        ("i", 6, ints),
        ("u", 13, unsigned),
        ("mixed", 1, mixed),
    ]
    tensors = b"".join(field(5, dims + field(2, kind) + data + field(8, name)) for name, kind, data in stored)
    attribute = field(1, "perm") + field(8, 1) + field(8, 0) + field(20, 7)
    scales = field(1, "scales") + varint(7 << 3 | 5) + struct.pack("<f", 0.5) + field(20, 6)
    nodes = field(
        1,
        field(1, "x") + field(2, "y") + field(3, "n") + field(4, "Transpose") + field(5, attribute) + field(5, scales),
    )
    nodes += b"".join(
        field(1, field(1, name) + field(2, f"{name}_out") + field(4, "Identity")) for name, _, _ in stored
    )
    ends = field(11, value_info("x")) + field(12, value_info("y"))
    graph = nodes + tensors + field(2, "unpacked") + ends
    save("onnx/unpacked.onnx", model_bytes(graph))

    relu = field(1, field(1, "x") + field(2, "y") + field(4, "Relu"))
    plain = relu + field(2, "g") + ends
    # The graph before everything else; and again in two parts that protobuf merges.
    save("onnx/graph-first.onnx", field(7, plain) + field(8, field(2, 18)) + field(1, 8))
    parts = field(7, relu + field(2, "a")) + field(7, field(2, "merged") + ends)
    save("onnx/graph-in-parts.onnx", field(1, 8) + parts + field(8, field(2, 18)))
    # Fields that the schema does not have: varint, 64 bits, bytes, a group, 32 bits; at every level.
    strange = field(100, 1) + varint(101 << 3 | 1) + bytes(8) + field(102, "?") + varint(103 << 3 | 5) + bytes(4)
    strange += varint(104 << 3 | 3) + field(1, 5) + field(2, "in a group") + varint(104 << 3 | 4)
    known = field(1, field(1, "x") + field(2, "y") + field(4, "Relu") + strange)
    save("onnx/unknown-fields.onnx", strange + model_bytes(known + strange + field(2, "g") + ends) + strange)
    # Varints longer than they need to be, and a name that is not UTF-8.
    padded = b"\x08\x88\x80\x80\x00" + b"\x3a" + bytes([len(plain) | 128, 128, 0]) + plain
    save("onnx/padded-varints.onnx", padded + field(8, field(2, 18)))
    latin = field(1, field(1, "x") + field(2, b"caf\xe9") + field(3, b"\xff\xfe") + field(4, "Relu"))
    latin += field(1, field(1, b"caf\xe9") + field(2, "y") + field(4, "Relu"))
    save("onnx/not-utf8.onnx", model_bytes(latin + field(2, b"\x80graph") + ends))
    save("onnx/no-opset.onnx", field(1, 8) + field(2, "by hand") + field(7, plain))
    save("onnx/no-ir-version.onnx", field(2, "by hand") + field(8, field(2, 18)) + field(7, plain))
    save("onnx/bare-graph.onnx", field(7, plain))


def body_in_body(levels):
    """A model with If nodes in each other, deeper than protobuf's own libraries read."""
    graph = field(1, field(1, "x") + field(2, "y") + field(4, "Relu"))
    for _ in range(levels):
        attribute = field(1, "then_branch") + field(6, graph) + field(20, 5)
        graph = field(1, field(1, "x") + field(2, "y") + field(4, "If") + field(5, attribute))
    return model_bytes(graph + field(2, "deep") + field(11, value_info("x")) + field(12, value_info("y")))


def hopeless():
    """Files that start as ONNX and cannot be read as such."""
    kind = float_type()
    for _ in range(2000):
        kind = field(4, field(1, kind))
    deep = field(11, field(1, "x") + field(2, kind))
    save("bad/onnx/deep-bodies.onnx", body_in_body(1500))
    save("bad/onnx/deep-types.onnx", model_bytes(field(1, field(1, "x") + field(2, "y") + field(4, "Relu")) + deep))
    groups = b"".join(varint(104 << 3 | 3) for _ in range(5000))
    save("bad/onnx/open-groups.onnx", field(1, 8) + field(2, "by hand") + groups)
    save("bad/onnx/no-graph.onnx", field(1, 8) + field(2, "by hand") + field(8, field(2, 18)))
    node_bytes = field(1, "x") + field(2, "y") + field(4, "Relu")
    whole = model_bytes(field(1, node_bytes) + field(11, value_info("x")) + field(12, value_info("y")))
    ModelProto.FromString(whole)
    save("bad/onnx/truncated-node.onnx", whole[: whole.index(b"Relu") + 2])
    save("bad/onnx/truncated-header.onnx", whole[:6])
    weight = numpy_helper.from_array(np.zeros((16, 3, 8, 8), dtype=np.float32), "w").SerializeToString()
    cut = model_bytes(field(1, node_bytes) + field(5, weight) + field(11, value_info("x")) + field(12, value_info("y")))
    save("bad/onnx/truncated-download.onnx", cut[: len(cut) // 2])
    save(
        "bad/onnx/length-beyond-file.onnx", field(1, 8) + field(2, "by hand") + b"\x3a\xff\xff\xff\xff\x0f" + bytes(64)
    )
    save("bad/onnx/varint-endless.onnx", field(1, 8) + field(2, "by hand") + b"\x3a" + b"\xff" * 20)
    save("bad/onnx/wire-type-7.onnx", field(1, 8) + field(2, "by hand") + b"\x3f" + bytes(16))


if __name__ == "__main__":
    wiring()
    operators()
    names()
    encodings()
    hopeless()
