"""Fixtures of TensorFlow Lite: written by TensorFlow's converter, and some of its own schema classes where the converter writes no such thing."""

import io
import os
import zipfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import flatbuffers
import numpy as np
import tensorflow as tf
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


def offsets(converter):
    converter._experimental_use_buffer_offset = True


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
        fraction = tf.math.lgamma(x) * tf.constant([[1.0], [2.0]])
        return tf.raw_ops.CropAndResize(
            image=tf.reshape(fraction, [1, 2, 3, 1]), boxes=[[0.0, 0.0, 1.0, 0.5]], box_ind=[0], crop_size=[2, 2], extrapolation_value=0.25
        )


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


def main():
    cnn = Cnn()
    plain = convert(cnn, ["__call__"], "cnn.tflite")
    convert(cnn, ["__call__"], "cnn-int8.tflite", integer)
    convert(cnn, ["__call__"], "cnn-dynamic.tflite", dynamic)
    convert(cnn, ["__call__"], "cnn-float16.tflite", half)
    convert(cnn, ["__call__"], "cnn-offsets.tflite", offsets)
    convert(Loop(), ["__call__"], "while.tflite")
    convert(Branch(), ["__call__"], "if.tflite")
    convert(Odd(), ["__call__"], "custom.tflite", custom)
    convert(Odd(), ["__call__"], "flex.tflite", flex)
    convert(Lstm(), ["__call__"], "lstm.tflite")
    from_saved(Codec(), ["encode", "decode"], "signatures.tflite")
    convert(Words(), ["__call__"], "strings.tflite")
    save_json(f"{FOLDER}/values.json", RECORDS)


main()
