# Logits of nets by what NET.md says, without herbarium_net: written from the page alone, to see that it is enough.
import json
import math
import sys

import herbarium_stream as hs
import torch
import torch.nn.functional as F


def gaussian(s):
    r = math.ceil(3 * s / 2)
    w = torch.exp(-2 * torch.arange(-r, r + 1).double() ** 2 / s**2)
    return r, (w / w.sum()).float()


def blurpool(x, s):
    r, w = gaussian(s)
    x = F.pad(x, [r, r, r, r], "reflect")
    c = x.shape[1]
    x = F.conv2d(x, w[None, None, :, None].repeat(c, 1, 1, 1), groups=c)
    x = F.conv2d(x, w[None, None, None, :].repeat(c, 1, 1, 1), groups=c)
    return x[:, :, ::s, ::s]


def along(v, x, axes):
    """v, of the sizes of some axes, as it goes with x."""
    return v.reshape([x.shape[a + 1] if a in axes else 1 for a in range(x.dim() - 1)])


def layernorm(x, weight, bias, eps, axes):
    variance, mean = torch.var_mean(x, [a + 1 for a in axes], unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(variance + eps) * along(weight, x, axes) + along(bias, x, axes)


def affine(x, weight, bias, axis):
    y = along(weight, x, [axis]) * x
    return y if bias is None else y + along(bias, x, [axis])


def reduce(x, mode, axes, keep):
    dims = [a + 1 for a in axes]
    if mode == "l2":
        return torch.linalg.vector_norm(x, 2, dims, keep)
    return {"mean": x.mean, "sum": x.sum, "max": x.amax}[mode](dims, keep)


def slices(x, start, stop, step):
    stop = stop or [0] * len(start)
    return x[(slice(None),) + tuple(slice(a, b if b else None, c) for a, b, c in zip(start, stop, step))]


def pad(x, before, after, mode):
    if mode == "reflect":
        return F.pad(x, [before[2], after[2], before[1], after[1]], "reflect")
    return F.pad(x, [n for axis in reversed(range(len(before))) for n in (before[axis], after[axis])])


def resize(x, a):
    size = a.get("size") or [math.floor(x.shape[2] * a["scale"][0]), math.floor(x.shape[3] * a["scale"][1])]
    return F.interpolate(x, size, mode=a["mode"])


def gelu(x, mode):
    if mode == "erf":
        return F.gelu(x)
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def product(xs):
    y = xs[0]
    for x in xs[1:]:
        y = y * x
    return y


per_channel = lambda values: torch.tensor(values)[:, None, None]

# By op: from the inputs, the attributes and a function that finds a parameter by its suffix.
OPS = {
    "normalize": lambda xs, a, p: (xs[0] - per_channel(a["mean"])) / per_channel(a["std"]),
    "conv": lambda xs, a, p: F.conv2d(xs[0], p("weight"), p("bias"), a["stride"], a.get("pad", 0), a["dilation"], a["groups"]),
    "bn": lambda xs, a, p: F.batch_norm(xs[0], p("running_mean"), p("running_var"), p("weight"), p("bias"), False, 0, a["eps"]),
    "layernorm": lambda xs, a, p: layernorm(xs[0], p("weight"), p("bias"), a["eps"], a.get("axes", [0])),
    "affine": lambda xs, a, p: affine(xs[0], p("weight"), p("bias"), a.get("axis", 0)),
    "relu": lambda xs, a, p: F.relu(xs[0]),
    "clip": lambda xs, a, p: xs[0].clamp(a.get("min", 0), a.get("max", 0)),
    "leakyrelu": lambda xs, a, p: F.leaky_relu(xs[0], a.get("slope", 0)),
    "sigmoid": lambda xs, a, p: torch.sigmoid(xs[0]),
    "hardsigmoid": lambda xs, a, p: F.hardsigmoid(xs[0]),
    "hardswish": lambda xs, a, p: F.hardswish(xs[0]),
    "silu": lambda xs, a, p: F.silu(xs[0]),
    "gelu": lambda xs, a, p: gelu(xs[0], a["mode"]),
    "add": lambda xs, a, p: sum(xs),
    "mul": lambda xs, a, p: product(xs),
    "concat": lambda xs, a, p: torch.cat(xs, a.get("axis", 0) + 1),
    "shuffle": lambda xs, a, p: F.channel_shuffle(xs[0], a["groups"]),
    "maxpool": lambda xs, a, p: F.max_pool2d(xs[0], a["kernel"], a["stride"], a.get("pad", 0), a["dilation"], a.get("ceil", False)),
    "avgpool": lambda xs, a, p: F.avg_pool2d(xs[0], a["kernel"], a["stride"], a.get("pad", 0), a.get("ceil", False), a.get("pad_count", False)),
    "gap": lambda xs, a, p: F.adaptive_avg_pool2d(xs[0], 1),
    "flatten": lambda xs, a, p: torch.flatten(xs[0], 1),
    "linear": lambda xs, a, p: F.linear(xs[0], p("weight"), p("bias")),
    "resize": lambda xs, a, p: resize(xs[0], a),
    "blurpool": lambda xs, a, p: blurpool(xs[0], a["stride"][0]),
    "slice": lambda xs, a, p: slices(xs[0], a["start"], a.get("stop"), a["step"]),
    "pad": lambda xs, a, p: pad(xs[0], a["before"], a["after"], a["mode"]),
    "lrn": lambda xs, a, p: F.local_response_norm(xs[0], a["window"], a.get("alpha", 0), a.get("beta", 0), a["k"]),
    "softmax": lambda xs, a, p: F.softmax(xs[0], a.get("axis", 0) + 1),
    "reshape": lambda xs, a, p: xs[0].reshape(len(xs[0]), *a["shape"]),
    "transpose": lambda xs, a, p: xs[0].permute(0, *[axis + 1 for axis in a["order"]]),
    "matmul": lambda xs, a, p: torch.matmul(*xs),
    "reduce": lambda xs, a, p: reduce(xs[0], a["mode"], a["axes"], a.get("keep", False)),
    "expand": lambda xs, a, p: xs[0].expand(len(xs[0]), *a["shape"]),
    "dropout": lambda xs, a, p: xs[0],
    "fakequantize": lambda xs, a, p: torch.fake_quantize_per_channel_affine(
        xs[0], *(torch.tensor(a[k] * (xs[0].shape[a.get("axis", 0) + 1] if len(a[k]) == 1 else 1), dtype=t) for k, t in (("scale", torch.float32), ("zero", torch.int32))),
        a.get("axis", 0) + 1, a.get("min", 0), a.get("max", 0)),
    "round": lambda xs, a, p: torch.round(xs[0] * a["levels"]) / a["levels"],
}


def logits(net, images):
    graph = json.loads(net.meta["graph"])
    values = {"input": images}
    for node in graph["nodes"]:
        parameter = lambda suffix: torch.from_numpy(net.tensors[f"{node['name']}.{suffix}"]) if f"{node['name']}.{suffix}" in net.tensors else None
        if node["op"] == "parameter":
            values[node["name"]] = torch.from_numpy(net.tensors[node["name"]]).expand(len(images), *node["shape"])
            continue
        values[node["name"]] = OPS[node["op"]]([values[name] for name in node["in"]], node, parameter)
    return values[graph["aliases"]["logits"]]


with hs.Writer(sys.stdout.buffer) as out, torch.no_grad():
    for document in hs.read(sys.stdin.buffer):
        if document.kind == "net":
            net = document
        else:
            out.write(hs.Document({}, {"logits": logits(net, torch.from_numpy(document.tensors["image"])).numpy()}))
