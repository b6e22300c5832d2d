"""Exported programs: torch.export.save with control flow, symbolic sizes, mutated buffers, constants, decompositions, tied weights."""

import io
import zipfile

import torch
from torch import nn
from torch.export import Dim

import nets
from common import noise, save
from exported import repacked, scrubbed
from torch._higher_order_ops.map import map as torch_map


class Small(nn.Module):
    """A residual block and a classifier."""

    def __init__(self):
        super().__init__()
        self.block = nets.Residual(3, 4, 2)
        self.fc = nn.Linear(4, 5)

    def forward(self, image):
        return torch.softmax(self.fc(self.block(image).mean((2, 3))), -1)


class Counting(nn.Module):
    """A buffer that every call changes, a constant, a buffer that is not saved."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 4)
        self.register_buffer("calls", torch.zeros(()))
        self.register_buffer("scale", torch.from_numpy(noise("scale", 4)), persistent=False)
        self.shift = torch.from_numpy(noise("shift", 4, 4)).t()

    def forward(self, x, flag: int = 2):
        self.calls.add_(1)
        return {"result": (self.linear(x) * self.scale + self.shift[0]).clamp(max=float("inf")), "flagged": x * flag}


class Loops(nn.Module):
    """A loop that data ends, and one over the first dimension."""

    def __init__(self):
        super().__init__()
        self.step = nn.Linear(3, 3)

    def forward(self, x):
        from torch._higher_order_ops.while_loop import while_loop

        count, last = while_loop(lambda i, h: i < 4, lambda i, h: (i + 1, torch.tanh(self.step(h))), (torch.tensor(0), x))
        return torch_map(lambda row, bias: (row + bias).relu(), x, self.step.bias), count, last


class Ragged(nn.Module):
    """Sizes that are sums and products of symbols, and two calls of one module."""

    def __init__(self):
        super().__init__()
        self.act = nn.GELU()
        self.fc = nn.Linear(4, 4)

    def forward(self, a, b):
        h = self.act(self.fc(self.act(torch.cat([a, b]))))
        return h.reshape(-1, 2).unsqueeze(0).expand(3, -1, -1), torch.sum(h, dtype=torch.float64)


def export(name, model, inputs, decompose=False, method=None, **options):
    program = torch.export.export(model, inputs, **options)
    if decompose:
        program = program.run_decompositions()
    stream = io.BytesIO()
    torch.export.save(scrubbed(program), stream)
    data = stream.getvalue()
    save(f"pytorch/export/{name}.pt2", data if method is None else repacked(data, method))


def main():
    batch = Dim("batch", min=1, max=64)
    export("cnn", nets.seeded(Small()), (torch.zeros(2, 3, 8, 8),), dynamic_shapes=({0: batch},))
    export("cnn-core", nets.seeded(Small()), (torch.zeros(2, 3, 8, 8),), decompose=True)
    export("transformer", nets.seeded(nets.Transformer(layers=2)), (torch.zeros(1, 8, dtype=torch.long),), method=zipfile.ZIP_DEFLATED)
    export("cond", nets.seeded(nets.Branching()), (torch.zeros(2, 3),))
    export("loops", nets.seeded(Loops()), (torch.zeros(2, 3),))
    export("counting", nets.seeded(Counting()), (torch.zeros(2, 3), 2))
    export("counting-core", nets.seeded(Counting()), (torch.zeros(2, 3), 2), decompose=True)
    dims = ({0: Dim("rows", min=2, max=100)}, {0: Dim("more", min=2, max=100)})
    export("ragged", nets.seeded(Ragged()), (torch.zeros(4, 4), torch.zeros(6, 4)), dynamic_shapes=dims)
    training = nets.seeded(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout())).train()
    export("training", training, (torch.zeros(2, 3),), decompose=True)


if __name__ == "__main__":
    main()
