"""TensorFlow: graphs of all kinds of file, as TensorFlow itself writes them."""

import os
import re
import shutil
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import tensorflow as tf
import tf_keras
from google.protobuf import text_format
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2
from tensorflow.core.util import event_pb2

from common import FIXTURES, noise, save

v1 = tf.compat.v1
FOLDERS = "frozen saved exported keras2 unsigned v1saved loop frames partitioned meta text events types".split()


def stable(message):
    """The bytes of a message, its maps in order; without lists that only say which operators there are."""
    for graph in getattr(message, "meta_graphs", [message] if isinstance(message, meta_graph_pb2.MetaGraphDef) else []):
        graph.meta_info_def.ClearField("stripped_op_list")
        graph.meta_info_def.ClearField("tensorflow_git_version")
    # Keras tells its recurrent layers apart by random numbers.
    data = message.SerializeToString(deterministic=True)
    return re.sub(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", b"00000000-0000-0000-0000-000000000000", data)


def keep(name, folder, files=("saved_model.pb", "variables", "keras_metadata.pb", "assets")):
    """Keeps the files of a SavedModel that say the same every time."""
    for path in sorted(Path(folder).rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or relative.parts[0] not in files:
            continue
        data = path.read_bytes()
        if path.name == "saved_model.pb":
            data = stable(saved_model_pb2.SavedModel.FromString(data))
        save(f"tensorflow/{name}/{relative.as_posix()}", data)


def convolutional():
    """A network of TensorFlow 1: convolutions, batch normalisation, a residual, a classifier."""
    x = v1.placeholder(tf.float32, [None, 16, 16, 3], name="image")
    with v1.name_scope("stem"):
        kernel = v1.get_variable("stem/kernel", initializer=noise("stem", 3, 3, 3, 4))
        x1 = tf.nn.relu(tf.nn.conv2d(x, kernel, [1, 2, 2, 1], "SAME", name="Conv2D"), name="Relu")
    for block in range(2):
        with v1.name_scope(f"block_{block}"):
            kernel = v1.get_variable(f"block_{block}/kernel", initializer=noise(f"k{block}", 3, 3, 4, 4))
            scale = v1.get_variable(f"block_{block}/scale", initializer=noise(f"s{block}", 4))
            y = tf.nn.conv2d(x1, kernel, 1, "SAME", name="Conv2D")
            y, *_ = v1.nn.fused_batch_norm(y, scale, tf.zeros(4), tf.zeros(4), tf.ones(4), is_training=False)
            x1 = tf.nn.relu(y + x1)
    with v1.name_scope("head"):
        pooled = tf.reduce_mean(x1, [1, 2])
        weights = v1.get_variable("head/weights", initializer=noise("w", 4, 5))
        bias = v1.get_variable("head/bias", initializer=noise("b", 5))
        return tf.nn.softmax(tf.matmul(pooled, weights) + bias, name="probabilities")


def frozen_graph():
    graph = tf.Graph()
    with graph.as_default(), v1.Session(graph=graph) as session:
        convolutional()
        session.run(v1.global_variables_initializer())
        return v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(add_shapes=True), ["head/probabilities"])


def frozen():
    save("tensorflow/frozen/frozen.pb", stable(frozen_graph()))


def meta():
    """A graph for training with its checkpoint, as `Saver` writes them."""
    graph = tf.Graph()
    with tempfile.TemporaryDirectory() as folder, graph.as_default(), v1.Session(graph=graph) as session:
        with v1.variable_scope("layer", use_resource=False):
            x = v1.placeholder(tf.float32, [None, 4], name="x")
            kernel = v1.get_variable("kernel", initializer=noise("k", 4, 3))
            bias = v1.get_variable("bias", initializer=noise("b", 3), use_resource=True)
            y = tf.nn.relu(tf.matmul(x, kernel) + bias)
        loss = tf.reduce_sum(y)
        v1.train.GradientDescentOptimizer(0.1).minimize(loss)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, os.path.join(folder, "model.ckpt"), write_state=False)
        for file in sorted(Path(folder).iterdir()):
            data = file.read_bytes()
            if file.suffix == ".meta":
                data = stable(meta_graph_pb2.MetaGraphDef.FromString(data))
            save(f"tensorflow/meta/{file.name}", data)


def partitioned():
    """Variables in parts, as for parameter servers: by rows, by columns, and one that a second graph cuts in another way."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "other"))
        for rows in (3, 2):
            graph = tf.Graph()
            with graph.as_default(), v1.Session(graph=graph) as session:
                cut = v1.fixed_size_partitioner
                ids = v1.placeholder(tf.int32, [None], name="ids")
                table = v1.get_variable("table", (7, 4), initializer=v1.random_uniform_initializer(seed=3), partitioner=cut(rows))
                kernel = v1.get_variable("dense/kernel", (4, 6), initializer=v1.random_uniform_initializer(seed=5), partitioner=cut(2, axis=1), use_resource=True)
                y = tf.matmul(v1.nn.embedding_lookup(table, ids, partition_strategy="div"), tf.concat(list(kernel), 1))
                tf.identity(y, name="scores")
                saver = v1.train.Saver()
                if rows == 3:
                    session.run(v1.global_variables_initializer())
                    saver.save(session, os.path.join(folder, "model.ckpt"), write_state=False)
                    v1.train.Saver(write_version=1).save(session, os.path.join(folder, "old.ckpt"), write_meta_graph=False, write_state=False)
                else:
                    # Another graph for the same values, in files of the same name.
                    saver.export_meta_graph(os.path.join(folder, "other", "model.ckpt.meta"))
        for file in sorted(Path(folder).rglob("*")):
            if file.is_dir():
                continue
            data = file.read_bytes()
            if file.suffix == ".meta":
                data = stable(meta_graph_pb2.MetaGraphDef.FromString(data))
            save(f"tensorflow/partitioned/{file.relative_to(folder).as_posix()}", data)
            if "other" not in file.parts and file.name.startswith("model") and file.suffix != ".meta":
                save(f"tensorflow/partitioned/other/{file.name}", data)


class Scale(tf.Module):
    def __init__(self, size, name):
        super().__init__(name)
        self.kernel = tf.Variable(noise(f"{name}.kernel", size, size), name="kernel")

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="value")])
    def __call__(self, value):
        return tf.tanh(tf.matmul(value, self.kernel))


class Net(tf.Module):
    """Two layers, a choice, a loop, a table; one function that others call."""

    def __init__(self):
        super().__init__("net")
        self.layers = [Scale(4, f"scale_{index}") for index in range(2)]
        self.bias = tf.Variable(noise("bias", 4), name="bias")
        self.table = tf.constant(noise("table", 7, 4))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="features")])
    def serve(self, features):
        value = features
        for layer in self.layers:
            value = layer(value)
        value = tf.cond(tf.reduce_sum(value) > 0, lambda: value + self.bias, lambda: value * 2.0)
        _, value = tf.while_loop(lambda i, v: i < 3, lambda i, v: (i + 1, self.layers[0](v)), (0, value))
        return {"scores": value, "best": tf.argmax(value, -1)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32, name="ids")])
    def embed(self, ids):
        return {"rows": tf.gather(self.table, ids)}


def saved():
    net = Net()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(net, folder, signatures={"serving_default": net.serve, "embed": net.embed})
        keep("saved", folder)


def unsigned():
    """A module without signatures, as TensorFlow Hub has many: its functions are called by shapes that they were traced with."""
    module = tf.Module("plain")
    module.scale = Scale(4, "scale")
    module.offset = tf.Variable(noise("offset", 4), name="offset")
    module.table = tf.Variable(noise("table", 5, 4), name="offset")
    module.shift = tf.function(lambda value: module.scale(value) + module.offset)
    module.shift.get_concrete_function(tf.TensorSpec([None, 4], tf.float32))
    module.look_up = tf.function(lambda ids: tf.gather(module.table, ids))
    module.look_up.get_concrete_function(tf.TensorSpec([None], tf.int32))
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder)
        keep("unsigned", folder)


def exported():
    """What Keras exports for serving."""
    layers = keras.layers
    inputs = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax", name="classes")(x), name="classifier")
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        keep("exported", folder)


def keras2():
    """What Keras 2 saves: classes and settings of its layers are in a file beside the model."""
    layers = tf_keras.layers
    model = tf_keras.Sequential(
        [layers.InputLayer((6, 3), name="tokens"), layers.LSTM(2, name="lstm"), layers.Dense(2, name="dense", activation="relu")], name="small"
    )
    with tempfile.TemporaryDirectory() as folder:
        model.save(folder, save_format="tf", save_traces=True)
        keep("keras2", folder, ("keras_metadata.pb",))
        model = saved_model_pb2.SavedModel.FromString(Path(folder, "saved_model.pb").read_bytes())
        # Functions that only training needs would make the file too large.
        wanted, functions = set(), {f.signature.name: f for f in model.meta_graphs[0].graph_def.library.function}
        left = [node.attr["f"].func.name for node in model.meta_graphs[0].graph_def.node if "f" in node.attr]
        while left:
            name = left.pop()
            if name not in wanted and name in functions:
                wanted.add(name)
                for node in functions[name].node_def:
                    for value in node.attr.values():
                        left += [value.func.name] + [func.name for func in value.list.func]
        del model.meta_graphs[0].graph_def.library.function[:]
        model.meta_graphs[0].graph_def.library.function.extend(f for name, f in functions.items() if name in wanted)
        save("tensorflow/keras2/saved_model.pb", stable(model))
        for file in sorted(Path(folder, "variables").iterdir()):
            save(f"tensorflow/keras2/variables/{file.name}", file.read_bytes())


def v1saved():
    """A SavedModel of TensorFlow 1: two signatures on one graph."""
    graph = tf.Graph()
    with tempfile.TemporaryDirectory() as folder, graph.as_default(), v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.float32, [None, 3], name="x")
        kernel = v1.get_variable("dense/kernel", initializer=noise("kernel", 3, 2), use_resource=True)
        logits = tf.matmul(x, kernel, name="logits")
        best = tf.argmax(logits, 1, name="best")
        session.run(v1.global_variables_initializer())
        builder = v1.saved_model.Builder(os.path.join(folder, "model"))
        sign = v1.saved_model.predict_signature_def
        signatures = {"serving_default": sign({"x": x}, {"logits": logits}), "classify": sign({"x": x}, {"best": best})}
        builder.add_meta_graph_and_variables(session, ["serve"], signatures)
        builder.save()
        keep("v1saved", os.path.join(folder, "model"))


def loop():
    """A loop and a choice of TensorFlow 1: frames, switches, edges that go back."""
    v1.disable_control_flow_v2()
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [4], name="x")
        _, y = v1.while_loop(lambda i, v: i < 5, lambda i, v: (i + 1, tf.nn.relu(v * 0.5)), [tf.constant(0), x])
        z = v1.cond(tf.reduce_sum(y) > 0, lambda: y + 1.0, lambda: y - 1.0)
        with v1.control_dependencies([v1.Assert(tf.reduce_all(z > -1), [z])]):
            tf.identity(z, name="result")
    v1.enable_control_flow_v2()
    save("tensorflow/loop/loop.pb", stable(graph.as_graph_def(add_shapes=True)))


def frames():
    """Loops of TensorFlow 1 in each other, a cell of weights in the inner one, and the loops of their gradients."""
    v1.disable_control_flow_v2()
    graph = tf.Graph()
    with graph.as_default():
        x = v1.placeholder(tf.float32, [2, 4], name="x")
        kernel = tf.constant(noise("kernel", 4, 4), name="kernel")

        def outer(step, value):
            with v1.name_scope("cell"):
                value = tf.tanh(tf.matmul(value, kernel))
            _, value = v1.while_loop(lambda i, v: i < step, lambda i, v: (i + 1, v * 0.5), [0, value], name="inner")
            return step + 1, value

        with v1.name_scope("rnn"):
            _, y = v1.while_loop(lambda i, v: i < 5, outer, [0, x])
        (slope,) = tf.gradients(tf.reduce_sum(y), [x])
        tf.identity(slope, name="slope")
    v1.enable_control_flow_v2()
    save("tensorflow/frames/frames.pb", stable(graph.as_graph_def()))


def text():
    save("tensorflow/text/frozen.pbtxt", text_format.MessageToString(frozen_graph()).encode())
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(Scale(4, "scale"), folder)
        model = saved_model_pb2.SavedModel.FromString(Path(folder, "saved_model.pb").read_bytes())
    stable(model)
    save("tensorflow/text/saved_model.pbtxt", text_format.MessageToString(model).encode())


def types():
    """Strings, ragged and sparse tensors, quantised and small types, functions that operators take as settings."""
    graph = tf.Graph()
    with graph.as_default():
        texts = v1.placeholder(tf.string, [None], name="texts")
        words = tf.strings.split(texts, " ")
        lengths = words.row_lengths()
        tf.strings.join([texts, tf.constant("\u00e9\n")], name="joined")
        tf.quantization.quantize(tf.constant([[-1.0, 2.0]]), -3.0, 3.0, tf.qint8, name="quantised")
        tf.cast(lengths, tf.bfloat16, name="small")
        tf.sparse.to_dense(tf.sparse.from_dense([[0, 1], [2, 0]]))
        tf.constant([True, False], name="flags")
        tf.constant([1 + 2j], tf.complex64, name="complex")
        tf.constant(0.5, tf.float16, [3, 3], name="filled")
        ones = tf.map_fn(lambda x: x * 2, tf.range(4), name="twice")
        tf.debugging.check_numerics(tf.cast(ones, tf.float32), "numbers", name="checked")
    save("tensorflow/types/types.pb", stable(graph.as_graph_def(add_shapes=True)))


def record(data):
    """A record of TFRecord: length, checksum, bytes, checksum."""
    from tensorflow.python.lib.io import tf_record

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "record")
        with tf_record.TFRecordWriter(path) as writer:
            writer.write(data)
        return Path(path).read_bytes()


def events():
    """What TensorBoard reads: a log whose first entries are a version and a graph."""
    graph = tf.Graph()
    with graph.as_default():
        with v1.name_scope("model"):
            tf.square(v1.placeholder(tf.float32, [2], name="x"), name="y")
    entries = [
        event_pb2.Event(wall_time=1.0, file_version="brain.Event:2"),
        event_pb2.Event(wall_time=2.0, graph_def=graph.as_graph_def().SerializeToString(deterministic=True)),
        event_pb2.Event(wall_time=3.0, step=1),
    ]
    save("tensorflow/events/events.out.tfevents.1.host", b"".join(record(entry.SerializeToString()) for entry in entries))


if __name__ == "__main__":
    for folder in FOLDERS:
        shutil.rmtree(FIXTURES / "tensorflow" / folder, ignore_errors=True)
    keras.utils.set_random_seed(7)
    for make in (frozen, meta, saved, unsigned, exported, keras2, v1saved, loop, frames, partitioned, text, types, events):
        make()
