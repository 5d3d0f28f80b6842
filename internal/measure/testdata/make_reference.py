"""Writes net.safetensors and reference.safetensors with PyTorch in float64, without Herbarium: python3 make_reference.py

A small net with a branch, its logits for six pictures, Grad-CAM at three layers by autograd and hooks, and how far the
pictures are from six originals. The net and the pictures are random; the files hold them.
"""
import json, struct
import numpy as np, torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
f32 = lambda *shape: (torch.randn(*shape) * 0.4).float().double()  # values that float32 holds exactly

p = {"conv1.weight": f32(6, 3, 3, 3), "bn1.weight": f32(6) + 1, "bn1.bias": f32(6), "bn1.running_mean": f32(6),
     "bn1.running_var": f32(6).abs() + 0.5, "conv2.weight": f32(6, 6, 3, 3), "conv2.bias": f32(6),
     "conv3.weight": f32(8, 6, 3, 3), "bn3.weight": f32(8) + 1, "bn3.bias": f32(8), "bn3.running_mean": f32(8),
     "bn3.running_var": f32(8).abs() + 0.5, "fc.weight": f32(7, 8), "fc.bias": f32(7)}
p = {k: v.float().double() for k, v in p.items()}
mean, std = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]


def forward(x):
    at = {}
    x = (x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
    bn = lambda x, n: F.batch_norm(x, p[n + ".running_mean"], p[n + ".running_var"], p[n + ".weight"], p[n + ".bias"], eps=1e-5)
    at["relu1"] = x = F.relu(bn(F.conv2d(x, p["conv1.weight"], padding=1), "bn1"))
    at["relu2"] = x = F.relu(x + F.conv2d(x, p["conv2.weight"], p["conv2.bias"], padding=1))
    at["bn3"] = x = bn(F.conv2d(x, p["conv3.weight"], stride=2, padding=1), "bn3")
    at["relu3"] = x = F.relu(x)
    return F.linear(x.mean((2, 3)), p["fc.weight"], p["fc.bias"]), at


node = lambda name, op, *of, **more: {"name": name, "op": op, "in": list(of), **more}
conv = dict(kernel=[3, 3], pad=[1, 1], dilation=[1, 1], groups=1)
bn = dict(eps=1e-5, momentum=0.1)
graph = {"nodes": [
    node("normalize", "normalize", "input", mean=mean, std=std),
    node("conv1", "conv", "normalize", out=6, stride=[1, 1], **conv), node("bn1", "bn", "conv1", **bn), node("relu1", "relu", "bn1"),
    node("conv2", "conv", "relu1", out=6, stride=[1, 1], bias=True, **conv), node("sum", "add", "relu1", "conv2"), node("relu2", "relu", "sum"),
    node("conv3", "conv", "relu2", out=8, stride=[2, 2], **conv), node("bn3", "bn", "conv3", **bn), node("relu3", "relu", "bn3"),
    node("gap", "gap", "relu3"), node("flat", "flatten", "gap"), node("fc", "linear", "flat", out=7, bias=True)],
    "aliases": {"logits": "fc"}}

original = torch.rand(6, 3, 12, 10)
picture = (original + 0.1 * torch.randn(6, 3, 12, 10)).clamp(0, 1)
original, picture = [(255 * t).round() / 255 for t in (original, picture)]
classes = torch.tensor([0, 1, 2, 3, 4, 6])

x = picture.clone().requires_grad_()
logits, at = forward(x)
out = {"logits": logits.detach()}
loss = logits[torch.arange(6), classes].sum()
for layer in ["relu1", "relu2", "bn3", "relu3"]:
    gradient, = torch.autograd.grad(loss, at[layer], retain_graph=True)
    alpha = gradient.mean((2, 3), keepdim=True)
    out["heat." + layer] = F.relu((alpha * at[layer]).sum(1)).detach()
out["heat.relu3.enlarged"] = F.interpolate(out["heat.relu3"][:, None], (12, 10), mode="bilinear", align_corners=False)[:, 0]
_, at0 = forward(original)
for layer in ["relu1", "relu2", "bn3"]:
    out["error." + layer] = ((at[layer] - at0[layer]).flatten(1).norm(dim=1) / at0[layer].flatten(1).norm(dim=1)).detach()
out["psnr"] = -10 * ((picture - original) ** 2).mean((1, 2, 3)).log10()
v = 80 / 255 / 6.5
dx, dy = (F.pad(picture.diff(dim=3), (0, 1)) / v) ** 2, (F.pad(picture.diff(dim=2), (0, 0, 0, 1)) / v) ** 2
out["variation"] = (dx + dy).sum((1, 2, 3)) / (12 * 10)


def write(path, meta, tensors):
    header, body = {"__metadata__": meta}, b""
    for name, t in tensors.items():
        data = t.tobytes()
        header[name] = {"dtype": {"float32": "F32", "uint8": "U8", "int64": "I64"}[t.dtype.name], "shape": list(t.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + body)


single = lambda t: t.float().numpy()
write("net.safetensors", {"kind": "net", "graph": json.dumps(graph), "input": "[3,12,10]", "arch": "reference",
                          "classes": json.dumps(list("abcdefg"))}, {k: single(t) for k, t in p.items()})
bytes8 = lambda t: (255 * t).round().byte().numpy()
write("reference.safetensors", {}, {"picture": bytes8(picture), "original": bytes8(original), "classes": classes.numpy(), **{k: single(t) for k, t in out.items()}})
