#!/usr/bin/python3
"""Makes the reference values that internal/net is tested against, with PyTorch and nothing of Herbarium.

    python3 make_reference.py          # writes *.safetensors beside itself; needs torch and numpy

Made with PyTorch 1.13.1 (Debian's python3-torch), in float64 on a CPU, so that the values are those of the
mathematics and not of one library's float32. README.md says what the files hold.
"""
import json
import math
import os
import struct

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CLASSES = 10
BATCH = 4


# ---------------------------------------------------------------------------- numbers both sides can make


def unit(name, shape):
    """Numbers in [0,1) that depend on a name and on the index: murmur3's 32-bit finalizer, exact everywhere."""
    key = 0
    for byte in name.encode():
        key = (key * 31 + byte) % 2**32
    x = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.uint64)
    x = (x + key * 0x9E3779B9) % 2**32
    x ^= x >> 16
    x = x * 0x85EBCA6B % 2**32
    x ^= x >> 13
    x = x * 0xC2B2AE35 % 2**32
    x ^= x >> 16
    return (x / 2.0**32).reshape(shape)


def f32(values):
    """Rounds to float32, in which both sides hold their weights, and returns float64."""
    return torch.from_numpy(np.asarray(values).astype(np.float32).astype(np.float64))


def fill(net):
    """Gives every parameter and buffer its value by formula."""
    for name, t in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        u = unit(name, tuple(t.shape))
        if t.dim() == 4:
            u = (2 * u - 1) * math.sqrt(6 / np.prod(t.shape[1:]))
        elif t.dim() == 2:
            u = (2 * u - 1) / math.sqrt(t.shape[1])
        elif name.endswith("running_var"):
            u = 0.5 + u
        elif name.endswith(".weight"):  # of a batch norm
            u = 0.25 + 0.5 * u
        else:  # biases and running means
            u = 0.4 * u - 0.2
        t.copy_(f32(u))


# ---------------------------------------------------------------------------- the nets, by hand


class Normalize(nn.Module):
    def forward(self, x):
        shape = (1, 3, 1, 1)
        return (x - torch.tensor(MEAN, dtype=x.dtype).view(shape)) / torch.tensor(STD, dtype=x.dtype).view(shape)


class CifarBlock(nn.Module):
    """Basic block with the parameter-free shortcut of He et al. 2016, option A."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.stride, self.more = stride, cout - cin

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.stride != 1:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more // 2))
        return F.relu(y + x)


class CifarNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.normalize = Normalize()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        widths = [16, 16, 32, 64]
        for s in (1, 2, 3):
            first = CifarBlock(widths[s - 1], widths[s], 1 if s == 1 else 2)
            rest = [CifarBlock(widths[s], widths[s], 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{s}", nn.Sequential(first, *rest))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.linear = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(self.normalize(x))))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(torch.flatten(self.avgpool(x), 1))


class Residual(nn.Module):
    """torchvision's BasicBlock (expansion 1) and Bottleneck (expansion 4)."""

    def __init__(self, cin, width, stride, expansion):
        super().__init__()
        cout = width * expansion
        plan = [(cin, width, 3, stride), (width, cout, 3, 1)]
        if expansion == 4:
            plan = [(cin, width, 1, 1), (width, width, 3, stride), (width, cout, 1, 1)]
        for i, (a, b, k, s) in enumerate(plan, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.depth = len(plan)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = x
        for i in range(1, self.depth + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.depth:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ImageNet(nn.Module):
    def __init__(self, blocks, expansion=1, small=False, classes=CLASSES):
        super().__init__()
        self.normalize = Normalize()
        self.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False) if small else nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        cin = 64
        for s, n in enumerate(blocks, 1):
            width = 32 << s
            layers = []
            for i in range(n):
                layers.append(Residual(cin, width, 2 if s > 1 and i == 0 else 1, expansion))
                cin = width * expansion
            setattr(self, f"layer{s}", nn.Sequential(*layers))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(cin, classes)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(self.normalize(x)))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


# ---------------------------------------------------------------------------- what is kept of a net

SAMPLES = 4  # elements kept of each parameter


def summary(state):
    """[P] L2 norms and [P,SAMPLES] elements, at index j*n // SAMPLES of the n elements of each tensor."""
    flat = [t.detach().reshape(-1) for t in state.values()]
    norms = torch.stack([t.norm() for t in flat])
    samples = torch.stack([t[[j * len(t) // SAMPLES for j in range(SAMPLES)]] for t in flat])
    return norms, samples


def parameters(net):
    return {k: v for k, v in net.state_dict().items() if not k.endswith("num_batches_tracked")}


def reference(net, size, captures):
    net = net.double()
    fill(net)
    images = [f32(unit(f"images{step}", (BATCH, 3, size, size))) for step in (1, 2)]
    labels = [torch.tensor([(7 * i + 3 * step) % CLASSES for i in range(BATCH)]) for step in (1, 2)]
    out, meta = {}, {}

    net.eval()
    seen = {}
    hooks = [net.get_submodule(c).register_forward_hook(lambda m, i, o, c=c: seen.__setitem__(c, o.detach())) for c in captures]
    x = images[0].clone().requires_grad_()
    logits = net(x)
    for h in hooks:
        h.remove()
    out["logits.eval"] = logits
    logits[:, 3].sum().backward()
    every = size // 8
    out["gradient.norm"] = x.grad.flatten(1).norm(dim=1)
    out["gradient.sample"] = x.grad[:, :, ::every, ::every]
    meta["captures"] = json.dumps(captures)
    out["capture.norm"] = torch.stack([seen[c].norm() for c in captures])
    out["capture.mean"] = torch.stack([seen[c].mean() for c in captures])

    net.train()
    net.zero_grad()
    decay = [p for p in net.parameters() if p.dim() > 1]
    plain = [p for p in net.parameters() if p.dim() == 1]
    optimizer = torch.optim.SGD(
        [{"params": decay, "weight_decay": 5e-4}, {"params": plain, "weight_decay": 0}], lr=0.1, momentum=0.9, nesterov=True
    )
    meta["parameters"] = json.dumps(list(parameters(net)))
    losses = []
    for step, (x, y) in enumerate(zip(images, labels), 1):
        logits = net(x)
        if step == 1:
            out["logits.train"] = logits
        loss = F.cross_entropy(logits, y, label_smoothing=0.1)
        losses.append(loss)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        out[f"step{step}.norm"], out[f"step{step}.sample"] = summary(parameters(net))
    out["loss"] = torch.stack(losses)
    return out, meta


# ---------------------------------------------------------------------------- single ops


def gaussian_pool(x, s):
    """Reflect padding, Gaussian of sigma s/2 cut at ceil(3 sigma), every s-th pixel; written as one 2-D convolution."""
    sigma = s / 2
    r = math.ceil(3 * sigma)
    g = torch.exp(-torch.arange(-r, r + 1, dtype=x.dtype) ** 2 / (2 * sigma**2))
    k = torch.outer(g, g)
    k = (k / k.sum()).expand(x.shape[1], 1, -1, -1)
    return F.conv2d(F.pad(x, (r, r, r, r), mode="reflect"), k, groups=x.shape[1])[:, :, ::s, ::s]


def channel_shuffle(x, groups):
    """F.channel_shuffle, which has no gradient in torch 1.13."""
    y = x.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
    assert torch.equal(y, F.channel_shuffle(x.detach(), groups))
    return y


def cases():
    """Yields (node, input shapes without the batch, function of the inputs and the node's parameters)."""
    a, b, flat = (4, 6, 5), (2, 7, 6), (12,)
    conv = {"op": "conv", "out": 4, "kernel": [3, 3], "stride": [1, 1], "dilation": [1, 1], "groups": 1}

    def conv_case(**change):
        n = {**conv, **change}
        run = lambda x, p: F.conv2d(x, p["weight"], p.get("bias"), n["stride"], n.get("pad", [0, 0]), n["dilation"], n["groups"])
        return n, [a], run

    yield conv_case()
    yield conv_case(bias=True, pad=[1, 1], stride=[2, 2])
    yield conv_case(kernel=[1, 3], pad=[0, 1], stride=[1, 2])
    yield conv_case(pad=[2, 2], dilation=[2, 2])
    yield conv_case(groups=2, out=6)
    yield conv_case(groups=4, pad=[1, 1])
    yield {"op": "linear", "out": 5, "bias": True}, [flat], lambda x, p: F.linear(x, p["weight"], p["bias"])
    yield {"op": "linear", "out": 5}, [flat], lambda x, p: F.linear(x, p["weight"])
    for shape in (a, flat):
        yield {"op": "bn", "eps": 1e-3, "momentum": 0.1}, [shape], lambda x, p: F.batch_norm(
            x, p["running_mean"], p["running_var"], p["weight"], p["bias"], False, 0.1, 1e-3
        )
    yield {"op": "normalize", "mean": [0.1, 0.2, 0.3, 0.4], "std": [1, 2, 3, 4]}, [a], lambda x, p: (
        x - torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=x.dtype).view(1, 4, 1, 1)
    ) / torch.tensor([1.0, 2, 3, 4], dtype=x.dtype).view(1, 4, 1, 1)
    elementwise = [
        ({"op": "relu"}, F.relu),
        ({"op": "clip", "min": -0.5, "max": 1}, lambda x: F.hardtanh(x, -0.5, 1.0)),
        ({"op": "leakyrelu", "slope": 0.1}, lambda x: F.leaky_relu(x, 0.1)),
        ({"op": "sigmoid"}, torch.sigmoid),
        ({"op": "hardsigmoid"}, F.hardsigmoid),
        ({"op": "hardswish"}, F.hardswish),
        ({"op": "silu"}, F.silu),
        ({"op": "gelu", "mode": "erf"}, F.gelu),
        ({"op": "gelu", "mode": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
        ({"op": "round", "levels": 4}, lambda x: torch.round(x * 4) / 4),
        ({"op": "dropout", "rate": 0.5}, lambda x: x),  # eval mode
        ({"op": "softmax"}, lambda x: F.softmax(x, 1)),
    ]
    for node, f in elementwise:
        yield node, [flat], lambda x, p, f=f: f(x)
    yield {"op": "softmax", "axis": 2}, [a], lambda x, p: F.softmax(x, 3)
    yield {"op": "add"}, [a, a, (4, 1, 1)], lambda x, y, z, p: x + y + z
    yield {"op": "mul"}, [a, (4, 1, 1)], lambda x, y, p: x * y
    yield {"op": "mul"}, [a, (1, 6, 5)], lambda x, y, p: x * y
    yield {"op": "concat"}, [a, (2, 6, 5), (2, 6, 5)], lambda x, y, z, p: torch.cat([x, y, z], 1)
    yield {"op": "concat", "axis": 2}, [b, b], lambda x, y, p: torch.cat([x, y], 3)
    pool = {"kernel": [3, 3], "stride": [2, 2]}
    for change in ({}, {"pad": [1, 1]}, {"ceil": True}, {"pad": [1, 1], "ceil": True}, {"kernel": [2, 2], "stride": [3, 3], "ceil": True}):
        n = {**pool, **change}
        pad, ceil = n.get("pad", [0, 0]), n.get("ceil", False)
        yield {"op": "maxpool", "dilation": [1, 1], **n}, [b], lambda x, p, n=n, pad=pad, ceil=ceil: F.max_pool2d(
            x, n["kernel"], n["stride"], pad, 1, ceil
        )
        for count in (False, True):
            m = {**n, "pad_count": True} if count else n
            yield {"op": "avgpool", **m}, [b], lambda x, p, n=n, pad=pad, ceil=ceil, count=count: F.avg_pool2d(
                x, n["kernel"], n["stride"], pad, ceil, count
            )
    yield {"op": "maxpool", "kernel": [2, 2], "stride": [1, 1], "dilation": [2, 3]}, [b], lambda x, p: F.max_pool2d(
        x, 2, 1, 0, (2, 3)
    )
    yield {"op": "gap"}, [a], lambda x, p: F.adaptive_avg_pool2d(x, 1)
    yield {"op": "flatten"}, [a], lambda x, p: torch.flatten(x, 1)
    for mode in ("nearest", "bilinear"):
        align = {} if mode == "nearest" else {"align_corners": False}
        yield {"op": "resize", "mode": mode, "scale": [2, 2]}, [(2, 3, 4)], lambda x, p, mode=mode, align=align: F.interpolate(
            x, scale_factor=2, mode=mode, **align
        )
        for size in ([5, 9], [3, 4]):
            yield {"op": "resize", "mode": mode, "size": size}, [b], lambda x, p, mode=mode, align=align, size=size: F.interpolate(
                x, size=size, mode=mode, **align
            )
        yield {"op": "resize", "mode": mode, "scale": [1.5, 0.7]}, [b], lambda x, p, mode=mode, align=align: F.interpolate(
            x, scale_factor=(1.5, 0.7), mode=mode, recompute_scale_factor=True, **align
        )
    yield {"op": "blurpool", "stride": [2, 2]}, [a], lambda x, p: gaussian_pool(x, 2)
    yield {"op": "blurpool", "stride": [3, 3]}, [(1, 13, 11)], lambda x, p: gaussian_pool(x, 3)
    yield {"op": "slice", "start": [0, 0, 0], "step": [1, 2, 2]}, [a], lambda x, p: x[:, :, ::2, ::2]
    yield {"op": "slice", "start": [1, 2, 0], "stop": [3, 0, 5], "step": [1, 3, 2]}, [a], lambda x, p: x[:, 1:3, 2::3, 0:5:2]
    yield {"op": "slice", "start": [3], "step": [4]}, [flat], lambda x, p: x[:, 3::4]
    yield {"op": "pad", "mode": "zeros", "before": [2, 0, 1], "after": [1, 3, 0]}, [b], lambda x, p: F.pad(x, (1, 0, 0, 3, 2, 1))
    yield {"op": "pad", "mode": "reflect", "before": [0, 2, 1], "after": [0, 3, 5]}, [b], lambda x, p: F.pad(
        x, (1, 5, 2, 3), mode="reflect"
    )
    yield {"op": "lrn", "window": 3, "alpha": 0.5, "beta": 0.75, "k": 2}, [a], lambda x, p: F.local_response_norm(x, 3, 0.5, 0.75, 2)
    yield {"op": "lrn", "window": 2, "alpha": 1, "beta": 0.5, "k": 1}, [a], lambda x, p: F.local_response_norm(x, 2, 1, 0.5, 1)
    for shape in (a, flat):
        yield {"op": "layernorm", "eps": 1e-6}, [shape], lambda x, p: F.layer_norm(
            x.transpose(1, -1), x.shape[1:2], p["weight"], p["bias"], 1e-6
        ).transpose(1, -1)
        yield {"op": "affine", "bias": True}, [shape], lambda x, p: (x.transpose(1, -1) * p["weight"] + p["bias"]).transpose(1, -1)
        yield {"op": "affine"}, [shape], lambda x, p: (x.transpose(1, -1) * p["weight"]).transpose(1, -1)
    for groups in (2, 3):
        yield {"op": "shuffle", "groups": groups}, [(6, 3, 2)], lambda x, p, groups=groups: channel_shuffle(x, groups)
    # Values of other ranks: tokens [T,C], heads [h,T,d].
    tokens, heads = (3, 4), (2, 3, 4)
    yield {"op": "reshape", "shape": [3, 4]}, [flat], lambda x, p: x.reshape(-1, 3, 4)
    yield {"op": "reshape", "shape": [4, -1]}, [a], lambda x, p: x.flatten(2)
    yield {"op": "transpose", "order": [1, 0]}, [tokens], lambda x, p: x.transpose(1, 2)
    yield {"op": "transpose", "order": [1, 2, 0]}, [a], lambda x, p: x.permute(0, 2, 3, 1)
    yield {"op": "matmul"}, [tokens, (4, 5)], lambda x, y, p: torch.matmul(x, y)
    yield {"op": "matmul"}, [heads, (1, 4, 5)], lambda x, y, p: torch.matmul(x, y)
    yield {"op": "matmul"}, [(1, 3, 4), (2, 4, 5)], lambda x, y, p: torch.matmul(x, y)
    yield {"op": "softmax", "axis": 1}, [tokens], lambda x, p: F.softmax(x, 2)
    yield {"op": "softmax", "axis": 2}, [heads], lambda x, p: F.softmax(x, 3)
    yield {"op": "layernorm", "eps": 1e-6, "axes": [1]}, [tokens], lambda x, p: F.layer_norm(x, (4,), p["weight"], p["bias"], 1e-6)
    yield {"op": "layernorm", "eps": 1e-5, "axes": [1, 2]}, [a], lambda x, p: F.layer_norm(x, (6, 5), p["weight"], p["bias"], 1e-5)
    yield {"op": "layernorm", "eps": 1e-5, "axes": [0, 1]}, [(3, 4, 2)], lambda x, p: F.layer_norm(
        x.permute(0, 3, 1, 2), (3, 4), p["weight"], p["bias"], 1e-5
    ).permute(0, 2, 3, 1)
    reductions = {"mean": torch.mean, "sum": torch.sum, "max": torch.amax, "l2": torch.linalg.vector_norm}
    for mode, f in reductions.items():
        yield {"op": "reduce", "mode": mode, "axes": [0]}, [tokens], lambda x, p, f=f: f(x, dim=(1,))
        yield {"op": "reduce", "mode": mode, "axes": [0, 2], "keep": True}, [a], lambda x, p, f=f: f(x, dim=(1, 3), keepdim=True)
        yield {"op": "reduce", "mode": mode, "axes": [0]}, [flat], lambda x, p, f=f: f(x, dim=(1,))
    yield {"op": "parameter", "shape": [3, 4]}, [], lambda p: p[""].expand(2, 3, 4)
    yield {"op": "parameter", "shape": [5], "buffer": True}, [], lambda p: p[""].expand(2, 5)
    yield {"op": "expand", "shape": [3, 4]}, [(1, 4)], lambda x, p: x.expand(-1, 3, 4)
    yield {"op": "expand", "shape": [2, 3, 4]}, [(2, 1, 1)], lambda x, p: x.expand(-1, 2, 3, 4)
    yield {"op": "linear", "out": 5, "bias": True}, [tokens], lambda x, p: F.linear(x, p["weight"], p["bias"])
    yield {"op": "affine", "axis": 1, "bias": True}, [tokens], lambda x, p: x * p["weight"] + p["bias"]
    yield {"op": "affine", "axis": 1}, [a], lambda x, p: x * p["weight"].view(-1, 1)
    yield {"op": "bn", "eps": 1e-5, "momentum": 0.1}, [tokens], lambda x, p: F.batch_norm(
        x, p["running_mean"], p["running_var"], p["weight"], p["bias"], False, 0.1, 1e-5
    )
    yield {"op": "add"}, [tokens, (1, 4)], lambda x, y, p: x + y
    yield {"op": "mul"}, [heads, (2, 1, 1)], lambda x, y, p: x * y
    yield {"op": "concat"}, [tokens, (1, 4)], lambda x, y, p: torch.cat([x, y], 1)
    yield {"op": "concat", "axis": 3}, [(2, 1, 3, 4), (2, 1, 3, 2)], lambda x, y, p: torch.cat([x, y], 4)
    yield {"op": "slice", "start": [1, 0], "stop": [0, 3], "step": [1, 2]}, [tokens], lambda x, p: x[:, 1:, 0:3:2]
    yield {"op": "pad", "mode": "zeros", "before": [1, 0], "after": [0, 2]}, [tokens], lambda x, p: F.pad(x, (0, 2, 1, 0))
    yield {"op": "pad", "mode": "zeros", "before": [2], "after": [1]}, [flat], lambda x, p: F.pad(x, (2, 1))
    yield {"op": "gelu", "mode": "erf"}, [tokens], lambda x, p: F.gelu(x)


def op_parameters(node, shape):
    """The node's parameters by formula, as fill makes them; the node is called as its number in the list."""
    shapes = {}
    if node["op"] == "parameter":
        holder = nn.Module()
        holder.register_buffer(node["name"], torch.zeros(node["shape"], dtype=torch.float64))
        fill(holder)
        return {"": getattr(holder, node["name"])}
    if node["op"] == "conv":
        shapes["weight"] = (node["out"], shape[0] // node["groups"], *node["kernel"])
    elif node["op"] == "linear":
        shapes["weight"] = (node["out"], shape[-1])
    elif node["op"] == "bn":
        shapes = {k: (shape[0],) for k in ("weight", "bias", "running_mean", "running_var")}
    elif node["op"] in ("layernorm", "affine"):
        axes = node.get("axes", [node.get("axis", 0)])
        shapes = {k: tuple(shape[a] for a in axes) for k in ("weight", "bias")}
        if node["op"] == "affine" and not node.get("bias"):
            del shapes["bias"]
    if node.get("bias") and "out" in node:
        shapes["bias"] = (node["out"],)

    class Holder(nn.Module):
        pass

    holder = Holder()
    inner = Holder()
    setattr(holder, node["name"], inner)
    for k, s in shapes.items():
        inner.register_buffer(k, torch.zeros(s, dtype=torch.float64))
    fill(holder)
    return dict(inner.named_buffers())


def op_references():
    """For each case, of a batch of two, the second item's output and gradient with respect to the first input."""
    out, listed = {}, []
    for i, (node, shapes, run) in enumerate(cases()):
        node = {"name": f"n{i}", "op": node["op"], "in": ["input", "input1", "input2"][: len(shapes)], **node}
        inputs = [f32(4 * unit(f"n{i}.input{j}", (2, *s)) - 2) for j, s in enumerate(shapes)]
        if inputs:
            inputs[0].requires_grad_()
        y = run(*inputs, op_parameters(node, shapes[0] if shapes else ()))
        out[f"n{i}.out"] = y[1:]
        if inputs and node["op"] != "round":
            (y * f32(unit(f"n{i}.cotangent", tuple(y.shape)))).sum().backward()
            out[f"n{i}.gradient"] = inputs[0].grad[1:]
        listed.append({"node": node, "inputs": [list(s) for s in shapes]})
    return out, {"cases": json.dumps(listed)}


# ---------------------------------------------------------------------------- files


def save(name, tensors, meta):
    header, body = {"__metadata__": {"torch": torch.__version__, **meta}}, b""
    for key, t in tensors.items():
        data = t.detach().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(os.path.join(HERE, name), "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)
    print(f"{name}: {8 + len(text) + len(body)} bytes, {len(tensors)} tensors")


def cost(net, size):
    """Parameters and multiply-adds of convolutions and linear layers for one image."""
    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        macs += output[0].numel() * module.weight[0].numel()

    for m in net.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            m.register_forward_hook(count)
    net.eval()
    with torch.no_grad():
        net(torch.zeros(1, 3, size, size))
    return sum(p.numel() for p in net.parameters()), macs


def main():
    torch.set_num_threads(1)
    shared = ["normalize", "conv1", "bn1", "relu", "layer1.0.conv1", "layer1.0.bn2", "layer1.1", "layer1", "layer2.0.bn1", "layer2", "layer3", "avgpool"]
    save("resnet20.safetensors", *reference(CifarNet(3), 32, shared))
    shared += ["layer2.0.downsample.0", "layer2.0.downsample.1", "layer4"]
    save("resnet18-small.safetensors", *reference(ImageNet([2, 2, 2, 2], small=True), 32, shared))
    save("resnet18.safetensors", *reference(ImageNet([2, 2, 2, 2]), 64, shared + ["maxpool"]))
    save("ops.safetensors", *op_references())
    # The numbers that internal/arch is tested against.
    for blocks in (3, 5, 7, 9):
        print(f"resnet{6 * blocks + 2} at 32: %d parameters, %d multiply-adds" % cost(CifarNet(blocks), 32))
    for name, blocks, expansion in (("resnet18", [2, 2, 2, 2], 1), ("resnet34", [3, 4, 6, 3], 1), ("resnet50", [3, 4, 6, 3], 4)):
        for small, size in ((False, 224), (True, 32)):
            print(f"{name} small={small} at {size}: %d parameters, %d multiply-adds" % cost(ImageNet(blocks, expansion, small, 1000), size))


if __name__ == "__main__":
    main()
