"""ONNX as onnxruntime's tools rewrite it: fused operators of com.microsoft, and three ways to quantise."""

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime import quantization
from onnxruntime.quantization.calibrate import CalibrationDataReader

from common import FIXTURES, noise, save

CNN = FIXTURES / "onnx" / "torch-cnn.onnx"
TRANSFORMER = FIXTURES / "onnx" / "torch-transformer.onnx"


def write(path, file):
    """Saves without onnx's checker, which does not know com.microsoft: onnxruntime itself loads it instead."""
    model = onnx.load(file)
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    onnxruntime.InferenceSession(str(FIXTURES / "onnx" / path), providers=["CPUExecutionProvider"])


def optimized(work):
    """Extended level only: what the highest level does depends on the processor."""
    for name, source in (("ort-cnn", CNN), ("ort-transformer", TRANSFORMER)):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(work / f"{name}.onnx")
        options.log_severity_level = 3
        onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
        write(f"{name}.onnx", work / f"{name}.onnx")


class Images(CalibrationDataReader):
    """A few pictures of noise."""

    def __init__(self):
        self.images = iter(noise("calibration", 3, 1, 3, 16, 16))

    def get_next(self):
        image = next(self.images, None)
        return None if image is None else {"image": image}


def quantized(work):
    form = quantization.QuantFormat
    prepared = work / "prepared.onnx"
    quantization.shape_inference.quant_pre_process(str(CNN), str(prepared), skip_symbolic_shape=True)
    for name, kind in (("ort-qdq", form.QDQ), ("ort-qoperator", form.QOperator)):
        quantization.quantize_static(prepared, work / f"{name}.onnx", Images(), quant_format=kind, per_channel=True)
        write(f"{name}.onnx", work / f"{name}.onnx")
    quantization.quantize_dynamic(TRANSFORMER, work / "dynamic.onnx", weight_type=quantization.QuantType.QInt8)
    write("ort-dynamic.onnx", work / "dynamic.onnx")


def contributed():
    """Operators of com.microsoft that language models use, with optional inputs left out in the middle."""
    ms = "com.microsoft"
    info, node = helper.make_tensor_value_info, helper.make_node
    kind = TensorProto.FLOAT
    packed = np.arange(16 * 1 * 8, dtype=np.uint8).reshape(16, 1, 8)
    tensors = [
        numpy_helper.from_array(np.ones(16, dtype=np.float32), "gamma"),
        numpy_helper.from_array(packed, "weight_packed"),
        numpy_helper.from_array(np.full(16, 0.1, dtype=np.float32), "weight_scales"),
        numpy_helper.from_array(noise("cos", 8, 4), "cos_cache"),
        numpy_helper.from_array(noise("sin", 8, 4), "sin_cache"),
    ]
    attention = node(
        "GroupQueryAttention", ["q", "h", "h", "past_k", "past_v", "lengths", "total", "cos_cache", "sin_cache"],
        ["a", "present_k", "present_v"], domain=ms, name="gqa", num_heads=2, kv_num_heads=2, do_rotary=1,
    )  # fmt: skip
    nodes = [
        node("SimplifiedLayerNormalization", ["x", "gamma"], ["h"], name="norm", axis=-1, epsilon=1e-5),
        node(
            "MatMulNBits",
            ["h", "weight_packed", "weight_scales"],
            ["q"],
            domain=ms,
            name="q",
            K=16,
            N=16,
            bits=4,
            block_size=16,
        ),
        attention,
        node(
            "SkipSimplifiedLayerNormalization", ["a", "x", "gamma"], ["n", "", "", "sum"], domain=ms, name="skip_norm"
        ),
        node("QuickGelu", ["n"], ["g"], domain=ms, name="gelu", alpha=1.702),
        node("FusedMatMul", ["g", "sum"], ["y"], domain=ms, name="fused", transB=1, alpha=0.5),
    ]
    inputs = [info("x", kind, ["batch", "sequence", 16]), info("lengths", TensorProto.INT32, ["batch"])]
    inputs += [
        info("total", TensorProto.INT32, []),
        *(info(name, kind, ["batch", 2, "past", 8]) for name in ("past_k", "past_v")),
    ]
    outputs = [info("y", kind, ["batch", "sequence", "sequence"])]
    outputs += [info(name, kind, ["batch", 2, "total", 8]) for name in ("present_k", "present_v")]
    graph = helper.make_graph(nodes, "contributed", inputs, outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18), helper.make_opsetid(ms, 1)])
    model.ir_version = 9
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(model.SerializeToString(deterministic=True))
        file.flush()
        write("com-microsoft.onnx", file.name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        optimized(Path(folder))
        quantized(Path(folder))
    contributed()
