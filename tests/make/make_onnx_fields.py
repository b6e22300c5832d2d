"""ONNX: every field of the schema: attributes, value types, metadata, quantisation, training, devices, IR versions."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import FIXTURES, noise, save

FLOAT, INT8, INT64, STRING = TensorProto.FLOAT, TensorProto.INT8, TensorProto.INT64, TensorProto.STRING
NEWEST = onnx.IR_VERSION
info = helper.make_tensor_value_info
node = helper.make_node


def write(path, model, check=True):
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    if check:
        onnx.checker.check_model(str(FIXTURES / "onnx" / path))


def model_of(graph, ir_version=10, opset=21, imports=()):
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(*i) for i in imports)]
    model = helper.make_model(graph, opset_imports=opsets, producer_name="onnx.helper")
    model.ir_version = ir_version
    return model


def attributes():
    """One node with every kind of attribute, one whose attributes lie about their kind, one with long values."""
    inner = helper.make_graph(
        [node("Relu", ["p"], ["q"], name="relu")], "g", [info("p", FLOAT, [1])], [info("q", FLOAT, [1])]
    )
    second = helper.make_graph([], "empty", [], [])
    small = numpy_helper.from_array(np.array([[1, 2]], dtype=np.float32), "t")
    text = helper.make_tensor("s", STRING, [2], ["a", "b"])
    values = helper.make_tensor("values", FLOAT, [1], [5.0])
    coo = helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([2], dtype=np.int64)), [4])
    every = node(
        "Everything", ["x"], ["y"], name="everything", domain="example", float=0.1, int=-7, string="text ü",
        tensor=small, graph=inner, floats=[1.0, -0.5, 1e-30], ints=[-1, 0, 2**62], strings=["a", "", "ß"],
        tensors=[small, text], graphs=[inner, second], type_proto=helper.make_tensor_type_proto(FLOAT, [1, "n"]),
        sparse_tensor=coo, sparse_tensors=[coo, coo],
        type_protos=[helper.make_sequence_type_proto(helper.make_tensor_type_proto(INT64, []))],
    )  # fmt: skip
    every.attribute.extend(
        [
            helper.make_attribute("zero_float", 0.0),
            helper.make_attribute("zero_int", 0),
            helper.make_attribute("empty_string", ""),
            helper.make_attribute("empty_ints", [], attr_type=onnx.AttributeProto.INTS),
            helper.make_attribute("empty_floats", [], attr_type=onnx.AttributeProto.FLOATS),
            helper.make_attribute("bytes", bytes(range(256))),
            helper.make_attribute("documented", 1, doc_string="What this one means."),
        ]
    )
    liar = node("Liar", ["y"], ["z"], name="liar", domain="example")
    kinds = onnx.AttributeProto
    liar.attribute.add(name="no_kind_ints", ints=[1, 2])
    liar.attribute.add(name="no_kind_float", f=2.5)
    liar.attribute.add(name="no_kind_no_value")
    liar.attribute.add(name="says_int_has_float", f=2.5, type=kinds.INT)
    liar.attribute.add(name="kind_77", i=3).type = kinds.INT
    liar.attribute.add(name="no_tensor", type=kinds.TENSOR)
    liar.attribute.add(name="reference_outside", ref_attr_name="alpha", type=kinds.FLOAT)
    liar.attribute.add(name="twice", i=1, type=kinds.INT)
    liar.attribute.add(name="twice", i=2, type=kinds.INT)
    liar.attribute.add(name="", i=2, type=kinds.INT)
    long = node("Long", ["z"], ["w"], name="long", domain="example", ints=list(range(3000)), text="lorem ipsum " * 500)
    axes = [
        node("Softmax", ["w"], ["s"], name="negative_axis", axis=-1),
        node("Transpose", ["s"], ["t"], name="perm", perm=[1, 0]),
        node("Constant", [], ["c_int"], name="c_int", value_int=-3),
        node("Constant", [], ["c_floats"], name="c_floats", value_floats=[0.5, 1.5]),
        node("Constant", [], ["c_string"], name="c_string", value_string="word"),
        node("Constant", [], ["c_strings"], name="c_strings", value_strings=["a", "b"]),
        node("Constant", [], ["c_tensor"], name="c_tensor", value=small),
        node("Cast", ["t"], ["u"], name="to_int8", to=INT8),
    ]
    outputs = [info(name, FLOAT, None) for name in ("u", "c_int", "c_floats", "c_string", "c_strings", "c_tensor")]
    graph = helper.make_graph([every, liar, long, *axes], "attributes", [info("x", FLOAT, [2, "n"])], outputs)
    data = model_of(graph, imports=[("example", 1)]).SerializeToString(deterministic=True)
    # A kind that no schema knows: protobuf's own library refuses to write it, so the byte is set by hand.
    known = b"kind_77\x18\x03\xa0\x01\x02"
    assert data.count(known) == 1
    save("onnx/attributes.onnx", data.replace(known, known[:-1] + b"\x4d"))


def types():
    """Value types: unknown rank, symbolic, unknown, zero and negative dimensions, denotations, opaque, none."""
    image = info("image", FLOAT, ["N", 3, None, 0])
    image.type.denotation = "IMAGE"
    for dim, meaning in zip(image.type.tensor_type.shape.dim, ["DATA_BATCH", "DATA_CHANNEL", "DATA_FEATURE"]):
        dim.denotation = meaning
    unranked = helper.make_tensor_value_info("unranked", FLOAT, None)
    untyped = onnx.ValueInfoProto(name="untyped")
    undefined = info("undefined", TensorProto.UNDEFINED, [1])
    unknown = info("unknown_type", 99, [1])
    minus = info("minus", FLOAT, [-1, "", "a*b + 1"])
    opaque = onnx.ValueInfoProto(name="opaque")
    opaque.type.opaque_type.domain = "example"
    opaque.type.opaque_type.name = "Thing"
    tensor = helper.make_tensor_type_proto(INT64, ["k"])
    deep = tensor
    for _ in range(5):
        deep = helper.make_sequence_type_proto(helper.make_optional_type_proto(deep))
    kinds = [
        helper.make_value_info("sequence", helper.make_sequence_type_proto(tensor)),
        helper.make_value_info("optional", helper.make_optional_type_proto(tensor)),
        helper.make_value_info("map", helper.make_map_type_proto(STRING, tensor)),
        helper.make_sparse_tensor_value_info("sparse", FLOAT, [3, "k"]),
        helper.make_value_info("deep", deep),
        helper.make_value_info("half_a_sequence", onnx.TypeProto(sequence_type=onnx.TypeProto.Sequence())),
    ]
    names = {number: text.lower() for text, number in TensorProto.DataType.items()}
    elements = [info(f"of_{name}", number, [2]) for number, name in names.items()]
    inputs = [image, unranked, untyped, undefined, unknown, minus, opaque, *kinds, *elements]
    for value in inputs[:2]:
        value.doc_string = f"The doc string of {value.name}."
    use = node("Use", [value.name for value in inputs], ["y"], name="use", domain="example")
    graph = helper.make_graph([use], "types", inputs, [info("y", FLOAT, ["N", 1])])
    write("types.onnx", model_of(graph, ir_version=NEWEST, opset=28, imports=[("example", 1)]), check=False)


def quantization():
    """Quantised both ways: QuantizeLinear/DequantizeLinear nodes, and annotations on plain tensors."""
    weight = (noise("quantised", 4, 8) * 40).clip(-127, 127).astype(np.int8)
    scales = np.abs(noise("scales", 4)) / 100
    tensors = [
        numpy_helper.from_array(np.float32(0.05), "x_scale"),
        numpy_helper.from_array(np.int8(3), "x_zero"),
        numpy_helper.from_array(weight, "w"),
        numpy_helper.from_array(scales.astype(np.float32), "w_scale"),
        numpy_helper.from_array(np.zeros(4, dtype=np.int8), "w_zero"),
        helper.make_tensor("w4", TensorProto.INT4, [2, 4], np.arange(-4, 4)),
        numpy_helper.from_array(np.full((2, 2), 0.25, dtype=np.float32), "w4_scale"),
    ]
    nodes = [
        node("QuantizeLinear", ["x", "x_scale", "x_zero"], ["x_q"], name="quantise"),
        node("DequantizeLinear", ["x_q", "x_scale", "x_zero"], ["x_dq"], name="dequantise"),
        node("DequantizeLinear", ["w", "w_scale", "w_zero"], ["w_dq"], name="dequantise_w", axis=0),
        node("Gemm", ["x_dq", "w_dq"], ["hidden"], name="gemm", transB=1),
        node("DequantizeLinear", ["w4", "w4_scale"], ["w4_dq"], name="dequantise_blocks", axis=1, block_size=2),
        node("Gemm", ["hidden", "w4_dq"], ["y"], name="gemm_4", transB=1),
    ]
    graph = helper.make_graph(nodes, "quantized", [info("x", FLOAT, ["n", 8])], [info("y", FLOAT, ["n", 2])], tensors)
    graph.value_info.append(info("hidden", FLOAT, ["n", 4]))
    for name, scale, zero in (("x_q", "x_scale", "x_zero"), ("w", "w_scale", "w_zero"), ("hidden", "w4_scale", "")):
        note = graph.quantization_annotation.add(tensor_name=name)
        note.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value=scale)
        if zero:
            note.quant_parameter_tensor_names.add(key="ZERO_POINT_TENSOR", value=zero)
    write("quantization.onnx", model_of(graph))


def metadata():
    """Keys, values and documentation on every level; a multi-device configuration."""
    weight = numpy_helper.from_array(noise("metadata", 4, 4), "w")
    weight.doc_string = "The weight."
    matmul = node("MatMul", ["x", "w"], ["h"], name="matmul", doc_string="Mixes the features.")
    relu = node("Relu", ["h"], ["y"], name="relu")
    x, h, y = (info(name, FLOAT, ["batch", 4]) for name in "xhy")
    graph = helper.make_graph([matmul, relu], "main", [x], [y], [weight], doc_string="The graph.", value_info=[h])
    model = model_of(graph, ir_version=NEWEST, opset=28)
    model.producer_version = onnx.__version__
    model.domain = "org.example.models"
    model.model_version = 42
    model.doc_string = "Documentation of the model.\n\nIt has a second paragraph with *markdown* and <b>tags</b>."
    levels = {"model": model, "graph": graph, "node": matmul, "tensor": weight, "input": x, "inside": h, "output": y}
    targets = [model, model.graph, model.graph.node[0], model.graph.initializer[0], model.graph.input[0]]
    targets += [model.graph.value_info[0], model.graph.output[0]]
    for level, target in zip(levels, targets):
        target.metadata_props.add(key="level", value=level)
        target.metadata_props.add(key="author", value="Zoë")
    for key, value in (("", "no key"), ("empty", ""), ("json", '{"stride": 32, "names": {"0": "cat"}}')):
        model.metadata_props.add(key=key, value=value)
    model.configuration.add(name="two", num_devices=2, device=["gpu:0", "gpu:1"])
    placed = model.graph.node[0].device_configurations.add(configuration_id="two", pipeline_stage=1)
    spec = placed.sharding_spec.add(tensor_name="w", device=[0, -1])
    spec.index_to_device_group_map.add(key=-1, value=[0, 1])
    dim = spec.sharded_dim.add(axis=1)
    dim.simple_sharding.add(dim_value=4, num_shards=2)
    write("metadata.onnx", model)


def training():
    """Training information: an initialisation graph, an algorithm with a step, and the bindings of both."""
    step = helper.make_graph(
        [
            node("Identity", ["w"], ["w_now"], name="read"),
            node("Sub", ["w_now", "rate"], ["w_next"], name="step"),
            node("Add", ["iteration", "one"], ["iteration_next"], name="count"),
        ],
        "algorithm",
        [info("rate", FLOAT, [1])],
        [info("w_next", FLOAT, [2]), info("iteration_next", INT64, [])],
        [numpy_helper.from_array(np.int64(0), "iteration"), numpy_helper.from_array(np.int64(1), "one")],
    )
    start = helper.make_graph(
        [node("RandomNormal", [], ["w_start"], name="random", shape=[2])],
        "initialisation",
        [],
        [info("w_start", FLOAT, [2])],
    )
    bindings = ([("w", "w_next"), ("iteration", "iteration_next")], [("w", "w_start")])
    graph = helper.make_graph(
        [node("Mul", ["x", "w"], ["y"], name="mul")], "inference", [info("x", FLOAT, [2])], [info("y", FLOAT, [2])],
        [numpy_helper.from_array(np.array([0.5, 2], dtype=np.float32), "w")],
    )  # fmt: skip
    model = model_of(graph, ir_version=8, opset=14, imports=[("ai.onnx.preview.training", 1)])
    model.training_info.append(helper.make_training_info(step, bindings[0], start, bindings[1]))
    write("training.onnx", model)


# The newest opset that each IR version was published with.
OPSETS = {3: 8, 4: 9, 5: 10, 6: 11, 7: 14, 8: 18, 9: 20, 10: 22, 11: 23, 12: 24, 13: 25, 14: 28}


def versions():
    """The same small graph in each IR version. Up to version 3, initialisers are inputs of the graph, too."""
    for ir_version, opset in OPSETS.items():
        weight = numpy_helper.from_array(np.array([1, 2], dtype=np.float32), "w")
        inputs = [info("x", FLOAT, [2])] + ([info("w", FLOAT, [2])] if ir_version == 3 else [])
        add = node("Add", ["x", "w"], ["y"], name="add")
        graph = helper.make_graph([add], "version", inputs, [info("y", FLOAT, [2])], [weight])
        write(f"versions/ir-{ir_version:02}.onnx", model_of(graph, ir_version, opset))


def oldest():
    """IR version 1: no opset imports, attributes without a kind, as the first exporters wrote them."""
    conv = node("Conv", ["0", "1"], ["2"])
    conv.attribute.add(name="kernel_shape", ints=[3, 3])
    conv.attribute.add(name="strides", ints=[1, 1])
    conv.attribute.add(name="pads", ints=[1, 1, 1, 1])
    conv.attribute.add(name="group", i=1)
    norm = node("BatchNormalization", ["2", "3", "3", "3", "3"], ["4"])
    norm.attribute.add(name="is_test", i=1)
    norm.attribute.add(name="consumed_inputs", ints=[0, 0, 0, 1, 1])
    norm.attribute.add(name="epsilon", f=1e-5)
    tensors = [
        numpy_helper.from_array(noise("oldest", 2, 1, 3, 3), "1"),
        numpy_helper.from_array(np.ones(2, dtype=np.float32), "3"),
    ]
    inputs = [info("0", FLOAT, [1, 1, 8, 8]), info("1", FLOAT, [2, 1, 3, 3]), info("3", FLOAT, [2])]
    graph = helper.make_graph([conv, norm], "torch-jit-export", inputs, [info("4", FLOAT, [1, 2, 8, 8])], tensors)
    model = onnx.ModelProto(ir_version=1, producer_name="pytorch", producer_version="0.2", graph=graph)
    write("versions/ir-01.onnx", model, check=False)


if __name__ == "__main__":
    attributes()
    types()
    quantization()
    metadata()
    training()
    versions()
    oldest()
