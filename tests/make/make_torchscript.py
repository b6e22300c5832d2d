"""TorchScript: what torch.jit.save and its mobile sibling write of traced, scripted, frozen and quantised modules, and files with mistakes.

Also writes pytorch/script/values.json: the parameters that torch itself finds in the same files.
"""

import enum
import io
import json
import warnings
from typing import Dict, List, NamedTuple, Optional, Tuple

import torch
import torchvision  # noqa: F401 (registers its operators)
from torch import nn
from torch.nn import functional as F

import nets
from archives import edited, tidy, without_sources
from common import FIXTURES, noise, save, save_json
from tensors import as_record

warnings.filterwarnings("ignore")
EXPECTED = {}


def saved(program, **options):
    stream = io.BytesIO()
    torch.jit.save(program, stream, **options)
    return tidy(stream.getvalue())


def write(name, data, record=True):
    save(f"pytorch/script/{name}", data)
    if record:
        loaded = torch.jit.load(io.BytesIO(data))
        EXPECTED[name] = {key: as_record(tensor) for key, tensor in loaded.named_parameters()}


class Normed(NamedTuple):
    """Several results with names."""

    values: torch.Tensor
    count: int


class Mode(enum.Enum):
    """How features are put together."""

    SUM = "sum"
    MEAN = "mean"


@torch.jit.interface
class Layer(nn.Module):
    """What every layer can do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pass


class Scaled(nn.Module):
    """A linear layer with a scale that is no parameter."""

    def __init__(self, width, scale):
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) * self.scale


class Control(nn.Module):
    """All statements of TorchScript: choices, loops that end early, lists, dictionaries, optional inputs, several methods."""

    limits: Dict[str, int]

    def __init__(self):
        super().__init__()
        self.first = Scaled(4, 0.5)
        self.layers = nn.ModuleList([Scaled(4, 1.0), nn.ReLU(), Scaled(4, 2.0)])
        self.limits = {"most": 3, "least": 1}
        self.sizes = [1, 2, 4]
        self.calls = 0
        self.register_buffer("memory", torch.zeros(4))

    def forward(self, x: torch.Tensor, bias: Optional[torch.Tensor], steps: int) -> Tuple[torch.Tensor, List[torch.Tensor], Dict[str, torch.Tensor]]:
        h = self.first(x)
        for layer in self.layers:
            h = layer(h)
        kept: List[torch.Tensor] = []
        named: Dict[str, torch.Tensor] = {}
        while bool(h.sum() > 0):
            h = h - 1
            steps += 1
            if steps > self.limits["most"]:
                break
        for step in range(steps):
            if step == 2:
                continue
            kept.append(h * step)
            named["last"] = h
        if bias is not None:
            h = h + bias
        elif steps > 100:
            return h, kept, named
        for key, value in named.items():
            h = h + value
        assert steps > 0, "no steps"
        self.calls += 1
        self.memory = self.memory + h.mean(0)
        factor = 3.5 if steps > 1 else 1e-5
        return self.finish(h, factor), kept, named

    def finish(self, h: torch.Tensor, factor: float) -> torch.Tensor:
        first, second = torch.chunk(h[1:, :, None], 2, 1)
        first = first.reshape(-1, int(first.size(0)), 2)
        with torch.no_grad():
            second = second * factor
        return torch.cat([first.flatten(), second.flatten(), torch.zeros([self.sizes[2]], dtype=torch.float32)])

    @torch.jit.export
    def reset(self) -> None:
        self.calls = 0
        self.memory = torch.zeros(4)

    @torch.jit.export
    def encode(self, x: torch.Tensor, names: List[str]) -> Dict[str, torch.Tensor]:
        out = {"x": self.first(x)}
        for name in names:
            out[name + "_scaled"] = out["x"] * len(name)
        return out


class Phone(nn.Module):
    """What instructions for phones can say: choices, loops, lists and dictionaries."""

    def __init__(self):
        super().__init__()
        self.first = Scaled(4, 0.5)
        self.step = nn.Linear(4, 4)
        self.mode = 2

    def forward(self, x: torch.Tensor, steps: int) -> Tuple[torch.Tensor, Dict[str, torch.Tensor]]:
        h = self.first(x)
        kept = [h]
        for step in range(steps):
            h = torch.tanh(self.step(h))
            if bool(h.sum() > 0):
                kept.append(h)
            else:
                h = h - step
        last, rest = torch.split(torch.cat(kept), [1, 1])
        return h * self.mode, {"last": last, "rest": rest}

    @torch.jit.export
    def scale(self, x: torch.Tensor) -> torch.Tensor:
        return x * 3


class Types(nn.Module):
    """Named tuples, enumerations, interfaces."""

    layer: Layer

    def __init__(self):
        super().__init__()
        self.layer = Scaled(3, 1.5)
        self.mode = Mode.MEAN

    def forward(self, x: torch.Tensor, mode: Mode) -> Tuple[Normed, str]:
        h = self.layer.forward(x)
        if self.mode == Mode.MEAN:
            h = h.mean(0)
        if mode == Mode.SUM:
            h = h * 2
        normed = Normed(h, h.size(0))
        return Normed(normed.values + 1, normed.count), mode.name


class Shared(nn.Module):
    """Modules that are called twice, a weight that two layers share, and a constant in the code."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(4, 4)
        self.decoder = nn.Linear(4, 4)
        self.decoder.weight = self.encoder.weight
        self.activation = nn.ReLU()

    def forward(self, x):
        h = self.activation(self.encoder(x))
        h = self.activation(self.encoder(h))
        return self.decoder(h) + torch.tensor([1.0, -2.0, 0.5, 0.25])


class Recurrent(nn.Module):
    """An LSTM, a GRU, and a cell in a loop."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(8, 4)
        self.cell = nn.GRUCell(4, 4)

    def forward(self, x):
        h, _ = self.lstm(x)
        h, last = self.gru(h)
        state = last[0]
        for step in range(h.size(0)):
            state = self.cell(h[step], state)
        return state


class SelfAttention(nn.Module):
    """Attention over several heads by torch's own operator."""

    def __init__(self, width=8, heads=2):
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm(x)).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        h = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return x + self.out(h.transpose(1, 2).reshape(batch, length, width))


class Quantised(nn.Module):
    """A convolution and a linear layer between the marks of static quantisation."""

    def __init__(self):
        super().__init__()
        self.quant = torch.ao.quantization.QuantStub()
        self.conv = nn.Conv2d(1, 2, 3, stride=2, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(8, 3)
        self.dequant = torch.ao.quantization.DeQuantStub()

    def forward(self, x):
        h = self.relu(self.conv(self.quant(x)))
        return self.dequant(self.fc(torch.flatten(h, 1)))


@torch.jit.script
def distance(a: torch.Tensor, b: torch.Tensor, squared: bool = False) -> torch.Tensor:
    d = ((a - b) ** 2).sum(-1)
    return d if squared else d.sqrt()


class Detector(nn.Module):
    """Operators of torchvision."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 4)

    def forward(self, features: torch.Tensor, boxes: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        kept = torch.ops.torchvision.nms(boxes, scores, 0.5)
        pooled = torch.ops.torchvision.roi_align(features, torch.cat([torch.zeros([kept.size(0), 1]), boxes[kept]], 1), 1.0, 2, 2, 2, False)
        return self.head(pooled.flatten(1))


def quantised():
    backends = torch.backends.quantized.supported_engines
    torch.backends.quantized.engine = "fbgemm" if "fbgemm" in backends else "qnnpack"
    model = nets.seeded(Quantised())
    model.qconfig = torch.ao.quantization.get_default_qconfig(torch.backends.quantized.engine)
    torch.ao.quantization.fuse_modules(model, [["conv", "relu"]], inplace=True)
    prepared = torch.ao.quantization.prepare(model)
    prepared(torch.from_numpy(noise("calibration", 4, 1, 4, 4)))
    static = torch.ao.quantization.convert(prepared)
    write("static-quantised.pt", without_sources(saved(torch.jit.script(static))))
    dynamic = nets.seeded(nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2)))
    dynamic = torch.ao.quantization.quantize_dynamic(dynamic, {nn.Linear}, dtype=torch.qint8)
    write("dynamic-quantised.pt", without_sources(saved(torch.jit.script(dynamic))))


def mobile(program):
    stream = io.BytesIO()
    stream.write(program._save_to_buffer_for_lite_interpreter(_use_flatbuffer=False))
    data = tidy(stream.getvalue())
    write("mobile.ptl", data)
    write("mobile-without-code.ptl", edited(data, lambda name, content: None if "/code/" in name else content), record=False)


def replaced(data, changes):
    """The same archive with texts of its code replaced."""

    def edit(name, content):
        if name.endswith(".debug_pkl"):
            return None
        if name.endswith(".py"):
            for old, new in changes:
                assert old in content.decode() or name.count("/") > 2, (name, old)
                content = content.replace(old.encode(), new.encode())
        return content

    return edited(data, edit)


def mistakes(data):
    """Code with mistakes, and programs that never end, in an archive whose module has a method `forward` of one statement."""
    body = "    return torch.add(x, 1)"

    def program(name, text, more=""):
        write(name, replaced(data, [(body, text + more)]), record=False)

    program(
        "mistakes.pt",
        "    a = torch.add(x, 1\n    b = torch.mul(x, )) 2\n    c = torch.relu(x)\n    d = ops.custom.op(c, [1, c], size=3, mode=\"it's\")\n"
        "    e = torch.nothing(d, CONSTANTS.c7, self.missing)\n    f = __torch__.gone.Thing(e)\n    g, h, = __torch__.gone.split(f)\n    i = $\n"
        "    if torch.gt(torch.sum(g), 0):\n      return h\n    else:\n      k = (self).lost(h, h)\n    m = undefined\n    return (g, h, m, k)",
    )
    program("recursion.pt", "    y = (self).forward(torch.relu(x), )\n    return (self).twice(y, )", "\n  def twice(self, x: Tensor) -> Tensor:\n    return (self).forward(x, )")
    pairs = "\n".join(f"    t{n + 1} = (t{n}, t{n})" for n in range(60))
    program("pairs.pt", f"    t0 = x\n{pairs}\n    return t60")
    nested = "\n".join("  " * (n + 2) + f"if torch.gt(x{n}, 0):\n" + "  " * (n + 3) + f"x{n + 1} = torch.neg(x{n})" for n in range(70))
    program("nested.pt", f"    x0 = x\n{nested}\n    return x0")


class Streaming(nn.Module):
    """A detector for sound that is fed piece by piece, as they are published: what it remembers, a choice by the rate, checks, and a second method that calls
    the first for each piece."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(1, 4, 3)
        self.slow = nn.Conv1d(1, 4, 2)
        self.cell = nn.LSTMCell(4, 4)
        self.head = nn.Sequential(nn.Dropout(0.1), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
        self.state = torch.zeros([0])
        self.last_rate = 0

    @torch.jit.export
    def reset(self):
        self.state = torch.zeros([0])
        self.last_rate = 0

    def forward(self, x: torch.Tensor, rate: int) -> torch.Tensor:
        if x.dim() == 1:
            x = x.unsqueeze(0)
        if x.dim() > 2:
            raise ValueError(f"too many dimensions: {x.dim()}")
        if self.last_rate and self.last_rate != rate:
            self.reset()
        if rate == 16000:
            y = self.convolution(x.unsqueeze(1))
        elif rate == 8000:
            y = self.slow(x.unsqueeze(1))
        else:
            raise ValueError("the rate is not known")
        y = y.mean(2)
        if len(self.state):
            h, c = self.cell(y, (self.state[0], self.state[1]))
        else:
            h, c = self.cell(y)
        self.state = torch.stack([h, c])
        self.last_rate = rate
        return self.head(h)

    @torch.jit.export
    def whole(self, x: torch.Tensor, rate: int) -> torch.Tensor:
        results: List[torch.Tensor] = []
        self.reset()
        for start in range(0, x.size(1), 512):
            results.append(self.forward(x[:, start : start + 512], rate))
        return torch.cat(results, 1)


def main():
    torch.manual_seed(0)
    cnn = nets.seeded(nets.Cnn(4))
    image = torch.from_numpy(noise("image", 1, 3, 16, 16))
    write("traced.pt", saved(torch.jit.trace(cnn, image)))
    scripted = torch.jit.script(cnn)
    write("scripted.pt", without_sources(saved(scripted, _extra_files={"labels.json": json.dumps(["cat", "dog"]), "binary": b"\xff\x00"})))
    frozen = torch.jit.freeze(torch.jit.script(cnn))
    write("frozen.pt", saved(frozen), record=False)
    write("optimised.pt", saved(torch.jit.optimize_for_inference(torch.jit.script(nets.seeded(Scaled(3, 2.0))))), record=False)
    write("control.pt", saved(torch.jit.script(nets.seeded(Control()))))
    write("types.pt", saved(torch.jit.script(nets.seeded(Types()))))
    write("shared.pt", saved(torch.jit.trace(nets.seeded(Shared()), torch.ones(2, 4))))
    write("recurrent.pt", without_sources(saved(torch.jit.trace(nets.seeded(Recurrent()), torch.ones(2, 3, 3)))))
    write("recurrent-scripted.pt", without_sources(saved(torch.jit.script(nets.seeded(nn.LSTM(3, 4))))))
    write("attention.pt", saved(torch.jit.script(nets.seeded(SelfAttention()))))
    encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    write("transformer.pt", without_sources(saved(torch.jit.trace(nets.seeded(encoder).train(), torch.ones(1, 3, 8), check_trace=False))))
    write("function.pt", saved(distance), record=False)
    write("detector.pt", saved(torch.jit.script(nets.seeded(Detector()))))
    write("streaming.pt", without_sources(saved(torch.jit.script(nets.seeded(Streaming()).eval()))))
    quantised()
    mobile(torch.jit.script(nets.seeded(Phone())))

    class Plain(nn.Module):
        def forward(self, x):
            return x + 1

    mistakes(saved(torch.jit.script(Plain())))
    save_json("pytorch/script/values.json", EXPECTED)


if __name__ == "__main__":
    main()
