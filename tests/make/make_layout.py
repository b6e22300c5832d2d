"""The models whose drawings are goldens: tests/layout/models. Real architectures, as PyTorch's exporter writes them, without weights."""

import logging
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
import torchvision
from onnx import TensorProto, shape_inference
from torch import nn
from torch.nn import functional as F

from common import LIMIT, ROOT
from make_onnx_torch import scrub

logging.disable(logging.WARNING)
warnings.filterwarnings("ignore")

FOLDER = ROOT / "tests" / "layout" / "models"
IMAGE = (torch.zeros(1, 3, 224, 224),)


def detach(model):
    """Turns weights into references to a file that is not there; their shapes stay true."""
    for tensor in model.graph.initializer:
        if np.prod(tensor.dims, dtype=np.int64) > 4:
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="weights")


def shorten(model, weights):
    """Numbers the tensors between nodes, and the `weights` too: their names would be most of the file."""
    short = {}
    keep = {value.name for value in (*model.graph.input, *model.graph.output)}
    keep.update(() if weights else (tensor.name for tensor in model.graph.initializer))
    for node in model.graph.node:
        for names in (node.input, node.output):
            for at, name in enumerate(names):
                if name and name not in keep:
                    names[at] = short.setdefault(name, str(len(short)))
    for holder in (*model.graph.initializer, *model.graph.value_info):
        holder.name = short.get(holder.name, holder.name)


def unlike(model):
    """The model with random weights: the exporter shares equal ones, which trained models do not have."""
    with torch.no_grad():
        for tensor in model.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.5)
    return model.eval()


def save(name, model, inputs, names, scopes="nodes", shapes=False):
    """Exports. `scopes` says whose names tell of modules: those of the "nodes", or of the "weights" only. With `shapes`, those
    of all tensors are noted."""
    with tempfile.TemporaryDirectory() as work:
        target = f"{work}/model.onnx"
        torch.onnx.export(
            unlike(model), inputs, target, dynamo=False, verbose=False, input_names=names, output_names=["output"]
        )
        proto = scrub(onnx.load(target))
    if shapes:
        proto = shape_inference.infer_shapes(proto)
    shorten(proto, weights=scopes == "nodes")
    detach(proto)
    if scopes == "weights":
        for node in proto.graph.node:
            node.name = ""
    data = proto.SerializeToString(deterministic=True)
    if len(data) > LIMIT:
        sys.exit(f"{name}: {len(data)} bytes, a model may have {LIMIT}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    Path(FOLDER / f"{name}.onnx").write_bytes(data)
    print(f"{len(data):7} {name}.onnx, {len(proto.graph.node)} nodes")


class Unit(nn.Sequential):
    """A convolution with its norm and activation."""

    def __init__(self, before, after, size=3, stride=1):
        convolution = nn.Conv2d(before, after, size, stride, size // 2, bias=False)
        super().__init__(convolution, nn.BatchNorm2d(after), nn.SiLU())


class Split(nn.Module):
    """Half of the channels go through bottlenecks, and all that these made is concatenated (C2f of YOLOv8)."""

    def __init__(self, before, after, depth, add):
        super().__init__()
        half = after // 2
        self.first = Unit(before, after, 1)
        self.last = Unit((2 + depth) * half, after, 1)
        self.bottlenecks = nn.ModuleList(nn.Sequential(Unit(half, half), Unit(half, half)) for _ in range(depth))
        self.add = add

    def forward(self, x):
        parts = list(self.first(x).chunk(2, 1))
        for bottleneck in self.bottlenecks:
            y = bottleneck(parts[-1])
            parts.append(parts[-1] + y if self.add else y)
        return self.last(torch.cat(parts, 1))


class Pyramid(nn.Module):
    """Three poolings in a row, concatenated (SPPF of YOLOv5)."""

    def __init__(self, width):
        super().__init__()
        self.first, self.last = Unit(width, width // 2, 1), Unit(2 * width, width, 1)

    def forward(self, x):
        parts = [self.first(x)]
        for _ in range(3):
            parts.append(F.max_pool2d(parts[-1], 5, 1, 2))
        return self.last(torch.cat(parts, 1))


class Detector(nn.Module):
    """A backbone, a neck that goes up and down again, and a head of three scales, as in YOLOv8."""

    def __init__(self, width=16, classes=80):
        super().__init__()
        w = [width * 2**at for at in range(5)]
        self.stem = nn.Sequential(Unit(3, w[0], 3, 2), Unit(w[0], w[1], 3, 2), Split(w[1], w[1], 1, True))
        self.stage3 = nn.Sequential(Unit(w[1], w[2], 3, 2), Split(w[2], w[2], 2, True))
        self.stage4 = nn.Sequential(Unit(w[2], w[3], 3, 2), Split(w[3], w[3], 2, True))
        self.stage5 = nn.Sequential(Unit(w[3], w[4], 3, 2), Split(w[4], w[4], 1, True), Pyramid(w[4]))
        self.up4, self.up3 = Split(w[4] + w[3], w[3], 1, False), Split(w[3] + w[2], w[2], 1, False)
        self.down3, self.down4 = Unit(w[2], w[2], 3, 2), Unit(w[3], w[3], 3, 2)
        self.out4, self.out5 = Split(w[2] + w[3], w[3], 1, False), Split(w[3] + w[4], w[4], 1, False)
        branch = lambda before, after: nn.Sequential(Unit(before, w[2]), Unit(w[2], w[2]), nn.Conv2d(w[2], after, 1))
        self.boxes = nn.ModuleList(branch(before, 64) for before in w[2:])
        self.classes = nn.ModuleList(branch(before, classes) for before in w[2:])

    def forward(self, image):
        p3 = self.stage3(self.stem(image))
        p4 = self.stage4(p3)
        p5 = self.stage5(p4)
        n4 = self.up4(torch.cat([F.interpolate(p5, scale_factor=2.0), p4], 1))
        n3 = self.up3(torch.cat([F.interpolate(n4, scale_factor=2.0), p3], 1))
        n4 = self.out4(torch.cat([self.down3(n3), n4], 1))
        n5 = self.out5(torch.cat([self.down4(n4), p5], 1))
        scales = zip((n3, n4, n5), self.boxes, self.classes)
        return torch.cat([torch.cat([boxes(x), classes(x)], 1).flatten(2) for x, boxes, classes in scales], 2)


class UNet(nn.Module):
    """An encoder and a decoder with skips across (Ronneberger et al. 2015)."""

    def __init__(self, width=64, levels=4):
        super().__init__()
        widths = [width * 2**at for at in range(levels + 1)]
        pair = lambda before, after: nn.Sequential(
            nn.Conv2d(before, after, 3, 1, 1), nn.ReLU(), nn.Conv2d(after, after, 3, 1, 1), nn.ReLU()
        )
        self.down = nn.ModuleList(pair(before, after) for before, after in zip([3, *widths], widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * after, after, 2, 2) for after in reversed(widths[:-1]))
        self.join = nn.ModuleList(pair(2 * after, after) for after in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, 2, 1)

    def forward(self, image):
        skips = []
        x = image
        for at, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if at else x)
            skips.append(x)
        for up, join, skip in zip(self.up, self.join, reversed(skips[:-1])):
            x = join(torch.cat([skip, up(x)], 1))
        return self.head(x)


class Decoder(nn.Module):
    """Pre-norm blocks with rotary attention and a gated feed-forward part, as in Llama."""

    def __init__(self, width=64, heads=4, depth=2, words=1000):
        super().__init__()
        self.embed = nn.Embedding(words, width)
        self.layers = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = Norm(width)
        self.head = nn.Linear(width, words, bias=False)

    def forward(self, ids, mask):
        x = self.embed(ids)
        angles = torch.arange(ids.shape[1])[:, None] * 10000.0 ** -torch.arange(0, 1, 2 / 16)
        cos, sin = angles.cos() * mask[0, 0, 0, 0], angles.sin() * mask[0, 0, 0, 0]
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return self.head(self.norm(x))


class Norm(nn.Module):
    """Root mean square norm, written out as exporters of the time before `RMSNormalization` have it."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class Block(nn.Module):
    """Attention and a feed-forward part, each beside a shortcut."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = Norm(width), Norm(width)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, 2 * width, bias=False) for _ in range(2))
        self.down = nn.Linear(2 * width, width, bias=False)

    def forward(self, x, cos, sin, mask):
        h = self.norm1(x)
        q, k, v = (part(h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (self.q, self.k, self.v))
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        scores = (q @ k.transpose(2, 3) / q.shape[-1] ** 0.5 + mask).softmax(-1)
        x = x + self.o((scores @ v).transpose(1, 2).flatten(2))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


def turned(x, cos, sin):
    """Rotary position embedding."""
    left, right = x.chunk(2, -1)
    return torch.cat([left * cos - right * sin, right * cos + left * sin], -1)


def main():
    torch.manual_seed(0)
    models = torchvision.models
    save("resnet50", models.resnet50(), IMAGE, ["image"])
    save("densenet121", models.densenet121(), IMAGE, ["image"])
    save("inception", models.inception_v3(init_weights=False, aux_logits=False), (torch.zeros(1, 3, 299, 299),), ["image"])
    ids, mask = torch.zeros(1, 6, dtype=torch.int64), torch.zeros(1, 1, 6, 6)
    save("decoder", Decoder(), (ids, mask), ["ids", "mask"])
    save("detector", Detector(), (torch.zeros(1, 3, 64, 64),), ["image"], scopes="weights")
    save("unet", UNet(), (torch.zeros(1, 3, 64, 64),), ["image"], shapes=True)


if __name__ == "__main__":
    main()
