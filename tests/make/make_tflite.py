"""Fixtures of TensorFlow Lite: written by TensorFlow's converter, and some of its own schema classes where the converter writes no such thing."""

import io
import os
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import flatbuffers
import ml_dtypes
import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers
from common import noise, record, save, save_json
from tensorflow.lite.python import schema_py_generated as schema

FOLDER = "tflite"
RECORDS = {}


def convert(module, functions, path, prepare=lambda converter: None, recorded=True):
    """Converts traced functions of a module, and writes what comes of it."""
    concrete = [getattr(module, name).get_concrete_function() for name in functions]
    converter = tf.lite.TFLiteConverter.from_concrete_functions(concrete, module)
    prepare(converter)
    return write(path, converter.convert(), recorded)


def write(path, data, recorded=True):
    data = bytes(data)
    save(f"{FOLDER}/{path}", data)
    if recorded:
        RECORDS[path] = constants(data)
    return data


TYPES = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.BOOL: np.bool_,
}


def constants(data):
    """The constants of all subgraphs by name, as TensorFlow's own classes read their buffers."""
    model = schema.Model.GetRootAs(data, 0)
    found = {}
    for number in range(model.SubgraphsLength()):
        graph = model.Subgraphs(number)
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            buffer = model.Buffers(tensor.Buffer())
            name, kind = tensor.Name().decode(), TYPES.get(tensor.Type())
            if kind is None or not tensor.ShapeLength() or name in found:
                continue
            if buffer.Offset() > 1:
                raw = data[buffer.Offset() : buffer.Offset() + buffer.Size()]
            elif buffer.DataLength():
                raw = buffer.DataAsNumpy().tobytes()
            else:
                continue
            found[name] = record(np.frombuffer(raw, kind).reshape(tensor.ShapeAsNumpy()))
    return found


class Cnn(tf.Module):
    """Convolutions with a residual, pooling, a classifier; the batch is dynamic."""

    def __init__(self):
        super().__init__("cnn")
        variable = lambda name, *shape: tf.Variable(noise(name, *shape, scale=0.3), name=name)
        self.stem = variable("stem", 3, 3, 3, 8)
        self.depthwise = variable("depthwise", 3, 3, 8, 1)
        self.pointwise = variable("pointwise", 1, 1, 8, 8)
        self.bias = variable("bias", 8)
        self.dense = variable("dense", 128, 10)

    @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 3], name="image")])
    def __call__(self, image):
        with tf.name_scope("stem"):
            x = tf.nn.relu6(tf.nn.bias_add(tf.nn.conv2d(image, self.stem, 2, "SAME"), self.bias))
        with tf.name_scope("block"):
            y = tf.nn.depthwise_conv2d(x, self.depthwise, [1, 1, 1, 1], "SAME", dilations=[2, 2])
            y = tf.nn.conv2d(tf.nn.relu(y), self.pointwise, 1, "SAME")
            x = tf.nn.max_pool2d(x + y, 2, 2, "VALID")
        with tf.name_scope("head"):
            x = tf.reshape(x, [-1, 128])
            return {"probabilities": tf.nn.softmax(tf.matmul(x, self.dense))}


def examples():
    for number in range(4):
        yield [noise(f"image {number}", 1, 16, 16, 3)]


def dynamic(converter):
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def integer(converter):
    dynamic(converter)
    converter.representative_dataset = examples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8


def half(converter):
    dynamic(converter)
    converter.target_spec.supported_types = [tf.float16]


def custom(converter):
    converter.allow_custom_ops = True


def flex(converter):
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]


class Loop(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([4], name="x"), tf.TensorSpec([], tf.int32, name="steps")])
    def __call__(self, x, steps):
        body = lambda i, y: (i + 1, y * tf.constant([1.5, 2.0, 0.5, 1.0]) + x)
        return tf.while_loop(lambda i, y: i < steps, body, (tf.constant(0), x))[1]


class Branch(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([2, 3], name="x"), tf.TensorSpec([], tf.bool, name="wide")])
    def __call__(self, x, wide):
        inner = lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.abs(x), lambda: -x)
        return tf.cond(wide, inner, lambda: tf.exp(x) + tf.constant([1.0, 2.0, 3.0]))


class Odd(tf.Module):
    """Operators that TensorFlow Lite does not have."""

    @tf.function(input_signature=[tf.TensorSpec([2, 3], name="x")])
    def __call__(self, x):
        image = tf.reshape(x * tf.constant([[1.0], [2.0]]), [1, 2, 3, 1])
        return tf.raw_ops.CropAndResize(image=image, boxes=[[0.0, 0.0, 1.0, 0.5]], box_ind=[0], crop_size=[2, 2], extrapolation_value=0.25)


class Unusual(tf.Module):
    """An operator that only TensorFlow itself has; one attribute, as several are written in any order."""

    @tf.function(input_signature=[tf.TensorSpec([2, 3], name="x")])
    def __call__(self, x):
        return tf.linalg.cholesky(tf.matmul(x, x, transpose_b=True))


class Codec(tf.Module):
    """Two signatures, and a variable that one of them changes."""

    def __init__(self):
        super().__init__("codec")
        self.table = tf.Variable(noise("table", 6, 4), name="table")
        self.count = tf.Variable(0, name="count")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="ids")])
    def encode(self, ids):
        self.count.assign_add(1)
        return {"vectors": tf.gather(self.table, ids), "calls": self.count.read_value()}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], name="vectors")])
    def decode(self, vectors):
        return {"ids": tf.argmax(tf.matmul(vectors, self.table, transpose_b=True), axis=1)}


class Words(tf.Module):
    """Texts, and a table that is filled once."""

    def __init__(self):
        super().__init__("words")
        values = tf.lookup.KeyValueTensorInitializer(tf.constant(["eins", "zwei", "drei", "größer"]), tf.constant([1, 2, 3, 9], tf.int64))
        self.table = tf.lookup.StaticHashTable(values, -1)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
    def __call__(self, words):
        return {"numbers": self.table.lookup(words)}


class Lstm(tf.Module):
    def __init__(self):
        super().__init__("lstm")
        self.layer = tf.keras.layers.LSTM(4, return_sequences=True, name="lstm")
        self.layer.build((1, 5, 3))
        self.layer.set_weights([noise("kernel", 3, 16), noise("recurrent", 4, 16), noise("bias", 16)])

    @tf.function(input_signature=[tf.TensorSpec([1, 5, 3], name="sequence")])
    def __call__(self, sequence):
        return self.layer(sequence)


def from_saved(module, names, path, prepare=lambda converter: None):
    """Converts through a SavedModel, which has signatures."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        signatures = {name: getattr(module, name) for name in names}
        tf.saved_model.save(module, folder, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(names))
        prepare(converter)
        return write(path, converter.convert())


def tensor(name, kind, shape, buffer, **more):
    made = schema.TensorT()
    made.name, made.type, made.shape, made.buffer, made.hasRank = name, kind, shape, buffer, True
    for key, value in more.items():
        setattr(made, key, value)
    return made


def quantisation(scale, zero, dimension=0, details=None):
    made = schema.QuantizationParametersT()
    made.scale, made.zeroPoint, made.quantizedDimension = scale, zero, dimension
    if details is not None:
        made.detailsType, made.details = schema.QuantizationDetails.BlockwiseQuantization, details
    return made


def operator(code, inputs, outputs, options=None, kind=0):
    made = schema.OperatorT()
    made.opcodeIndex, made.inputs, made.outputs = code, inputs, outputs
    made.builtinOptionsType, made.builtinOptions = kind, options
    return made


def code(number, custom=None):
    made = schema.OperatorCodeT()
    made.deprecatedBuiltinCode, made.builtinCode, made.customCode, made.version = min(number, 127), number, custom, 1
    return made


def subgraph(name, tensors, inputs, outputs, operators):
    made = schema.SubGraphT()
    made.name, made.tensors, made.inputs, made.outputs, made.operators = name, tensors, inputs, outputs, operators
    return made


def buffer(data=None, offset=0, size=0):
    made = schema.BufferT()
    made.data, made.offset, made.size = data, offset, size
    return made


def pack(model):
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def sparsity():
    """A 4×8 matrix whose blocks of 1×4 are zero but for two: rows dense, blocks in a row as CSR."""
    rows, columns, block = schema.DimensionMetadataT(), schema.DimensionMetadataT(), schema.DimensionMetadataT()
    rows.denseSize, block.denseSize = 4, 4
    columns.format = schema.DimensionType.SPARSE_CSR
    columns.arraySegmentsType = columns.arrayIndicesType = schema.SparseIndexVector.Uint8Vector
    columns.arraySegments, columns.arrayIndices = schema.Uint8VectorT(), schema.Uint8VectorT()
    columns.arraySegments.values, columns.arrayIndices.values = [0, 1, 1, 2, 2], [1, 0]
    made = schema.SparsityParametersT()
    made.traversalOrder, made.blockMap, made.dimMetadata = [0, 1, 2], [1], [rows, columns, block]
    return made


def types():
    """What the converter seldom writes: small types, sparse and kept tensors, blocks, content in other files, options of all kinds."""
    kinds, model = schema.TensorType, schema.ModelT()
    model.version, model.description = 3, "made by hand"
    small = np.array([[0x21, 0x43, 0x8F, 0x0A]], np.uint8)
    blocks = schema.BlockwiseQuantizationT()
    blocks.scales, blocks.zeroPoints, blocks.blockSize = 4, -1, 4
    brain = (np.array([1.5, -2.0, 0.1], np.float32).view(np.uint32) >> 16).astype(np.uint16)
    model.buffers = [
        buffer(),
        buffer(small.reshape(-1)),
        buffer(np.arange(1, 9, dtype=np.float32).view(np.uint8)),
        buffer(brain.view(np.uint8)),
        buffer(np.array([0.5, 0.25], np.float32).view(np.uint8)),
    ]
    tensors = [
        tensor("x", kinds.FLOAT32, [1, 8], 0, shapeSignature=[-1, 8]),
        tensor("int4", kinds.INT4, [1, 8], 1, quantization=quantisation([], [], 0, blocks)),
        tensor("uint4", kinds.UINT4, [1, 8], 1, quantization=quantisation([0.5], [3])),
        tensor("int2", kinds.INT2, [1, 16], 1),
        tensor("scales", kinds.FLOAT32, [2], 4),
        tensor("sparse", kinds.FLOAT32, [4, 8], 2, sparsity=sparsity()),
        tensor("bfloat16", kinds.BFLOAT16, [3], 3),
        tensor("state", kinds.FLOAT32, [1, 4], 0, isVariable=True),
        tensor("elsewhere", kinds.FLOAT32, [4, 4], 0, externalBuffer=7),
        *[tensor(f"y{number}", kinds.FLOAT32, [1, 4], 0, shapeSignature=[-1, 4]) for number in range(4)],
        tensor("any", kinds.VARIANT, [], 0),
        tensor("z", kinds.FLOAT32, [1, 4], 0),
    ]
    group, outside = schema.ExternalBufferGroupT(), schema.ExternalBufferT()
    group.name = "weights.bin"
    outside.id, outside.group, outside.offset, outside.length = 7, 0, 16, 64
    model.externalBufferGroups, model.externalBuffers = [group], [outside]
    builtin, composite = schema.BuiltinOperator, schema.StableHLOCompositeOptionsT()
    model.operatorCodes = [code(builtin.FULLY_CONNECTED), code(builtin.CUSTOM, "Blend"), code(builtin.STABLEHLO_COMPOSITE), code(builtin.SVDF)]
    composite.name, composite.decompositionSubgraphIndex = "odml.rms_norm", 1
    composite.compositeAttributes = np.frombuffer(flexbuffers.Dumps({"epsilon": 1e-6, "axes": [1, 2]}), np.uint8)
    named = operator(2, [9], [10])
    named.builtinOptions2Type, named.builtinOptions2 = schema.BuiltinOptions2.StableHLOCompositeOptions, composite
    blend = operator(1, [10, 6, 3, 2, 13], [11])
    blend.customOptions = np.frombuffer(flexbuffers.Dumps({"alpha": 0.5, "names": ["a", "b"], "deep": {"on": True}}), np.uint8)
    raw = operator(1, [12, 8], [14])
    raw.customOptions = np.array([1, 0, 0, 0, 255, 255, 255, 250], np.uint8)
    dense = schema.FullyConnectedOptionsT()
    dense.fusedActivationFunction, dense.keepNumDims = schema.ActivationFunctionType.RELU_N1_TO_1, True
    svdf = schema.SVDFOptionsT()
    svdf.rank = 2
    operators = [
        operator(0, [0, 5, -1], [9], dense, schema.BuiltinOptions.FullyConnectedOptions),
        named,
        blend,
        operator(3, [11, 1, 4, -1, 7], [12], svdf, schema.BuiltinOptions.SVDFOptions),
        raw,
    ]
    inner = subgraph("decomposition", [tensor("in", kinds.FLOAT32, [1, 4], 0), tensor("out", kinds.FLOAT32, [1, 4], 0)], [0], [1], [operator(1, [0], [1])])
    model.subgraphs = [subgraph("main", tensors, [0, 13], [14], operators), inner]
    data = write("types.tflite", pack(model), recorded=False)
    RECORDS["types.tflite"] = {
        "int4": record(np.array([[1, 2, 3, 4, -1, -8, -6, 0]], np.int8).astype(ml_dtypes.int4)),
        "uint4": record(np.array([[1, 2, 3, 4, 15, 8, 10, 0]], np.uint8).astype(ml_dtypes.uint4)),
        "bfloat16": record(np.array([1.5, -2.0, 0.1], np.float32).view(np.uint32).__rshift__(16).astype(np.uint16).view(ml_dtypes.bfloat16)),
    }
    return data


def offsets(model):
    """The model with its constants behind the FlatBuffer, as the converter writes those beyond 2 GB, but in a fixed order."""
    changed = schema.ModelT.InitFromPackedBuf(model, 0)
    contents = [bytes(bytearray(found.data)) if found.data is not None else b"" for found in changed.buffers]
    # Numbers that are not 0 take the same room whatever they are: packed once, the size is known.
    for place in (lambda at: 2, lambda at: start + at):
        behind = b""
        for found, content in zip(changed.buffers, contents):
            found.data = None
            if content:
                found.offset, found.size = place(len(behind)), len(content)
                behind += content + bytes(-len(content) % 16)
        packed = pack(changed)
        start = len(packed) + -len(packed) % 16
    write("cnn-offsets.tflite", packed.ljust(start, b"\0") + behind)


def told(builder, slots, count):
    """A table with offsets in its slots."""
    builder.StartObject(count)
    for slot, offset in slots.items():
        builder.PrependUOffsetTRelativeSlot(slot, offset, 0)
    return builder.EndObject()


def listed(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def metadata(model):
    """The model with metadata for users (metadata_schema.fbs of tflite-support), and the labels behind it."""
    builder = flatbuffers.Builder(256)
    text = builder.CreateString
    labels = told(builder, {0: text("labels.txt"), 1: text("One line a class.")}, 5)
    output = told(builder, {0: text("probability"), 1: text("Of each class."), 6: listed(builder, [labels])}, 7)
    image = told(builder, {0: text("image"), 1: text("16 × 16, from -1 to 1.")}, 7)
    graph = told(builder, {0: text("classifier"), 1: text("Tells ten things apart."), 2: listed(builder, [image]), 3: listed(builder, [output])}, 10)
    all_of_it = {0: "Ten things", 1: "Recognises one of ten things.", 2: "v1", 4: "Lamina", 5: "MIT"}
    slots = {slot: text(content) for slot, content in all_of_it.items()}
    builder.Finish(told(builder, {**slots, 3: listed(builder, [graph])}, 8), file_identifier=b"M001")
    changed = schema.ModelT.InitFromPackedBuf(model, 0)
    entry = schema.MetadataT()
    entry.name, entry.buffer = b"TFLITE_METADATA", len(changed.buffers)
    changed.buffers.append(buffer(np.frombuffer(bytes(builder.Output()), np.uint8)))
    changed.metadata.append(entry)
    data = io.BytesIO(pack(changed))
    data.seek(0, io.SEEK_END)
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(zipfile.ZipInfo("labels.txt"), "\n".join(f"thing {number}" for number in range(10)))
    return write("metadata.tflite", data.getvalue())


def bundle(models):
    """An archive as MediaPipe's tasks are: models as they are, and what goes with them."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in models.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    save(f"{FOLDER}/bundle.task", data.getvalue())


def main():
    cnn = Cnn()
    plain = convert(cnn, ["__call__"], "cnn.tflite")
    convert(cnn, ["__call__"], "cnn-int8.tflite", integer)
    convert(cnn, ["__call__"], "cnn-dynamic.tflite", dynamic)
    convert(cnn, ["__call__"], "cnn-float16.tflite", half)
    offsets(plain)
    convert(Loop(), ["__call__"], "while.tflite")
    branch = convert(Branch(), ["__call__"], "if.tflite")
    convert(Odd(), ["__call__"], "custom.tflite", custom)
    convert(Unusual(), ["__call__"], "flex.tflite", flex)
    convert(Lstm(), ["__call__"], "lstm.tflite")
    from_saved(Codec(), ["encode", "decode"], "signatures.tflite")
    convert(Words(), ["__call__"], "strings.tflite")
    types()
    metadata(plain)
    bundle({"detector.tflite": plain, "branch.tflite": branch, "labels.txt": b"cat\ndog\n"})
    save_json(f"{FOLDER}/values.json", RECORDS)


main()
