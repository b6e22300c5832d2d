"""Keras 3: archives, whole models in HDF5, weights alone, descriptions alone; every form in which layers are called.

Also writes keras/values.json: what h5py reads from the same files. What Keras writes of the time of saving, and of addresses in memory, is replaced.
"""

import io
import itertools
import json
import os
import re
import tempfile
import zipfile
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import keras
import numpy as np
from keras import layers, ops

from archives import edited
from common import function, noise, record, save, save_json

EXPECTED = {}
SAVED = "2026-01-01@00:00:00"


def settled(text):
    """A description without what differs from run to run: addresses become numbers, in the order in which they come."""
    known = {}
    number = itertools.count(1)
    text = re.sub(r'("shared_object_id": )(\d+)', lambda m: m[1] + str(known.setdefault(m[2], next(number))), text)
    return re.sub(r'("date_saved": )"[^"]*"', rf'\1"{SAVED}"', text)


def tidy(data):
    """The same archive, whenever it was made."""

    def edit(name, content):
        return settled(content.decode()).encode() if name.endswith(".json") else content

    return edited(data, edit)


def values(data):
    """What h5py reads from an HDF5 file."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and item.dtype.kind in "biufc" and item.shape is not None:
            found[name] = record(np.asarray(item[()]))

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)
    return found


def saved(save_to, name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        save_to(path)
        return Path(path).read_bytes()


def write(path, model, of=None):
    """Saves `model` by what `path` ends in; the record of values is that of the HDF5 file in it."""
    name = Path(path).name
    if path.endswith(".weights.h5"):
        data = saved(model.save_weights, name)
    elif path.endswith(".json"):
        data = settled(model.to_json()).encode()
    else:
        data = saved(model.save, name)
    if path.endswith(".keras"):
        data = tidy(data)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            EXPECTED[path.removeprefix("keras/")] = values(archive.read("model.weights.h5"))
    elif path.endswith(".h5"):
        EXPECTED[path.removeprefix("keras/")] = values(data)
    save(path, data)


def filled(model):
    """Gives a model weights that are the same in each run."""
    model.set_weights(
        [
            noise(f"{number}", *weight.shape, scale=0.2).astype(weight.dtype) if np.asarray(weight).dtype.kind == "f" else weight
            for number, weight in enumerate(model.get_weights())
        ]
    )
    return model


def nested():
    """A block that is a model, called twice; a layer with shared weights; a Lambda."""
    inside = keras.Input((8, 8, 4), name="features")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False, name="conv")(inside)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.ReLU(max_value=6.0, name="relu")(x)
    block = keras.Model(inside, layers.Add(name="residual")([inside, x]), name="block")
    image = keras.Input((8, 8, 3), name="image")
    stem = layers.Conv2D(4, 1, activation="relu", name="stem")
    both = layers.Concatenate(name="both")([stem(image), stem(1.0 - image)])
    x = layers.Conv2D(4, 1, name="reduce")(both)
    x = block(block(x))
    x = layers.Lambda(function("lambda z: z / 255.0"), output_shape=(8, 8, 4), name="scale")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return filled(keras.Model(image, layers.Dense(3, activation="softmax", name="classes")(x), name="nested"))


def sequential():
    """A chain, trained a step, so that there is state of the optimiser."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="digits"),
            layers.Conv2D(4, 3, strides=2, padding="same", name="conv"),
            layers.BatchNormalization(scale=False, name="norm"),
            layers.Activation("gelu", name="gelu"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.25, seed=1, name="drop"),
            layers.Dense(2, name="logits"),
        ],
        name="chain",
    )
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse", metrics=["mae"])
    filled(model)
    model.train_on_batch(np.ones((2, 8, 8, 1), np.float32), np.zeros((2, 2), np.float32))
    return filled(model)


def recurrent():
    """Wrappers, cells, and arguments by name."""
    text = keras.Input((None,), dtype="int32", name="text")
    x = layers.Embedding(12, 4, mask_zero=True, name="words")(text)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(x)
    x, state = layers.GRU(4, return_sequences=True, return_state=True, name="gru")(x)
    x = layers.RNN(layers.StackedRNNCells([layers.LSTMCell(3), layers.SimpleRNNCell(2)]), return_sequences=True, name="stacked")(x)
    x = layers.TimeDistributed(layers.Dense(2, use_bias=False), name="each")(x)
    return filled(keras.Model(text, {"steps": x, "state": state}, name="recurrent"))


def attention():
    """Calls with several arguments, operations of keras.ops, a dictionary of inputs, several outputs."""
    inputs = {"query": keras.Input((6, 8), name="query"), "memory": keras.Input((5, 8), name="memory", dtype="float16")}
    x = layers.LayerNormalization(name="norm")(inputs["query"])
    x = layers.MultiHeadAttention(2, 4, name="attend")(x, value=ops.cast(inputs["memory"], "float32"))
    x = ops.add(x, inputs["query"])
    left, right = ops.split(x, 2, axis=-1)
    x = left * ops.sigmoid(right) ** 2
    x = layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d", name="einsum")(x)
    return filled(keras.Model(inputs, [ops.mean(x, axis=1), ops.max(x, axis=(1, 2))], name="attention"))


@keras.saving.register_keras_serializable(package="Zoo")
class Gate(layers.Layer):
    """A layer of one's own, with a layer in it."""

    def __init__(self, units=4, **settings):
        super().__init__(**settings)
        self.units = units
        self.inner = layers.Dense(units, activation="sigmoid")

    def build(self, shape):
        self.inner.build(shape)
        self.scale = self.add_weight(shape=(self.units,), name="scale")
        super().build(shape)

    def call(self, inputs):
        return inputs * self.inner(inputs) * self.scale

    def get_config(self):
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="Zoo")
class Net(keras.Model):
    """A model that is a program: only its weights tell what is in it."""

    def __init__(self, width=4, **settings):
        super().__init__(**settings)
        self.width = width
        self.stem = layers.Dense(width, name="stem")
        self.blocks = [Gate(width, name=f"gate_{number}") for number in range(2)]
        self.norm = layers.LayerNormalization()
        self.head = keras.Sequential([layers.Dense(3), layers.Dense(2)], name="head")

    def call(self, inputs):
        x = self.stem(inputs)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def get_config(self):
        return super().get_config() | {"width": self.width}


def subclassed():
    model = Net(name="net")
    model(np.zeros((1, 4), np.float32))
    return filled(model)


def custom():
    features = keras.Input((4,), name="features")
    x = Gate(4, name="gate")(features)
    half = layers.Dense(2, dtype="bfloat16", name="half")(x)
    return filled(keras.Model(features, [half, layers.Dense(2, dtype="mixed_float16", name="mixed")(x)], name="custom"))


def quantised(mode):
    """Weights as integers, with what these stand for; a layer without a bias."""
    model = keras.Sequential(
        [
            keras.Input((3,), dtype="int32", name="ids"),
            layers.Embedding(6, 4, name="table"),
            layers.EinsumDense("abc,cd->abd", (None, 4), name="project"),
            layers.Dense(2, name="classes"),
        ],
        name="quantised",
    )
    filled(model).quantize(mode)
    return model


def sharded():
    """Weights in several files, with their index."""
    model = keras.Sequential([keras.Input((4,)), *(layers.Dense(4, name=f"layer_{number}") for number in range(4))], name="sharded")
    with tempfile.TemporaryDirectory() as folder:
        filled(model).save_weights(os.path.join(folder, "parts.weights.json"), max_shard_size=2e-7)
        found = {}
        for file in sorted(Path(folder).iterdir()):
            save(f"keras/v3/sharded/{file.name}", file.read_bytes())
            if file.suffix == ".h5":
                EXPECTED[f"v3/sharded/{file.name}"] = values(file.read_bytes())
                found |= EXPECTED[f"v3/sharded/{file.name}"]
    EXPECTED["v3/sharded/parts.weights.json"] = found


def unpacked():
    """The parts of an archive in a folder."""
    model = filled(keras.Sequential([keras.Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")], name="parts"))
    with zipfile.ZipFile(io.BytesIO(tidy(saved(model.save, "model.keras")))) as archive:
        for name in archive.namelist():
            save(f"keras/v3/unpacked/{name}", archive.read(name))
        EXPECTED["v3/unpacked/config.json"] = values(archive.read("model.weights.h5"))


def older(data):
    """The same weights as versions before 3.4 saved them: without the names of layers."""
    stream = io.BytesIO(data)
    with h5py.File(stream, "r+") as file:
        file.visititems(lambda name, item: item.attrs.pop("name", None))
    return stream.getvalue()


def without_names():
    model = nested()
    data = tidy(saved(model.save, "model.keras"))
    data = edited(data, lambda name, content: older(content) if name.endswith(".h5") else content)
    save("keras/v3/unnamed.keras", data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        EXPECTED["v3/unnamed.keras"] = values(archive.read("model.weights.h5"))


if __name__ == "__main__":
    keras.utils.set_random_seed(7)
    for make in (nested, sequential, recurrent, attention, subclassed, custom):
        keras.backend.clear_session()
        write(f"keras/v3/{make.__name__}.keras", make())
    keras.backend.clear_session()
    write("keras/v3/nested.json", nested())
    for make, ending in ((sequential, "weights.h5"), (sequential, "h5"), (nested, "h5"), (subclassed, "weights.h5")):
        keras.backend.clear_session()
        write(f"keras/v3/{make.__name__}.{ending}", make())
    for mode in ("int8", "int4"):
        keras.backend.clear_session()
        write(f"keras/v3/{mode}.keras", quantised(mode))
    keras.backend.clear_session()
    sharded()
    keras.backend.clear_session()
    unpacked()
    keras.backend.clear_session()
    without_names()
    save_json("keras/values.json", EXPECTED)
