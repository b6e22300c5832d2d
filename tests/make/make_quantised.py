"""Quantised weights of ONNX and TensorFlow Lite, and what they stand for: tests/dequantised/*.json, which tests/quantised.rs reads.

- ONNX: a DequantizeLinear of each kind; values by ONNX Runtime, also for the fixtures of the runtime's own quantiser.
- TensorFlow Lite: the quantised fixtures of make_tflite.py; scales and zero points as TensorFlow's interpreter reads them, applied here in float32.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
from common import FIXTURES, record, save, save_json
from onnx import TensorProto, helper, numpy_helper


# ONNX


def run(tensors, attributes, opset=23):
    """What ONNX Runtime makes of one DequantizeLinear whose inputs are these constants."""
    names = ["x", "scale", "zero"][: len(tensors)]
    node = helper.make_node("DequantizeLinear", names, ["y"], **attributes)
    constants = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in tensors]
    for name, tensor in zip(names, constants):
        tensor.name = name
    output = helper.make_empty_tensor_value_info("y")
    output.type.tensor_type.elem_type = constants[1].data_type
    graph = helper.make_graph([node], "one", [], [output], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # Folded constants go through the same kernels.
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {})[0]


def packed(name, kind, shape, codes):
    """A tensor of four-bit codes, two in a byte, the first one in the low half."""
    codes = np.asarray(codes).astype(np.int64).reshape(-1) & 15
    codes = np.append(codes, [0] * (len(codes) % 2)).astype(np.int64).reshape(-1, 2)
    return helper.make_tensor(name, kind, shape, (codes[:, 0] | codes[:, 1] << 4).astype(np.uint8).tobytes(), raw=True)


def onnx_kinds():
    random = np.random.default_rng(3)
    scales = lambda *shape: (random.random(shape) / 37 + 0.001).astype(np.float32)
    array = lambda name, content: numpy_helper.from_array(np.asarray(content), name)
    signed = lambda *shape: random.integers(-128, 128, shape).astype(np.int8)
    kinds = {
        "tensor_uint8": ([random.integers(0, 256, (3, 5)).astype(np.uint8), scales()[()], np.uint8(131)], {}),
        "no_zero": ([signed(4, 3), scales()[()]], {}),
        "first_axis": ([signed(4, 3, 2), scales(4), signed(4)], {"axis": 0}),
        "usual_axis": ([signed(2, 3, 4), scales(3), signed(3)], {}),
        "last_axis": ([signed(2, 3, 4), scales(4)], {"axis": -1}),
        "bias": ([random.integers(-(2**30), 2**30, 6).astype(np.int32), scales(6)], {"axis": 0}),
        "half": ([signed(5, 4), scales(4).astype(np.float16), signed(4)], {"axis": 1}),
        "blocks": ([signed(4, 6), scales(4, 2), signed(4, 2)], {"axis": 1, "block_size": 3}),
        "uneven_blocks": ([signed(7, 3), scales(2, 3)], {"axis": 0, "block_size": 4}),
    }
    constants = {kind: [array(f"{kind}.{part}", content) for part, content in zip(["x", "scale", "zero"], parts)]
                 for kind, (parts, _) in kinds.items()}
    attributes = {kind: attributes for kind, (_, attributes) in kinds.items()}
    four = random.integers(0, 16, (4, 6))
    constants["int4"] = [packed("int4.x", TensorProto.INT4, [4, 6], four), array("int4.scale", scales(4)),
                         packed("int4.zero", TensorProto.INT4, [4], [0, 3, 9, 15])]
    attributes["int4"] = {"axis": 0}
    constants["uint4"] = [packed("uint4.x", TensorProto.UINT4, [4, 6], four), array("uint4.scale", scales(2, 6)),
                          packed("uint4.zero", TensorProto.UINT4, [2, 6], range(12))]
    attributes["uint4"] = {"axis": 0, "block_size": 2}
    eight = random.integers(0, 0x7f, 12).astype(np.uint8)
    constants["float8"] = [helper.make_tensor("float8.x", TensorProto.FLOAT8E4M3FN, [3, 4], eight.tobytes(), raw=True),
                           array("float8.scale", scales()[()])]
    attributes["float8"] = {}
    nodes = [helper.make_node("DequantizeLinear", [part.name for part in parts], [f"{kind}.y"], name=kind, **attributes[kind])
             for kind, parts in constants.items()]
    expected = {parts[0].name: record(run(parts, attributes[kind])) for kind, parts in constants.items()}
    matrix = [array("matrix.a", signed(2, 4)), array("matrix.a_scale", scales()[()]), array("matrix.a_zero", np.int8(3)),
              array("matrix.b", signed(4, 3)), array("matrix.b_scale", scales(3)), array("matrix.b_zero", signed(3)),
              array("matrix.y_scale", np.float32(0.1)), array("matrix.y_zero", np.int8(0))]
    nodes.append(helper.make_node("QLinearMatMul", [part.name for part in matrix], ["matrix.y"], name="matrix"))
    # A matrix product says the same of its second input as this does along columns.
    expected["matrix.b"] = record(run(matrix[3:6], {"axis": 1}))
    expected["matrix.a"] = record(run(matrix[0:3], {}))
    outputs = [helper.make_empty_tensor_value_info(node.output[0]) for node in nodes]
    constants = [part for parts in [*constants.values(), matrix] for part in parts]
    graph = helper.make_graph(nodes, "dequantised", [], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 23)], ir_version=10, producer_name="onnx.helper")
    save("onnx/dequantised.onnx", model.SerializeToString())
    return expected


def onnx_written(path):
    """The constants that DequantizeLinear and QLinearConv read in a fixture of the runtime's quantiser."""
    model = onnx.load(FIXTURES / "onnx" / path)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    expected = {}
    for node in model.graph.node:
        inputs, attributes = list(node.input), {}
        if node.op_type == "DequantizeLinear":
            attributes = {attribute.name: attribute.i for attribute in node.attribute}
        elif node.op_type == "QLinearConv":
            inputs, attributes = inputs[3:6], {"axis": 0}
        elif node.op_type == "QLinearMatMul":
            inputs, attributes = inputs[3:6], {"axis": 1}
        else:
            continue
        parts = [constants.get(name) for name in inputs]
        if None not in parts:
            expected[inputs[0]] = record(run(parts, attributes))
    assert expected, path
    return expected


# TensorFlow Lite


def tflite(path):
    interpreter = tf.lite.Interpreter(model_path=str(FIXTURES / "tflite" / path), experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    expected = {}
    for detail in interpreter.get_tensor_details():
        how = detail["quantization_parameters"]
        scales, zeros = how["scales"], how["zero_points"]
        if not len(scales) or detail["dtype"] not in (np.int8, np.int32, np.uint8):
            continue
        try:
            codes = interpreter.get_tensor(detail["index"])
        except ValueError:
            continue
        shape = [1] * codes.ndim
        if codes.ndim and len(scales) > 1:
            shape[how["quantized_dimension"]] = -1
        if len(scales) == 1:
            scales, zeros = scales.reshape(shape), zeros.reshape(shape)
        difference = (codes.astype(np.int64) - zeros.reshape(shape)).astype(np.float32)
        expected[detail["name"]] = record(difference * scales.reshape(shape))
    return expected


def main():
    save_json("../dequantised/onnx.json", {
        "dequantised.onnx": onnx_kinds(),
        "ort-qdq.onnx": onnx_written("ort-qdq.onnx"),
        "ort-qoperator.onnx": onnx_written("ort-qoperator.onnx"),
    })
    save_json("../dequantised/tflite.json", {path: tflite(path) for path in ["cnn-int8.tflite", "cnn-dynamic.tflite"]})


main()
