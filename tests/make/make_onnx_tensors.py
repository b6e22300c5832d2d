"""ONNX: every element type in every storage, sparse tensors, external data, odd shapes.

Also writes onnx/values.json: what `onnx.numpy_helper` reads from the same files.
"""

import hashlib

import ml_dtypes
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from common import FIXTURES, noise, record, save, save_json

OPSET = [helper.make_opsetid("", onnx.defs.onnx_opset_version())]
FLOAT = TensorProto.FLOAT
EXPECTED = {}


def every_code(dtype, bits):
    """All bit patterns of a small type, two-dimensional."""
    codes = np.arange(2**bits, dtype=np.uint8)
    return codes.view(dtype).reshape(-1, 2 ** (bits // 2))


def floats(dtype):
    """Extremes, subnormals, signed zero, infinities and NaN of a float type of at least 16 bits."""
    info = ml_dtypes.finfo(dtype)
    edge = [info.max, -info.max, info.tiny, info.smallest_subnormal, info.eps]
    common = [0.0, -0.0, 1.0, -2.5, 1 / 3, 1e-3, np.inf, -np.inf, np.nan]
    return np.array([*edge, *common], dtype=dtype).reshape(2, 7)


def integers(dtype):
    info = np.iinfo(dtype)
    return np.array([info.min, info.max, 0, 1, info.max // 3, 100], dtype=dtype).reshape(3, 2)


def all_arrays():
    """One array for each element type of ONNX but strings, in the order of the type's number."""
    e8m0 = np.arange(256, dtype=np.uint8).view(ml_dtypes.float8_e8m0fnu).reshape(16, 16)
    return {
        TensorProto.FLOAT: floats(np.float32),
        TensorProto.UINT8: integers(np.uint8),
        TensorProto.INT8: integers(np.int8),
        TensorProto.UINT16: integers(np.uint16),
        TensorProto.INT16: integers(np.int16),
        TensorProto.INT32: integers(np.int32),
        TensorProto.INT64: integers(np.int64),
        TensorProto.BOOL: np.array([True, False, False, True, True]),
        TensorProto.FLOAT16: floats(np.float16),
        TensorProto.DOUBLE: floats(np.float64),
        TensorProto.UINT32: integers(np.uint32),
        TensorProto.UINT64: integers(np.uint64),
        TensorProto.COMPLEX64: np.array([1.5 - 2j, 0.1j, -np.inf, np.nan], dtype=np.complex64),
        TensorProto.COMPLEX128: np.array([[1.5 - 2j], [0.1j], [1e300]], dtype=np.complex128),
        TensorProto.BFLOAT16: floats(ml_dtypes.bfloat16),
        TensorProto.FLOAT8E4M3FN: every_code(ml_dtypes.float8_e4m3fn, 8),
        TensorProto.FLOAT8E4M3FNUZ: every_code(ml_dtypes.float8_e4m3fnuz, 8),
        TensorProto.FLOAT8E5M2: every_code(ml_dtypes.float8_e5m2, 8),
        TensorProto.FLOAT8E5M2FNUZ: every_code(ml_dtypes.float8_e5m2fnuz, 8),
        TensorProto.UINT4: np.arange(16).astype(ml_dtypes.uint4),
        TensorProto.INT4: np.arange(-8, 7).astype(ml_dtypes.int4).reshape(3, 5),
        TensorProto.FLOAT4E2M1: every_code(ml_dtypes.float4_e2m1fn, 4).reshape(-1)[:15],
        TensorProto.FLOAT8E8M0: e8m0,
        TensorProto.UINT2: np.array([0, 1, 2, 3, 3], dtype=ml_dtypes.uint2),
        TensorProto.INT2: np.array([[-2, -1, 0], [1, 1, -2]], dtype=ml_dtypes.int2),
        TensorProto.FLOAT6E2M3: every_code(ml_dtypes.float6_e2m3fn, 6).reshape(-1)[:63],
        TensorProto.FLOAT6E3M2: every_code(ml_dtypes.float6_e3m2fn, 6),
    }


STRINGS = ["", "word", "zwölf Boxkämpfer", "<b>&amp;</b>", "行列\n二行目", "😀"]


def typed(name, kind, array):
    """A tensor that uses the typed field (float_data, int32_data …) with exactly the array's bits.

    `make_tensor` rounds 8-bit floats through saturating casts, so those are written by their codes.
    """
    if array.dtype.itemsize == 1 and "float8" in array.dtype.name:
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape)
        tensor.int32_data.extend(int(code) for code in array.view(np.uint8).reshape(-1))
        return tensor
    return helper.make_tensor(name, kind, array.shape, array)


def initializers_model(name, tensors, ir_version=None):
    """A model in which an Identity node carries each initialiser to an output."""
    nodes, outputs = [], []
    for tensor in tensors:
        out = f"{tensor.name}_out"
        nodes.append(helper.make_node("Identity", [tensor.name], [out], name=f"show_{tensor.name}"))
        outputs.append(helper.make_tensor_value_info(out, tensor.data_type, list(tensor.dims)))
    graph = helper.make_graph(nodes, name, [], outputs, tensors)
    model = helper.make_model(graph, opset_imports=OPSET, producer_name="onnx.helper")
    model.ir_version = ir_version or onnx.IR_VERSION
    return model


def write(path, model, check=True):
    """Checks and saves a model, and records what numpy_helper makes of its initialisers."""
    save(f"onnx/{path}", model.SerializeToString(deterministic=True))
    if check:
        onnx.checker.check_model(str(FIXTURES / "onnx" / path))
    base = str((FIXTURES / "onnx" / path).parent)
    EXPECTED[path] = {t.name: record(numpy_helper.to_array(t, base)) for t in model.graph.initializer}


def dtypes():
    name = {number: text.lower() for text, number in TensorProto.DataType.items()}
    raw, fields = [], []
    for kind, array in all_arrays().items():
        raw.append(helper.make_tensor(name[kind], kind, array.shape, array, raw=True))
        fields.append(typed(name[kind], kind, array))
    fields.append(helper.make_tensor("string", TensorProto.STRING, [2, 3], STRINGS))
    write("dtypes-raw.onnx", initializers_model("dtypes_raw", raw))
    write("dtypes-typed.onnx", initializers_model("dtypes_typed", fields))


def shapes():
    """Scalars, tensors without elements, and a tensor whose dimensions are absent but whose data is there."""
    tensors = [
        helper.make_tensor("scalar", FLOAT, [], [0.5]),
        helper.make_tensor("scalar_raw", FLOAT, [], np.float32(0.25).tobytes(), raw=True),
        helper.make_tensor("one", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("ones", TensorProto.INT64, [1, 1, 1, 1], [7]),
        helper.make_tensor("none", FLOAT, [0], []),
        helper.make_tensor("none_raw", FLOAT, [0], b"", raw=True),
        helper.make_tensor("none_inside", FLOAT, [2, 0, 3], []),
        helper.make_tensor("no_strings", TensorProto.STRING, [0], []),
    ]
    write("tensor-shapes.onnx", initializers_model("tensor_shapes", tensors))


def wrong_tensors():
    """Tensors that contradict themselves. A reader says so for each and draws the rest."""
    short = TensorProto(name="too_short", data_type=FLOAT, dims=[4], raw_data=bytes(12))
    long = TensorProto(name="too_long", data_type=FLOAT, dims=[2], raw_data=bytes(12))
    empty = TensorProto(name="no_data", data_type=FLOAT, dims=[3])
    both = TensorProto(
        name="both_fields", data_type=FLOAT, dims=[1], raw_data=np.float32(1).tobytes(), float_data=[2.0]
    )
    field = TensorProto(name="wrong_field", data_type=FLOAT, dims=[2], int64_data=[1, 2])
    unknown = TensorProto(name="unknown_type", data_type=99, dims=[1], raw_data=bytes(4))
    undefined = TensorProto(name="undefined_type", data_type=0, dims=[1], raw_data=bytes(4))
    negative = TensorProto(name="negative", data_type=FLOAT, dims=[-1, 2], raw_data=bytes(8))
    huge = TensorProto(name="huge", data_type=FLOAT, dims=[1 << 40, 1 << 40], raw_data=bytes(8))
    nameless = TensorProto(data_type=FLOAT, dims=[1], float_data=[1.0])
    segment = TensorProto(name="segment", data_type=FLOAT, dims=[4], float_data=[1.0, 2.0])
    segment.segment.begin, segment.segment.end = 0, 2
    tensors = [short, long, empty, both, field, unknown, undefined, negative, huge, nameless, segment]
    model = initializers_model("wrong_tensors", tensors)
    save("onnx/tensor-mistakes.onnx", model.SerializeToString(deterministic=True))


def sparse_tensor(name, kind, values, indices, dims):
    """A COO tensor; `indices` are linear or one row a value."""
    values = helper.make_tensor(name, kind, [len(values)], values)
    indices = np.array(indices, dtype=np.int64)
    return helper.make_sparse_tensor(values, numpy_helper.from_array(indices), dims)


def sparse():
    linear = sparse_tensor("linear", FLOAT, [1.0, -2.0, 3.5], [0, 5, 11], [3, 4])
    rows = sparse_tensor("rows", FLOAT, [9.0, 8.0], [[0, 3], [2, 1]], [3, 4])
    constant = helper.make_node(
        "Constant", [], ["c"], name="sparse_constant", sparse_value=sparse_tensor("", FLOAT, [1.5], [2], [12])
    )
    nodes = [
        helper.make_node("Add", ["linear", "rows"], ["sum"], name="add"),
        constant,
        helper.make_node("Reshape", ["c", "shape"], ["c34"], name="reshape"),
        helper.make_node("Mul", ["sum", "c34"], ["out"], name="mul"),
    ]
    shape = numpy_helper.from_array(np.array([3, 4], dtype=np.int64), "shape")
    out = helper.make_tensor_value_info("out", FLOAT, [3, 4])
    hint = helper.make_sparse_tensor_value_info("sum", FLOAT, [3, 4])
    graph = helper.make_graph(nodes, "sparse", [], [out], [shape], value_info=[hint], sparse_initializer=[linear, rows])
    model = helper.make_model(graph, opset_imports=OPSET, producer_name="onnx.helper")
    model.ir_version = 8
    model.opset_import[0].version = 15
    write("sparse.onnx", model)


def external_tensor(name, array, **location):
    """A tensor whose bytes are elsewhere; `location` gives the entries of external_data."""
    tensor = numpy_helper.from_array(array, name)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in location.items():
        tensor.external_data.add(key=key, value=str(value))
    return tensor


def external():
    """Data in a file beside the model and in a folder below, with every combination of the optional entries."""
    first = noise("first", 8, 16)
    half = noise("half", 4, 6).astype(np.float16)
    tail = np.arange(-5, 5, dtype=np.int64)
    below = noise("below", 3, 5).astype(ml_dtypes.bfloat16)
    data = first.tobytes().ljust(4096, b"\0") + half.tobytes().ljust(4096, b"\0") + tail.tobytes()
    save("onnx/external/weights.data", data)
    save("onnx/external/parts/below.bin", below.tobytes())
    digest = hashlib.sha1(data).hexdigest()
    tensors = [
        external_tensor("first", first, location="weights.data", length=first.nbytes),
        external_tensor("half", half, location="weights.data", offset=4096, length=half.nbytes, checksum=digest),
        external_tensor("tail", tail, location="weights.data", offset=8192),
        external_tensor("below", below, location="parts/below.bin"),
        numpy_helper.from_array(noise("inside", 2, 2), "inside"),
    ]
    write("external/model.onnx", initializers_model("external", tensors, ir_version=8))


def external_wrong():
    """External data that is not there, ends too early, or lies outside of the model's folder."""
    array = np.zeros((4, 4), dtype=np.float32)
    tensors = [
        external_tensor("missing", array, location="not-shipped.data", offset=0, length=64),
        external_tensor("escaping", array, location="../../../etc/passwd", length=64),
        external_tensor("absolute", array, location="/etc/passwd", length=64),
        external_tensor("address", array, location="https://example.com/weights.bin", length=64),
        external_tensor("itself", array, location="external-mistakes.onnx", length=64),
        external_tensor("beyond", array, location="external-mistakes.onnx", offset=1 << 40, length=64),
        external_tensor("length_differs", array, location="external-mistakes.onnx", offset=0, length=8),
        external_tensor("no_number", array, location="external-mistakes.onnx", offset="zero", length="-1"),
        external_tensor("no_location", array, offset=0, length=64),
        external_tensor("empty_location", array, location="", length=64),
    ]
    model = initializers_model("external_mistakes", tensors, ir_version=8)
    save("onnx/external-mistakes.onnx", model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    dtypes()
    shapes()
    wrong_tensors()
    sparse()
    external()
    external_wrong()
    save_json("onnx/values.json", EXPECTED)
