"""Keras 1: descriptions, by its own code; what it would compute with is not there.

Keras 1.2 needs a TensorFlow or Theano that no longer installs. Descriptions need neither: shapes are its own. So TensorFlow is an object that
answers anything, and layers, when they are called, give such an object.
"""

import collections
import collections.abc
import inspect
import os
import sys
import types
from pathlib import Path
from unittest.mock import MagicMock

os.environ["KERAS_BACKEND"] = "tensorflow"
for name in ("Iterable", "Callable", "Mapping", "MutableMapping", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))


class Anything(MagicMock):
    __version__ = "1.0.0"

    def _get_child_mock(self, **settings):
        return Anything(**settings)

    def __int__(self):
        return 1


PARTS = "training training.moving_averages ops ops.control_flow_ops ops.tensor_array_ops ops.functional_ops ops.rnn client"
for name in ["tensorflow", "tensorflow.python", *(f"tensorflow.python.{part}" for part in PARTS.split())]:
    sys.modules[name] = Anything()
for name in ("Tensor", "SparseTensor", "Variable", "Session"):
    setattr(sys.modules["tensorflow"], name, type(name, (), {"__init__": lambda self, *a, **k: None}))
versions = types.ModuleType("pkg_resources")
versions.parse_version = lambda text: tuple(int(part) for part in text.split(".")[:2])
sys.modules["pkg_resources"] = versions

import numpy as np

np.int, np.bool, np.float = int, bool, float
if not hasattr(inspect, "getargspec"):
    Spec = collections.namedtuple("Spec", "args varargs keywords defaults")
    inspect.getargspec = lambda function: Spec(*inspect.getfullargspec(function)[:4])

import keras
from keras import backend
from keras.engine import topology
from keras.layers import (
    LSTM, Activation, BatchNormalization, Bidirectional, Convolution2D, Dense, Dropout, Embedding, Flatten, Input, Lambda, MaxPooling2D, Merge,
    TimeDistributed, merge,
)  # fmt: skip
from keras.models import Model, Sequential

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import function, save

backend.ndim = lambda tensor: len(tensor._keras_shape)
backend.dtype = lambda tensor: "float32"


def placeholder(shape=None, **settings):
    tensor = Anything()
    tensor._keras_shape = shape
    return tensor


backend.placeholder = placeholder


def everything(kind):
    for inner in kind.__subclasses__():
        yield inner
        yield from everything(inner)


for kind in [*everything(topology.Layer)]:
    if not issubclass(kind, topology.Container) and "call" in vars(kind):
        kind.call = lambda self, tensor, mask=None: Anything()
    if not issubclass(kind, topology.Container) and "compute_mask" in vars(kind):
        kind.compute_mask = lambda self, tensor, mask=None: None


def chain():
    model = Sequential(name="chain")
    model.add(Convolution2D(4, 3, 3, border_mode="same", subsample=(2, 2), input_shape=(8, 8, 3), name="conv"))
    model.add(BatchNormalization(name="norm"))
    model.add(Activation("relu", name="relu"))
    model.add(MaxPooling2D((2, 2), name="pool"))
    model.add(Flatten(name="flat"))
    model.add(Dropout(0.5, name="drop"))
    model.add(Dense(3, activation="softmax", name="classes"))
    return model


def branches():
    """A chain that begins with two."""
    left, right = Sequential(name="left"), Sequential(name="right")
    left.add(Dense(4, input_dim=6, name="left_dense"))
    right.add(Dense(4, input_dim=5, name="right_dense"))
    model = Sequential(name="branches")
    model.add(Merge([left, right], mode="concat", name="both"))
    model.add(Dense(2, name="out"))
    return model


def graph():
    words, features = Input(shape=(10,), dtype="int32", name="words"), Input(shape=(6,), name="features")
    x = Bidirectional(LSTM(3, return_sequences=True), name="both_ways")(Embedding(20, 4, name="embedding")(words))
    x = LSTM(6, name="lstm")(TimeDistributed(Dense(5), name="each")(x))
    shared = Dense(5, name="shared")
    both = merge([shared(x), shared(features)], mode="sum", name="sum")
    twice = Lambda(function("lambda v: v * 2"), output_shape=(5,), name="twice")(both)
    return Model([words, features], [twice, Dense(1, name="score")(merge([x, features], mode="concat", name="cat"))], name="graph")


for make in (chain, branches, graph):
    save(f"keras/v1/{make.__name__}.json", make().to_json().encode())
