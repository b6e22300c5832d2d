"""Small networks in torch that several scripts export. Weights come from the names of the parameters."""

import torch
from torch import nn
from torch.nn import functional as F

from common import noise


def seeded(model, scale=0.1):
    """The model in evaluation mode, with parameters and statistics that depend on nothing but their names."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("running_var"):
                tensor.copy_(torch.from_numpy(noise(name, *tensor.shape)).abs() + 0.5)
            elif tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(noise(name, *tensor.shape, scale=scale)))
    return model.eval()


class Residual(nn.Module):
    """Two 3x3 convolutions with a shortcut, projected where the shape changes."""

    def __init__(self, width_in, width, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = None
        if stride != 1 or width_in != width:
            self.downsample = nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        h = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(h)) + shortcut)


class Cnn(nn.Module):
    """A stem, two residual blocks, pooling and a classifier."""

    def __init__(self, width=6, classes=5):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 3, 2, 1), nn.ReLU6(), nn.MaxPool2d(2))
        self.layer1 = Residual(width, width, 1)
        self.layer2 = Residual(width, 2 * width, 2)
        self.dropout = nn.Dropout(0.1)
        self.fc = nn.Linear(2 * width, classes)

    def forward(self, image):
        h = self.layer2(self.layer1(self.stem(image)))
        h = torch.flatten(F.adaptive_avg_pool2d(h, 1), 1)
        return torch.softmax(self.fc(self.dropout(h)), dim=-1)


class Attention(nn.Module):
    """Causal self-attention over several heads."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        parts = self.qkv(x).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = parts[0], parts[1], parts[2]
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """Token and position embeddings, blocks, and a head that shares the embedding's weight."""

    def __init__(self, vocabulary=16, length=8, width=8, heads=2, layers=2):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, input_ids):
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        x = self.wte(input_ids) + self.wpe(positions)
        for block in self.h:
            x = block(x)
        return self.ln_f(x) @ self.wte.weight.T


class Recurrent(nn.Module):
    """A two-way LSTM, then a GRU, with states in and out."""

    def __init__(self, width=4, hidden=5):
        super().__init__()
        self.lstm = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.gru = nn.GRU(2 * hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2)

    def forward(self, sequence, state):
        h, _ = self.lstm(sequence)
        h, state = self.gru(h, state)
        return self.head(h), state


class Branching(nn.Module):
    """Data decides between two paths, by torch.cond."""

    def __init__(self):
        super().__init__()
        self.small = nn.Linear(3, 3)
        self.large = nn.Linear(3, 3)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda t: torch.relu(self.large(t)), lambda t: self.small(t) - 1, (x,))


class Looping(nn.Module):
    """A loop with a number of steps that the input gives, and a branch in it: for TorchScript."""

    def __init__(self):
        super().__init__()
        self.step = nn.Linear(3, 3)

    def forward(self, x, steps: int):
        total = torch.zeros_like(x)
        for i in range(steps):
            x = torch.tanh(self.step(x))
            if bool(x.sum() > 0):
                total = total + x
            else:
                total = total - i
        return total, x
