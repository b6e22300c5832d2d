"""Weights of TensorFlow.js without a model: lists of weights with their files, written and read by the converter's own functions."""

import importlib
import json
import sys
import tempfile
import types
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from common import noise, record, save, save_json

FOLDER = "tfjs"


def load(name):
    """A module of tensorflowjs, without what its package imports to convert models."""
    if "tensorflowjs" not in sys.modules:
        package = types.ModuleType("tensorflowjs")
        package.__path__ = list(find_spec("tensorflowjs").submodule_search_locations)
        sys.modules["tensorflowjs"] = package
    return importlib.import_module(f"tensorflowjs.{name}")


def network():
    """A small network for images by the names of Keras, and a head beside it."""
    backbone = {
        "stem/kernel": noise("stem", 3, 3, 3, 8),
        "stem/bias": noise("stem bias", 8),
        "norm/gamma": noise("gamma", 8),
        "norm/beta": noise("beta", 8),
        "norm/moving_mean": noise("mean", 8),
        "norm/moving_variance": np.abs(noise("variance", 8)),
        "block/depthwise_kernel": noise("depthwise", 3, 3, 8, 1),
        "block/pointwise_kernel": noise("pointwise", 1, 1, 8, 16),
    }
    head = {"dense/kernel": noise("dense", 64, 10), "dense/bias": noise("dense bias", 10)}
    return [backbone, head]


def kinds():
    """A weight of each type, with texts of unequal length before others."""
    texts = np.array(["cat", "", "Übermut", "a longer word"], dtype=object)
    return [
        {
            "float": noise("float", 2, 3),
            "scalar": np.array(1.5, dtype=np.float32),
            "whole": np.array([[-3, 0], [7, 2**31 - 1]], dtype=np.int32),
            "truth": np.array([True, False, True]),
            "words": np.array([text.encode() for text in texts], dtype=object),
            "complex": np.array([1 + 2j, -0.5j], dtype=np.complex64),
            "bytes": np.arange(5, dtype=np.uint8),
            "shorts": np.arange(5, dtype=np.uint16) * 1000,
            "empty": np.zeros((0, 4), dtype=np.float32),
        }
    ]


def write(name, groups, manifest="weights_manifest.json", **options):
    """Writes `groups` into a folder of their own, and gives what the converter reads from there."""
    groups = [[{"name": key, "data": data} for key, data in group.items()] for group in groups]
    with tempfile.TemporaryDirectory() as folder:
        content = load("write_weights").write_weights(groups, folder, **options)
        for path in sorted(Path(folder).iterdir()):
            target = manifest if path.suffix == ".json" else path.name
            save(f"{FOLDER}/{name}/{target}", path.read_bytes())
        read = load("read_weights").read_weights(content, folder, flatten=True)
    return {f"{name}/{manifest}": {weight["name"]: record(weight["data"]) for weight in read}}


def main():
    values = {}
    values |= write("plain", network())
    # The files are so small that most weights are in two, and some in more.
    values |= write("sharded", network(), shard_size_bytes=500)
    values |= write("kinds", kinds())
    values |= write("kinds-sharded", kinds(), shard_size_bytes=32)
    for kind in ["uint8", "uint16", "float16"]:
        values |= write(kind, network(), "model-weights_manifest.json", quantization_dtype_map={kind: "*kernel"})
    whole = [{"index": np.array([-40, 0, 7, 900], dtype=np.int32), "after": noise("after", 3)}]
    values |= write("whole", whole, quantization_dtype_map={"uint8": "index"})
    save_json(f"{FOLDER}/values.json", values)
    odd = [
        {"paths": ["../outside.bin"], "weights": [{"name": "outside", "shape": [2], "dtype": "float32"}]},
        {
            "paths": ["group1-shard1of1.bin"],
            "weights": [
                {"name": "first", "shape": [2], "dtype": "float32"},
                {"name": "strange", "shape": [2], "dtype": "float13"},
                {"name": "behind", "shape": [2], "dtype": "float32"},
            ],
        },
        {"paths": [], "weights": [{"name": "nowhere", "shape": [1], "dtype": "int32"}, {"name": 3}]},
    ]
    save(f"{FOLDER}/odd/weights_manifest.json", json.dumps(odd).encode())
    save(f"{FOLDER}/odd/group1-shard1of1.bin", bytes(24))


if __name__ == "__main__":
    main()
