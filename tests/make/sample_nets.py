"""The networks behind the sample models of the welcome page, in torch."""

import torch
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions with a shortcut (He et al. 2015, arXiv 1512.03385); the stride is in the 3x3."""

    expansion = 4

    def __init__(self, inplanes, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * self.expansion)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1 or inplanes != planes * self.expansion:
            shortcut = nn.Conv2d(inplanes, planes * self.expansion, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(planes * self.expansion))

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        h = self.relu(self.bn1(self.conv1(x)))
        h = self.relu(self.bn2(self.conv2(h)))
        return self.relu(self.bn3(self.conv3(h)) + shortcut)


class ResNet50(nn.Module):
    """ResNet-50 with the usual names: conv1, layer1.0.conv1 … layer4.2.conv3, fc."""

    def __init__(self, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = 64
        for number, (planes, blocks, stride) in enumerate([(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)], 1):
            layers = []
            for index in range(blocks):
                layers.append(Bottleneck(width, planes, stride if index == 0 else 1))
                width = planes * Bottleneck.expansion
            setattr(self, f"layer{number}", nn.Sequential(*layers))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(width, classes)

    def forward(self, image):
        h = self.maxpool(self.relu(self.bn1(self.conv1(image))))
        h = self.layer4(self.layer3(self.layer2(self.layer1(h))))
        return self.fc(torch.flatten(self.avgpool(h), 1))


class SelfAttention(nn.Module):
    """Grouped-query attention with rotary positions and a cache of keys and values."""

    def __init__(self, width, heads, groups):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, width // heads
        self.q_proj = nn.Linear(width, heads * self.size, bias=False)
        self.k_proj = nn.Linear(width, groups * self.size, bias=False)
        self.v_proj = nn.Linear(width, groups * self.size, bias=False)
        self.o_proj = nn.Linear(heads * self.size, width, bias=False)

    def rotate(self, x, cos, sin):
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)

    def forward(self, x, cos, sin, mask, past_key, past_value):
        batch, length, _ = x.shape
        q = self.q_proj(x).view(batch, length, self.heads, self.size).transpose(1, 2)
        k = self.k_proj(x).view(batch, length, self.groups, self.size).transpose(1, 2)
        v = self.v_proj(x).view(batch, length, self.groups, self.size).transpose(1, 2)
        key = torch.cat([past_key, self.rotate(k, cos, sin)], dim=2)
        value = torch.cat([past_value, v], dim=2)
        mixed = F.scaled_dot_product_attention(self.rotate(q, cos, sin), key, value, attn_mask=mask, enable_gqa=True)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, length, -1)), key, value


class Mlp(nn.Module):
    """SwiGLU (arXiv 2002.05202)."""

    def __init__(self, width, inner):
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    def __init__(self, width, inner, heads, groups):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(width, eps=1e-5)
        self.self_attn = SelfAttention(width, heads, groups)
        self.post_attention_layernorm = nn.RMSNorm(width, eps=1e-5)
        self.mlp = Mlp(width, inner)

    def forward(self, x, *around):
        mixed, key, value = self.self_attn(self.input_layernorm(x), *around)
        x = x + mixed
        return x + self.mlp(self.post_attention_layernorm(x)), key, value


class Decoder(nn.Module):
    """A Llama-style decoder (arXiv 2302.13971) that takes and gives its key-value cache."""

    def __init__(self, vocabulary=64, width=16, inner=40, heads=4, groups=2, layers=4):
        super().__init__()
        self.embed_tokens = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(DecoderLayer(width, inner, heads, groups) for _ in range(layers))
        self.norm = nn.RMSNorm(width, eps=1e-5)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)
        self.half = width // heads // 2

    def forward(self, input_ids, position_ids, attention_mask, past):
        frequencies = 10000.0 ** (-torch.arange(self.half) / self.half)
        angles = position_ids[:, None, :, None] * frequencies
        cos, sin = angles.cos(), angles.sin()
        x = self.embed_tokens(input_ids)
        present = []
        for layer, (past_key, past_value) in zip(self.layers, past):
            x, key, value = layer(x, cos, sin, attention_mask, past_key, past_value)
            present += [key, value]
        return self.lm_head(self.norm(x)), *present
