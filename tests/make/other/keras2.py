"""Keras 2: whole models and weights in HDF5, its archives, descriptions; models of layers for TensorFlow.js, by its converter.

Also writes keras/v2/values.json: what h5py reads from the same files.
"""

import importlib
import io
import os
import re
import subprocess
import sys
import tempfile
import types
import zipfile
from importlib.util import find_spec
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import h5py
import numpy as np
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import FIXTURES, function, noise, record, save, save_json

keras, layers = tf.keras, tf.keras.layers
EXPECTED = {}


def values(data):
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "biufc":
            found[name] = record(np.asarray(item[()]))

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)
    return found


def tidy(data):
    """The same archive, whenever it was made."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "metadata.json":
                content = re.sub(rb'("date_saved": )"[^"]*"', rb'\1"2026-01-01@00:00:00"', content)
            if entry.filename == "config.json":
                content = re.sub(rb'"shared_object_id": \d+', b'"shared_object_id": 1', content)
            new.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()


def write(name, model, weights=False):
    path = f"keras/v2/{name}"
    if name.endswith(".json"):
        return save(path, model.to_json().encode())
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, name)
        (model.save_weights if weights else model.save)(target)
        data = Path(target).read_bytes()
    if name.endswith(".keras"):
        data = tidy(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            EXPECTED[name] = values(archive.read("model.weights.h5"))
    else:
        EXPECTED[name] = values(data)
    save(path, data)


def filled(model):
    model.set_weights([noise(f"{number}", *weight.shape, scale=0.2) for number, weight in enumerate(model.get_weights())])
    return model


def nested():
    """A model in a model, shared layers, functions of TensorFlow as layers, a Lambda."""
    inside = keras.Input((6, 6, 4), name="features")
    x = layers.SeparableConv2D(4, 3, padding="same", name="conv")(inside)
    block = keras.Model(inside, layers.BatchNormalization(name="norm")(x), name="block")
    image, factor = keras.Input((6, 6, 3), name="image"), keras.Input((1,), name="factor")
    stem = layers.Conv2D(4, 1, name="stem")
    x = layers.add([stem(image), stem(image * 2.0)], name="sum")
    x = block(tf.nn.relu(x) + tf.reshape(factor, (-1, 1, 1, 1)))
    x = layers.Lambda(function("lambda v: tf.reduce_mean(v, axis=[1, 2])", tf=tf), name="mean")(x)
    x = tf.concat([x, factor], axis=-1)
    tail = keras.Sequential([layers.Dense(4, activation="relu", name="hidden"), layers.Dense(2, name="out")], name="tail")
    return filled(keras.Model([image, factor], [tail(x), x], name="nested"))


def sequential():
    model = keras.Sequential(
        [
            layers.Conv1D(4, 3, strides=2, padding="causal", input_shape=(12, 3), name="conv"),
            layers.Bidirectional(layers.LSTM(3), name="both_ways"),
            layers.Dense(2, activation="softmax", name="classes"),
        ],
        name="chain",
    )
    model.compile("adam", "mse")
    filled(model)
    model.train_on_batch(np.ones((2, 12, 3), np.float32), np.zeros((2, 2), np.float32))
    return filled(model)


class Net(keras.Model):
    def __init__(self):
        super().__init__(name="net")
        self.embed = layers.Embedding(9, 4, name="embed")
        self.attend = layers.MultiHeadAttention(2, 2, name="attend")
        self.out = layers.Dense(3, name="out")

    def call(self, inputs):
        x = self.embed(inputs)
        return self.out(self.attend(x, x))


def subclassed():
    model = Net()
    model(np.zeros((1, 5), np.int32))
    return filled(model)


def many():
    """So many layers that their names do not fit one attribute, when an attribute may have so few bytes."""
    from keras.src.saving.legacy import hdf5_format

    hdf5_format.HDF5_OBJECT_HEADER_LIMIT = 80
    model = keras.Sequential([layers.Dense(2, use_bias=False, input_shape=(2,), name=f"a_layer_with_a_long_name_{n}") for n in range(8)])
    return filled(model)


def converter():
    """The converter of TensorFlow.js, without what its package imports: that cannot be installed beside this Keras, and is not needed."""
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "tensorflowjs==4.22.0"], check=True)
    root = Path(find_spec("tensorflowjs").submodule_search_locations[0])
    for package, folder in (("tensorflowjs", root), ("tensorflowjs.converters", root / "converters")):
        sys.modules[package] = types.ModuleType(package)
        sys.modules[package].__path__ = [str(folder)]
    sys.modules["tensorflowjs"].version = importlib.import_module("tensorflowjs.version")
    return importlib.import_module("tensorflowjs.converters.keras_h5_conversion")


def for_javascript(converter, name, source, **options):
    """The model of an HDF5 file as the converter writes it."""
    with tempfile.TemporaryDirectory() as folder, h5py.File(FIXTURES / "keras" / "v2" / source, "r") as file:
        model, groups = converter.h5_merged_saved_model_to_tfjs_format(file)
        converter.write_artifacts(model, groups, folder, **options)
        for written in sorted(Path(folder).iterdir()):
            save(f"keras/tfjs/{name}/{written.name}", written.read_bytes())


if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    for make, name in ((nested, "nested.h5"), (nested, "nested.keras"), (nested, "nested.json"), (sequential, "sequential.h5")):
        keras.backend.clear_session()
        write(name, make())
    for make, name in ((sequential, "sequential.weights.h5"), (sequential, "sequential_weights.h5"), (subclassed, "subclassed_weights.h5"), (many, "many_weights.h5")):
        keras.backend.clear_session()
        write(name, make(), weights=True)
    save_json("keras/v2/values.json", EXPECTED)
    convert = converter()
    for_javascript(convert, "nested", "nested.h5", weight_shard_size_bytes=400)
    for_javascript(convert, "quantised", "sequential.h5", quantization_dtype_map={"uint8": "*"})
