#!/usr/bin/env python3
"""Makes general.safetensors: as make_cases.py, nets with values of any number of axes: tokens, attention, windows, and operators
that become several nodes.

    python3 make_general.py       needs torch 2.9 or later, onnx and onnxscript; nothing is downloaded
"""
import os

import torch
import torch.nn as nn
import torch.nn.functional as F

from onnx_cases import IN, export, hand, save

BOTH = ("script.17", "dynamo.18")


def tokens(x):
    return x.flatten(2).transpose(1, 2)  # [2, 64, 3]


class ViT(nn.Module):
    """A block of a vision transformer with a class token and positions."""

    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.cls_token, self.pos_embed = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 5, 8))
        self.norm1, self.qkv, self.proj = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.norm2, self.fc1, self.fc2 = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)
        self.head = nn.Linear(8, 4)

    def forward(self, x):
        x = tokens(self.patch(x))
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        q, k, v = self.qkv(self.norm1(x)).reshape(x.shape[0], 5, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape))
        x = x + self.fc2(F.gelu(self.fc1(self.norm2(x))))
        return self.head(x[:, 0])


class Windows(nn.Module):
    """Attention in shifted windows of 4x4 with a bias and a mask, as Swin has it."""

    def __init__(self):
        super().__init__()
        self.patch, self.norm, self.qkv, self.proj = nn.Conv2d(3, 8, 1), nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.table = nn.Parameter(torch.randn(2, 16, 16))
        self.register_buffer("mask", torch.where(torch.rand(4, 16, 16) < 0.3, -100.0, 0.0))

    def forward(self, x):
        x = self.patch(x).permute(0, 2, 3, 1)
        n = x.shape[0]
        y = torch.roll(self.norm(x), (-2, -2), (1, 2))
        y = y.view(n, 2, 4, 2, 4, 8).transpose(2, 3).reshape(-1, 16, 8)
        q, k, v = self.qkv(y).reshape(-1, 16, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        a = (q * 0.5) @ k.transpose(-2, -1) + self.table.unsqueeze(0)
        a = (a.view(n, 4, 2, 16, 16) + self.mask[None, :, None]).view(-1, 2, 16, 16)
        y = self.proj((a.softmax(-1) @ v).transpose(1, 2).reshape(-1, 16, 8))
        y = torch.roll(y.view(n, 2, 2, 4, 4, 8).transpose(2, 3).reshape(n, 8, 8, 8), (2, 2), (1, 2))
        return (x + y).mean((1, 2))


class Multihead(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
        self.patch = nn.Conv2d(3, 8, 4, 4)

    def forward(self, x):
        x = tokens(self.patch(x))
        return self.attn(x, x, x, need_weights=False)[0]


class CrossCovariance(nn.Module):
    """Attention among channels, as XCiT has it: products of matrices, for its heads are no channels."""

    def __init__(self):
        super().__init__()
        self.patch, self.qkv = nn.Conv2d(3, 8, 4, 4), nn.Linear(8, 24)

    def forward(self, x):
        x = tokens(self.patch(x))
        q, k, v = self.qkv(x).reshape(x.shape[0], 4, 3, 2, 4).permute(2, 0, 3, 4, 1).unbind(0)
        a = (F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)).softmax(-1)
        return (a @ v).permute(0, 3, 1, 2).reshape(x.shape)


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch, self.across, self.along = nn.Conv2d(3, 8, 4, 4), nn.Linear(4, 4), nn.Linear(8, 8)

    def forward(self, x):
        x = tokens(self.patch(x))
        x = x + self.across(x.transpose(1, 2)).transpose(1, 2)
        return (x + self.along(x)).mean(1)


class Standardized(nn.Module):
    """A convolution whose weight is standardized."""

    def __init__(self):
        super().__init__()
        self.weight, self.gain = nn.Parameter(torch.randn(4, 3, 3, 3)), nn.Parameter(torch.rand(4))

    def forward(self, x):
        w = F.batch_norm(self.weight.reshape(1, 4, -1), None, None, weight=self.gain, training=True, eps=1e-6).reshape_as(self.weight)
        return F.conv2d(x, w)


class Channels(nn.Module):
    """A gate by a convolution along the channels, as ECA has it."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        y = self.conv(x.mean((2, 3)).view(x.shape[0], 1, -1))
        return x * y.view(x.shape[0], -1, 1, 1).sigmoid()


GENERAL = {
    "vit": ViT, "windows": Windows, "multihead": Multihead, "cross-covariance": CrossCovariance, "mixer": Mixer,
    "weight standardized": Standardized, "along channels": Channels,
    "group norm": lambda: nn.GroupNorm(1, 3), "instance norm": lambda: nn.InstanceNorm2d(3, affine=True),
    "transposed convolution": lambda: nn.ConvTranspose2d(3, 6, 3, 2, 1, output_padding=1, groups=3),
    "elu": lambda: nn.ELU(0.5), "selu": nn.SELU, "celu": lambda: nn.CELU(2.0), "mish": nn.Mish, "softplus": nn.Softplus, "softsign": nn.Softsign,
    "functions": lambda: lambda x: x.tanh() + x.erf() + (x + 0.1).log() + x.exp() + x.sin() + x.cos() + x.abs() + (x + 0.1).sqrt() + (x + 0.5).rsqrt(),
    "division": lambda: lambda x: x / (x.sum(1, keepdim=True) + 1),
    "maximum": lambda: lambda x: torch.maximum(x, 1 - x) - torch.minimum(x, x * x),
    "generalized mean": lambda: lambda x: x.clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3),
    "reductions": lambda: lambda x: x.sum((2, 3)) + x.amax((2, 3)) + x.amin((2, 3)) + x.norm(2, (2, 3)) + x.logsumexp((2, 3)),
    "layernorm of all": lambda: nn.LayerNorm([3, 8, 8]),
    "rms norm": lambda: lambda x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6) * torch.arange(1.0, 4).view(3, 1, 1),
    "roll": lambda: lambda x: torch.roll(x, (1, -2), (2, 3)),
    "tile": lambda: lambda x: x.repeat(1, 2, 1, 3),
    "pixel shuffle": lambda: lambda x: F.pixel_shuffle(x.repeat(1, 4, 1, 1), 2),
    "pixel unshuffle": lambda: lambda x: F.pixel_unshuffle(x, 2).relu(),
    "einsum": lambda: lambda x: torch.einsum("bchw,bdhw->bcd", x, x * x),
    "einsum of three axes": lambda: lambda x: torch.einsum("bchw,bcvw->bhvc", x, x + 1),
    "masked": lambda: lambda x: x.masked_fill(torch.eye(8, dtype=torch.bool), -2.0),
    "triangle": lambda: lambda x: x.tril(-1),
    "running sum": lambda: lambda x: x.cumsum(2),
    "bicubic": lambda: lambda x: F.interpolate(x, (12, 16), mode="bicubic"),
    "corners": lambda: lambda x: F.interpolate(x, (12, 16), mode="bilinear", align_corners=True),
    "positions": lambda: lambda x: x + torch.arange(192.0).view(3, 8, 8) / 100,
    "joined with a constant": lambda: lambda x: torch.cat([torch.ones(1, 1, 8, 8).expand(x.shape[0], -1, -1, -1) / 2, x], 1),
    "cut anew": lambda: lambda x: x.reshape(x.shape[0], 6, 32).transpose(1, 2).reshape(x.shape[0], 64, 3).softmax(1) * 2,
    "log softmax": lambda: lambda x: F.log_softmax(x, 1) * x,
}

if __name__ == "__main__":
    for name, make in GENERAL.items():
        f = make()
        for free in (False, True):
            export(name + " free" * free, f, "", by=BOTH if not free else BOTH[:1], free=free)
    hand("softmax of all axes", [("Softmax", "x", {"axis": 1}), ("Add", "t0 x", {})], {}, F.softmax(IN[8].flatten(1), 1) + IN[8].flatten(1), "", opset=11)
    hand("space to depth", [("SpaceToDepth", "x", {"blocksize": 2}), ("DepthToSpace", "t0", {"blocksize": 2}), ("Relu", "t1", {})], {}, IN[8].flatten(1), "")
    save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "general.safetensors"))
