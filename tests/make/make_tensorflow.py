"""TensorFlow: checkpoints of both versions, with graphs of objects and without, in parts, of every element type.

Also writes tensorflow/values.json: what TensorFlow itself reads from the same files.
"""

import os
import shutil
import tempfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

from tensorflow.core.protobuf import trackable_object_graph_pb2

from common import FIXTURES, noise, record, save, save_json

EXPECTED = {}
FOLDER = FIXTURES / "tensorflow"
tf.keras.utils.set_random_seed(7)


def write(name, saver, rename=lambda key: key):
    """Saves what `saver` writes to a path, and what TensorFlow reads from it."""
    with tempfile.TemporaryDirectory() as folder:
        stem = os.path.join(folder, name.split("/")[-1])
        saver(stem)
        for file in sorted(Path(folder).iterdir()):
            save(f"tensorflow/{name.rsplit('/', 1)[0]}/{file.name}", file.read_bytes())
    prefix = str(FOLDER / name)
    index = f"{name}.index" if (FOLDER / f"{name}.index").exists() else name
    reader = tf.train.load_checkpoint(prefix)
    records, called = {}, names(reader) if rename is objects else {}
    for key in sorted(reader.get_variable_to_shape_map()):
        if key != "_CHECKPOINTABLE_OBJECT_GRAPH":
            value = reader.get_tensor(key)
            if not isinstance(value, bytes) and np.asarray(value).dtype != object:
                records[called.get(key) or rename(key)] = record(np.asarray(value))
    EXPECTED[index] = records


def names(reader):
    """The names that variables had, by key, if they tell all of them apart and say where they belong."""
    graph = trackable_object_graph_pb2.TrackableObjectGraph()
    graph.ParseFromString(reader.get_tensor("_CHECKPOINTABLE_OBJECT_GRAPH"))
    attributes = [attribute for node in graph.nodes for attribute in node.attributes]
    found = {attribute.checkpoint_key: attribute.full_name for attribute in attributes if attribute.full_name}
    well = len(set(found.values())) == len(found) and all("/" in name for name in found.values())
    return found if well else {}


def objects(key):
    """The path of objects under which the viewer shows the variable with that key."""
    path = key.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")
    if "/.OPTIMIZER_SLOT/" in path:
        variable, slot = path.split("/.OPTIMIZER_SLOT/")
        path = f"{slot}/{variable}"
    return path


class Block(tf.Module):
    def __init__(self, size, name):
        super().__init__(name)
        self.kernel = tf.Variable(noise(f"{name}.kernel", size, size), name="kernel")
        self.bias = tf.Variable(noise(f"{name}.bias", size), name="bias")


class Net(tf.Module):
    """Modules in lists, one of them shared."""

    def __init__(self):
        super().__init__("net")
        self.embedding = tf.Variable(noise("embedding", 11, 4), name="embedding")
        self.blocks = [Block(4, f"block_{index}") for index in range(3)]
        self.again = self.blocks[0]
        self.step = tf.Variable(3, dtype=tf.int64, name="step")
        self.table = tf.Variable(["a", "bc", ""], name="names")


def module():
    write("module/ckpt-1", lambda path: tf.train.Checkpoint(model=Net()).write(path), objects)


def keras_model():
    return tf.keras.Sequential(
        [
            tf.keras.layers.Input((8, 8, 3)),
            tf.keras.layers.Conv2D(4, 3, name="conv"),
            tf.keras.layers.BatchNormalization(name="bn"),
            tf.keras.layers.DepthwiseConv2D(3, name="depthwise"),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(5, name="dense"),
        ]
    )


def train(model, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(tf.zeros((1, 8, 8, 3))))
    weights = model.trainable_variables
    optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights))


def keras():
    """A Keras model with its optimiser."""
    model, optimizer = keras_model(), tf.keras.optimizers.Adam()
    train(model, optimizer)
    write("keras/ckpt", lambda path: tf.train.Checkpoint(model=model, optimizer=optimizer).write(path), objects)


def recurrent():
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((6,)),
            layers.Embedding(12, 5, name="tokens"),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="lstm"),
            layers.GRU(4, return_sequences=True, name="gru"),
            layers.LayerNormalization(name="norm"),
            layers.Conv1D(3, 2, name="conv"),
            layers.SeparableConv1D(3, 2, name="separable"),
        ]
    )
    write("keras/recurrent", lambda path: tf.train.Checkpoint(model).write(path), objects)


def slots(key):
    """The path under which the viewer shows what an optimiser of TensorFlow 1 keeps about a variable."""
    variable, _, last = key.rpartition("/")
    return f"{last}/{variable}" if last in ("Adam", "Adam_1") else key


def session(build, save_with, name, rename=slots):
    """Runs a program of TensorFlow 1 and saves its variables."""
    graph = tf.Graph()
    with graph.as_default(), tf.compat.v1.Session(graph=graph) as running:
        build()
        running.run(tf.compat.v1.global_variables_initializer())
        write(name, lambda path: save_with(running, path), rename)


def saver(version):
    def save_with(running, path):
        tool = tf.compat.v1.train.Saver(write_version=version)
        tool.save(running, path, write_meta_graph=False, write_state=False)

    return save_with


def dense():
    v1 = tf.compat.v1
    images = tf.constant(noise("images", 2, 4), tf.float32)
    with v1.variable_scope("layer"):
        kernel = v1.get_variable("kernel", initializer=noise("k", 4, 3))
        bias = v1.get_variable("bias", initializer=noise("b", 3))
    loss = tf.reduce_sum(tf.matmul(images, kernel) + bias)
    v1.train.get_or_create_global_step()
    v1.train.AdamOptimizer().minimize(loss)


def parts():
    """A variable that is kept in parts, as for parameter servers."""
    v1 = tf.compat.v1
    v1.get_variable("table", (10, 3), initializer=v1.random_uniform_initializer(seed=3), partitioner=v1.fixed_size_partitioner(3))
    v1.get_variable("bias", initializer=noise("b", 3))


def dtypes():
    names = "float16 float32 float64 bfloat16 int8 uint8 int16 uint16 int32 uint32 int64 uint64 complex64 complex128 bool".split()
    return {name: tf.Variable(tf.cast(tf.constant([[0, 1, 2], [3, 4, 5]]), name), name=name) for name in names}


def all_dtypes():
    write("dtypes/ckpt", lambda path: tf.train.Checkpoint(**dtypes()).write(path), objects)


def latest():
    """The file that names the latest checkpoint."""
    with tempfile.TemporaryDirectory() as folder:
        manager = tf.train.CheckpointManager(tf.train.Checkpoint(w=tf.Variable([1.0, 2.0])), folder, max_to_keep=1)
        manager.save()
        for file in sorted(Path(folder).iterdir()):
            data = file.read_bytes()
            if file.name == "checkpoint":
                lines = [line for line in data.decode().splitlines() if "timestamp" not in line]
                data = ("\n".join(lines) + "\n").encode()
            save(f"tensorflow/latest/{file.name}", data)


def lonely():
    """An index without its values, and values without their index."""
    for folder, file in (("no-values", "ckpt-1.index"), ("no-index", "ckpt-1.data-00000-of-00001")):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
        save(f"tensorflow/{folder}/{file}", (FOLDER / "module" / file).read_bytes())


if __name__ == "__main__":
    for folder in ("module", "keras", "dtypes", "v1", "v2", "parts", "latest", "no-values", "no-index"):
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
    module()
    keras()
    recurrent()
    all_dtypes()
    version = tf.compat.v1.train.SaverDef
    session(dense, saver(version.V2), "v2/model.ckpt")
    session(dense, saver(version.V1), "v1/model.ckpt")
    session(parts, saver(version.V2), "parts/model.ckpt")
    latest()
    lonely()
    save_json("tensorflow/values.json", EXPECTED)
