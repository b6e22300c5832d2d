"""ONNX from PyTorch: its TorchScript exporter, its newer exporter over torch.export, and onnxscript."""

import logging
import os
import tempfile
import warnings
from pathlib import Path

import onnx
import torch
from onnxscript import FLOAT, script
from onnxscript import opset20 as op
from onnxscript.values import Opset

import nets
from common import FIXTURES, save

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")

IMAGE = (torch.zeros(1, 3, 16, 16),)
IDS = (torch.arange(12).reshape(2, 6),)
SEQUENCE = (torch.zeros(2, 3, 4), torch.zeros(1, 2, 5))


def scrub(model):
    """Takes this machine's folders and torch's build number out of what the exporter noted."""
    here = f"{Path(__file__).resolve().parent}/"
    packages = f"{Path(torch.__file__).resolve().parents[1]}/"
    model.producer_version = torch.__version__.split("+")[0]
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        for node in graph.node:
            for entry in node.metadata_props:
                entry.value = entry.value.replace(packages, "").replace(here, "")
            graphs += [attribute.g for attribute in node.attribute if attribute.HasField("g")]
    return model


def export(path, model, inputs, names, dynamo, folder=False, **options):
    """Exports, checks, saves under onnx/. With `folder`, weights go to a file beside the model."""
    with tempfile.TemporaryDirectory() as work:
        target = os.path.join(work, "model.onnx")
        torch.onnx.export(
            model, inputs, target, dynamo=dynamo, input_names=names, external_data=folder, verbose=False, **options
        )
        proto = scrub(onnx.load(target, load_external_data=False))
        save(f"onnx/{path}", proto.SerializeToString(deterministic=True))
        for extra in sorted(Path(work).glob("*.data")):
            save(f"onnx/{Path(path).parent}/{extra.name}", extra.read_bytes())
    onnx.checker.check_model(str(FIXTURES / "onnx" / path), full_check=True)


def by_tracing():
    """The TorchScript exporter: names like /layer1/conv1/Conv, constants as nodes."""
    batch = {"image": {0: "batch"}, "scores": {0: "batch"}}
    cnn = nets.seeded(nets.Cnn())
    export("torch-cnn.onnx", cnn, IMAGE, ["image"], False, output_names=["scores"], dynamic_axes=batch)
    keep = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False, "opset_version": 13}
    export("torch-cnn-training.onnx", cnn, IMAGE, ["image"], False, **keep)
    ids = {"input_ids": {0: "batch", 1: "sequence"}}
    transformer = nets.seeded(nets.Transformer())
    export("torch-transformer.onnx", transformer, IDS, ["input_ids"], False, dynamic_axes=ids, opset_version=17)
    functions = {"export_modules_as_functions": {nets.Block}, "opset_version": 15}
    export("torch-functions.onnx", transformer, IDS, ["input_ids"], False, **functions)
    time = {"sequence": {0: "batch", 1: "time"}, "state": {1: "batch"}}
    recurrent = nets.seeded(nets.Recurrent())
    names = ["sequence", "state"]
    export("torch-recurrent.onnx", recurrent, SEQUENCE, names, False, output_names=["y", "next"], dynamic_axes=time)
    looping = torch.jit.script(nets.seeded(nets.Looping()))
    export("torch-loop.onnx", looping, (torch.zeros(2, 3), torch.tensor(3)), ["x", "steps"], False)


def by_torch_export():
    """The exporter over torch.export: module stacks, source lines and signatures in metadata_props."""
    batch = ({0: "batch"},)
    cnn = nets.seeded(nets.Cnn())
    export("torch-cnn-dynamo.onnx", cnn, IMAGE, ["image"], True, output_names=["scores"], dynamic_shapes=batch)
    export("torch-external/model.onnx", cnn, IMAGE, ["image"], True, folder=True)
    ids = ({0: "batch", 1: "sequence"},)
    transformer = nets.seeded(nets.Transformer())
    export("torch-transformer-dynamo.onnx", transformer, IDS, ["input_ids"], True, dynamic_shapes=ids, opset_version=23)
    recurrent = nets.seeded(nets.Recurrent())
    export("torch-recurrent-dynamo.onnx", recurrent, SEQUENCE, ["sequence", "state"], True)
    export("torch-cond-dynamo.onnx", nets.seeded(nets.Branching()), (torch.zeros(2, 3),), ["x"], True)


activations = Opset("example.activations", 1)


@script(activations, default_opset=op)
def Swish(x, beta: float = 1.0):
    """x times the logistic function of beta x."""
    return x * op.Sigmoid(x * beta)


@script(activations, default_opset=op)
def GatedUnit(x, gate, beta: float):
    return Swish(x, beta=beta) * gate


@script(default_opset=op)
def iterate(x, gate):
    """Functions in a function, a loop that may end early, and a branch."""
    count = op.Constant(value_int=3)
    total = op.Identity(x)
    for i in range(count):
        total = GatedUnit(total, gate, beta=1.5)
        if op.ReduceSum(total, keepdims=0) > 1.0:
            total = total / 2.0
        else:
            total = op.Identity(total)
    return Swish(total)


def by_onnxscript():
    kind = FLOAT["n", 4]
    model = iterate.to_model_proto(input_types=[kind, kind], output_types=[kind])
    save("onnx/onnxscript.onnx", model.SerializeToString(deterministic=True))
    onnx.checker.check_model(model)


if __name__ == "__main__":
    by_tracing()
    by_torch_export()
    by_onnxscript()
