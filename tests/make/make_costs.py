"""What torch's own profiler says the models in tests/layout/models cost: tests/layout/models/flops.json, which tests/cost.rs compares with.

`torch.utils.flop_counter` counts two operations for each MAC of convolutions and products of matrices, and nothing else.
With `--against LAMINA`, also exports whole models (resnet50, mobilenet_v2, efficientnet_b0, BERT as `bert-base` is), and prints how far the figures of
`LAMINA summary` are from the profiler's, and from fvcore's where that is installed. Exit status 1 if one is more than 1 % off.
"""

import json
import logging
import subprocess
import sys
import tempfile
import warnings

import torch
import torchvision
from torch.utils.flop_counter import FlopCounterMode

from make_layout import FOLDER, IMAGE, Decoder, Detector, UNet

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")


def flops(model, inputs):
    """What the profiler counts for one run."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.eval()(*inputs)
    return counter.get_total_flops()


def record():
    """Writes the figures of the models that tests have."""
    models = torchvision.models
    ids, mask = torch.zeros(1, 6, dtype=torch.int64), torch.zeros(1, 1, 6, 6)
    figures = {
        "resnet50": flops(models.resnet50(), IMAGE),
        "densenet121": flops(models.densenet121(), IMAGE),
        "inception": flops(models.inception_v3(init_weights=False, aux_logits=False), (torch.zeros(1, 3, 299, 299),)),
        "decoder": flops(Decoder(), (ids, mask)),
        "detector": flops(Detector(), (torch.zeros(1, 3, 64, 64),)),
        "unet": flops(UNet(), (torch.zeros(1, 3, 64, 64),)),
    }
    (FOLDER / "flops.json").write_text(json.dumps(figures, indent=2) + "\n")


def fvcore_macs(model, inputs):
    """What fvcore calls FLOPs of convolutions and products: MACs. None if it is not installed."""
    try:
        from fvcore.nn import FlopCountAnalysis
    except ImportError:
        return None
    counts = FlopCountAnalysis(model.eval(), inputs).unsupported_ops_warnings(False).uncalled_modules_warnings(False).by_operator()
    return sum(count for name, count in counts.items() if name in ("conv", "linear", "matmul", "bmm", "addmm", "baddbmm", "einsum"))


def whole():
    """Whole models, by name, with their inputs and the sizes of the input that are left open."""
    from transformers import BertConfig, BertModel

    class Encoder(torch.nn.Module):
        """BERT by itself, with a mask that lets everything through."""

        def __init__(self):
            super().__init__()
            self.bert = BertModel(BertConfig(attn_implementation="eager"))

        def forward(self, ids):
            mask = torch.zeros(ids.shape[0], 1, ids.shape[1], ids.shape[1])
            return self.bert(input_ids=ids, attention_mask=mask, return_dict=False)

    models = torchvision.models
    image, ids = torch.zeros(1, 3, 224, 224), torch.ones(1, 128, dtype=torch.int64)
    yield "resnet50", models.resnet50(), (image,), {}
    yield "mobilenet_v2", models.mobilenet_v2(), (image,), {}
    yield "efficientnet_b0", models.efficientnet_b0(), (image,), {}
    yield "bert", Encoder(), (ids,), {0: {0: "batch", 1: "sequence"}}


def compare(lamina):
    """Prints the figures side by side; returns the largest difference."""
    worst = 0
    for name, model, inputs, axes in whole():
        theirs, macs = flops(model, inputs), fvcore_macs(model, inputs)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/{name}.onnx"
            names = [f"input{at}" for at in range(len(inputs))]
            dynamic = {f"input{at}": open_axes for at, open_axes in axes.items()}
            torch.onnx.export(model.eval(), inputs, path, dynamo=False, verbose=False, input_names=names, dynamic_axes=dynamic)
            sizes = [f"{axis}={inputs[at].shape[place]}" for at, open_axes in axes.items() for place, axis in open_axes.items()]
            options = [word for size in sizes for word in ("--size", size)]
            line = subprocess.run([lamina, "summary", path, *options], capture_output=True, text=True, check=True).stdout
        ours = int(line.split(" | ")[8])
        off = abs(2 * ours / theirs - 1)
        beside = f", fvcore {macs:,} ({ours / macs - 1:+.2%})" if macs else ""
        print(f"{name}: {ours:,} MACs; torch {theirs // 2:,} ({2 * ours / theirs - 1:+.2%}){beside}")
        worst = max(worst, off)
    return worst


if __name__ == "__main__":
    if sys.argv[1:2] == ["--against"]:
        sys.exit(compare(sys.argv[2]) > 0.01)
    record()
