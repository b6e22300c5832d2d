"""TorchScript of torch 1.0 to 1.4, from those versions themselves: the layouts before `data.pkl`, and the first with it.

Writes pytorch/script/torch-<version>.pt.
"""

import io
import warnings

import torch
from torch import nn

from archives import tidy
from common import noise, save

warnings.filterwarnings("ignore")


class Block(nn.Module):
    """A convolution with normalisation and a shortcut."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)
        self.bn = nn.BatchNorm2d(2)

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x))) + x


class Net(nn.Module):
    """A block, a classifier, and a constant."""

    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(Block())
        self.fc = nn.Linear(2, 3)

    def forward(self, x):
        return self.fc(self.blocks(x).mean(3).mean(2)) * torch.tensor([1.0, 2.0, 3.0])


class Outer(torch.jit.ScriptModule):
    """A traced module in a scripted one, with a loop, a choice and a second method."""

    __constants__ = ["step"]

    def __init__(self, net):
        super().__init__()
        self.step = 3
        self.net = torch.jit.trace(net, torch.ones(1, 2, 4, 4))
        self.scale = nn.Parameter(torch.from_numpy(noise("scale", 3)))

    @torch.jit.script_method
    def scaled(self, x):
        return x * self.scale

    @torch.jit.script_method
    def forward(self, x, n):
        # type: (Tensor, int) -> Tensor
        y = self.net(x)
        for _ in range(n):
            y = y + self.step
        if bool(y.sum() > 0):
            y = self.scaled(y)
        return y


def main():
    net = Net()
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(noise(name, *tensor.shape)).abs() + 0.1)
    stream = io.BytesIO()
    torch.jit.save(Outer(net.eval()), stream)
    version = torch.__version__.partition("+")[0].partition(".post")[0]
    save(f"pytorch/script/torch-{version}.pt", tidy(stream.getvalue()))


if __name__ == "__main__":
    main()
