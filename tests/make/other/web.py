"""Graph models of TensorFlow.js, by its own converter: a frozen graph with weights in bytes, and a SavedModel with functions.

The converter asks for packages that cannot be installed beside this TensorFlow, for kinds of model that are not here: they are left out, and empty
modules take their place.
"""

import os
import subprocess
import sys
import tempfile
import types
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: F401
import tensorflow  # noqa: F401
import tf_keras  # noqa: F401
from common import FIXTURES, save

subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "tensorflowjs==4.22.0"], check=True)

for name in ("tensorflow_decision_forests", "jax", "jax.experimental", "jax.experimental.jax2tf"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["jax"].experimental = sys.modules["jax.experimental"]
sys.modules["jax"].Array = object
sys.modules["jax.experimental"].jax2tf = sys.modules["jax.experimental.jax2tf"]

from tensorflowjs.converters import tf_saved_model_conversion_v2 as converter  # noqa: E402


def convert(name, write):
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        for file in sorted(Path(folder).iterdir()):
            save(f"tensorflow/{name}/{file.name}", file.read_bytes())


def frozen(folder):
    path = str(FIXTURES / "tensorflow" / "frozen" / "frozen.pb")
    converter.convert_tf_frozen_model(path, "head/probabilities", folder, quantization_dtype_map={"uint8": True})


def saved(folder):
    converter.convert_tf_saved_model(str(FIXTURES / "tensorflow" / "saved"), folder, control_flow_v2=True, weight_shard_size_bytes=128)


convert("web", frozen)
convert("web-functions", saved)
