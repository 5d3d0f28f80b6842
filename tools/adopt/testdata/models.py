#!/usr/bin/python3
"""Nets as PyTorch has them, for the tests of adopt; nothing here knows Herbarium.

    models.py make DIR     writes DIR/NAME.pt, saved in as many ways as there are, and the logits of each on images
    models.py check DIR    loads DIR/NAME.safetensors with load_state_dict(strict=True) and compares the logits

Needs torch and numpy. Where torchvision and timm are, their nets come too. DIR/nets.json lists the nets; images and
logits are float32 without header.
"""
import json
import os
import struct
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

COUNT, SIDE = 2, 64


class Cut(nn.Module):
    """The shortcut without parameters of He et al. 2016: every second pixel, zeros for the channels that are new."""

    def __init__(self, more):
        super().__init__()
        self.more = more // 2

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more))


class Block(nn.Module):
    """A block of two or three convolutions. The projection is an attribute of the name given."""

    def __init__(self, cin, width, stride, o):
        super().__init__()
        self.three, self.way = o.three, o.project or "path"
        inner = width * o.base // 64 * o.groups if o.three else width
        out = 4 * width if o.three else width
        if o.three:
            self.conv1 = nn.Conv2d(cin, inner, 1, bias=False)
            self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, groups=o.groups, bias=False)
            self.conv3 = nn.Conv2d(inner, out, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(out)
        else:
            self.conv1 = nn.Conv2d(cin, inner, 3, stride, 1, bias=False)
            self.conv2 = nn.Conv2d(inner, out, 3, 1, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(inner), nn.BatchNorm2d(inner)
        path = nn.Sequential()
        if stride != 1 or cin != out:
            if o.project is None:
                path = nn.Sequential(Cut(out - cin))
            elif o.average:
                pool = nn.AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False) if stride == 2 else nn.Identity()
                path = nn.Sequential(pool, nn.Conv2d(cin, out, 1, bias=False), nn.BatchNorm2d(out))
            else:
                path = nn.Sequential(nn.Conv2d(cin, out, 1, stride, bias=False), nn.BatchNorm2d(out))
        setattr(self, self.way, path)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.three:
            y = self.bn3(self.conv3(F.relu(y)))
        return F.relu(y + getattr(self, self.way)(x))


class ResNet(nn.Module):
    """Nets in the layout of torchvision, with what others change of it."""

    def __init__(self, blocks, width=64, three=False, groups=1, base=64, project="downsample", average=False, stem="large",
                 head="fc", classes=10):
        super().__init__()
        self.three, self.groups, self.base, self.project, self.average = three, groups, base, project, average
        if stem == "tiered":
            self.conv1 = nn.Sequential(
                nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU(),
                nn.Conv2d(24, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 64, 3, 1, 1, bias=False))
        elif stem == "large":
            self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        else:
            self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.pool = nn.Identity() if stem == "small" else nn.MaxPool2d(3, 2, 1)
        cin, self.stages = width, len(blocks)
        for s, n in enumerate(blocks):
            stage = []
            for i in range(n):
                stage.append(Block(cin, width << s, 2 if s > 0 and i == 0 else 1, self))
                cin = (width << s) * (4 if three else 1)
            setattr(self, f"layer{s + 1}", nn.Sequential(*stage))
        self.head = head
        setattr(self, head, nn.Linear(cin, classes))

    def forward(self, x):
        x = self.pool(F.relu(self.bn1(self.conv1(x))))
        for s in range(self.stages):
            x = getattr(self, f"layer{s + 1}")(x)
        return getattr(self, self.head)(x.mean((2, 3)))


def nets():
    """Yields name, architecture by its name (None: to be told), stem, and what makes the net."""
    yield "paper20", None, None, lambda: ResNet([3, 3, 3], 16, project=None, stem="small", head="linear")
    yield "option-b20", None, None, lambda: ResNet([3, 3, 3], 16, stem="small")
    yield "shortcut18", None, None, lambda: ResNet([2, 2, 2, 2], stem="small", project="shortcut", head="linear")
    yield "pooled18", "resnet18", "small-pool", lambda: ResNet([2, 2, 2, 2], stem="small-pool", head="classifier", classes=7)
    yield "tiered10", "resnet10t.c3_in1k", None, lambda: ResNet([1, 1, 1, 1], average=True, stem="tiered", classes=5)
    yield "next50", None, None, lambda: ResNet([3, 4, 6, 3], three=True, groups=32, base=4, classes=3)
    try:
        import torchvision.models as tv
        import timm
    except ImportError:
        return
    for name in ["resnet18", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "wide_resnet50_2"]:
        yield "tv-" + name, name, None, lambda: getattr(tv, name)()
    for name in ["resnet10t", "resnet14t", "resnet18", "resnet18d", "resnet26d", "resnet34d", "resnet50c", "resnet50d", "resnet50s",
                 "resnet50t", "resnext50d_32x4d", "resnext50_32x4d"]:
        yield "timm-" + name, None, None, lambda: timm.create_model(name, num_classes=11)


def fill(net):
    """Random weights, and batch norms as after training, so that everything in the net matters."""
    g = torch.Generator().manual_seed(1)
    for name, t in net.state_dict().items():
        if t.dim() == 4:
            t.copy_(torch.randn(t.shape, generator=g) * (2 / np.prod(t.shape[1:])) ** 0.5)
        elif t.dim() == 2:
            t.copy_(torch.randn(t.shape, generator=g) / t.shape[1] ** 0.5)
        elif name.endswith("running_var"):
            t.copy_(0.5 + torch.rand(t.shape, generator=g))
        elif name.endswith(".weight"):
            t.copy_(0.25 + 0.5 * torch.rand(t.shape, generator=g))
        elif t.dim() == 1:
            t.copy_(0.4 * torch.rand(t.shape, generator=g) - 0.2)


def save(net, way, path):
    state = net.state_dict()
    if way == 0:
        torch.save({"state_dict": {"module." + k: v for k, v in state.items()}, "epoch": 3}, path)
    elif way == 1:
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif way == 2:  # strides are not those of a contiguous tensor
        torch.save({"model": net.to(memory_format=torch.channels_last).state_dict(), "best": 1.5}, path, pickle_protocol=4)
    elif way == 3:
        torch.save({"net": {"backbone." + k if not k.startswith(("fc", "linear", "classifier")) else k: v.double() for k, v in state.items()}}, path)
    elif way == 4:
        write(path, {k: v for k, v in state.items() if "num_batches" not in k})


def write(path, tensors):
    header, body = {}, b""
    for k, v in tensors.items():
        data = v.contiguous().numpy().tobytes()
        header[k] = {"dtype": "F32", "shape": list(v.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


def read(path):
    with open(path, "rb") as f:
        n, = struct.unpack("<Q", f.read(8))
        header, body = json.loads(f.read(n)), f.read()
    assert header.pop("__metadata__")["format"] == "pt"
    types = {"F32": np.float32, "I64": np.int64}
    return {k: torch.from_numpy(np.frombuffer(body[slice(*t["data_offsets"])], types[t["dtype"]]).reshape(t["shape"]).copy())
            for k, t in header.items()}


def main(do, folder):
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    x = torch.rand((COUNT, 3, SIDE, SIDE), generator=torch.Generator().manual_seed(7))
    y = (x - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)) / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    listed = []
    for way, (name, arch, stem, make) in enumerate(nets()):
        path = os.path.join(folder, name)
        net = make().eval()
        if do == "make":
            fill(net)
            save(net, way % 5, path + ".pt")
            net(y).numpy().tofile(path + ".logits")
            listed.append({"name": name, "arch": arch or "", "stem": stem or ""})
        else:
            net.load_state_dict(read(path + ".safetensors"), strict=True)
            logits = np.fromfile(path + ".logits", np.float32).reshape(COUNT, -1)
            off = np.abs(net(y).numpy() - logits).max()
            print(f"{name}: off by {off:.2g}, of logits up to {np.abs(logits).max():.2g}")
            assert off < 1e-4, name
    if do == "make":
        x.numpy().tofile(os.path.join(folder, "images"))
        with open(os.path.join(folder, "nets.json"), "w") as f:
            json.dump({"count": COUNT, "side": SIDE, "nets": listed}, f)


main(*sys.argv[1:])
