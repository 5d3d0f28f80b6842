"""Nets of a Herbarium stream as modules of PyTorch, and modules as nets.

    import herbarium_net as hn
    net = hn.load("flowers.net.st.zst")          # a torch.nn.Module: images [N,C,H,W] in [0,1] to logits [N,K]
    hn.save(net, "tuned.net.st.zst")             # after training it further, say
    hn.save(hn.from_torch(model, (3, 224, 224), classes, mean, std), "mine.net.st.zst")

to_torch and from_torch work on documents, for scripts within pipes. The page NET.md says what a net is; this file needs
torch (tested with 1.13), numpy, and herbarium_stream.py beside it."""

import copy
import json
import math
import os
import re

import numpy as np
import torch
import torch.fx
import torch.nn.functional as F
from torch import nn

import herbarium_stream as hs


# --- Reading ---

class Op(nn.Module):
    """An op of NET.md that is no module of PyTorch: called with the values of its inputs. node holds its attributes."""

    def __init__(self, node):
        super().__init__()
        self.node = {k: v for k, v in node.items() if k not in ("name", "in")}

    def extra_repr(self):
        return ", ".join(f"{k}={v}" for k, v in self.node.items() if k != "op")


class Normalize(Op):
    def forward(self, x):
        like = lambda v: torch.tensor(v, dtype=x.dtype, device=x.device)[:, None, None]
        return (x - like(self.node["mean"])) / like(self.node["std"])


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    """BatchNorm1d or BatchNorm2d, by what comes. It keeps no count of batches."""

    def __init__(self, channels, eps, momentum):
        super().__init__(channels, eps, momentum)
        del self.num_batches_tracked
        self.num_batches_tracked = None

    def _check_input_dim(self, x):
        pass

    def _load_from_state_dict(self, state_dict, prefix, *rest):  # not that of _BatchNorm, which asks for the count
        nn.Module._load_from_state_dict(self, state_dict, prefix, *rest)


class Scaled(Op):
    """What has a weight and perhaps a bias for each index of some axes."""

    def __init__(self, node, axes, shape, bias=True):
        super().__init__(node)
        self.dims = [a + 1 for a in axes]
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def scale(self, x):
        shape = [n if d in self.dims else 1 for d, n in enumerate(x.shape)]
        x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)


class Affine(Scaled):
    forward = Scaled.scale


class LayerNorm(Scaled):
    def forward(self, x):
        x = x - x.mean(self.dims, keepdim=True)
        return self.scale(x / torch.sqrt((x * x).mean(self.dims, keepdim=True) + self.node["eps"]))


class Add(Op):
    def forward(self, *inputs):
        return sum(inputs[1:], inputs[0])


class Mul(Op):
    def forward(self, *inputs):
        return math.prod(inputs[1:], start=inputs[0])


class Concat(Op):
    def forward(self, *inputs):
        return torch.cat(inputs, self.node.get("axis", 0) + 1)


class MatMul(Op):
    def forward(self, x, y):
        return torch.matmul(x, y)


class Attention(Op):
    def forward(self, q, k, v, bias=None):
        heads = lambda x: x.unflatten(-1, (self.node["heads"], -1)).transpose(-2, -3)
        scores = self.node["scale"] * heads(q) @ heads(k).transpose(-2, -1)
        return (torch.softmax(scores if bias is None else scores + bias, -1) @ heads(v)).transpose(-2, -3).flatten(-2)


class Unary(Op):
    def forward(self, x):
        name = self.node["function"]
        return (getattr(torch, name, None) or getattr(F, name))(x)


class Pow(Op):
    def forward(self, x):
        return x ** self.node["exponent"]


class Reshape(Op):
    def forward(self, x):
        return x.reshape(len(x), *self.node["shape"])


class Transpose(Op):
    def forward(self, x):
        return x.permute(0, *(a + 1 for a in self.node["order"]))


class Expand(Op):
    def forward(self, x):
        return x.expand(len(x), *self.node["shape"])


class Reduce(Op):
    def forward(self, x):
        dims, keep = [a + 1 for a in self.node["axes"]], self.node.get("keep", False)
        if self.node["mode"] == "l2":
            return torch.linalg.vector_norm(x, 2, dims, keep)
        return {"mean": x.mean, "sum": x.sum, "max": x.amax}[self.node["mode"]](dims, keep)


class Resize(Op):
    def forward(self, x):
        size = self.node.get("size") or [int(n * s) for n, s in zip(x.shape[2:], self.node["scale"])]
        mode = self.node["mode"]
        return F.interpolate(x, size, mode=mode, align_corners=None if mode == "nearest" else self.node.get("align", False))


class BlurPool(Op):
    def forward(self, x):
        s, channels = self.node["stride"][0], x.shape[1]
        r = math.ceil(3 * s / 2)
        d = torch.arange(-r, r + 1, dtype=torch.float64)
        w = torch.exp(-2 * d * d / s**2)
        w = (w / w.sum()).to(x)
        x = F.pad(x, [r, r, r, r], mode="reflect")
        x = F.conv2d(x, w.view(1, 1, -1, 1).expand(channels, -1, -1, -1), stride=(s, 1), groups=channels)
        return F.conv2d(x, w.view(1, 1, 1, -1).expand(channels, -1, -1, -1), stride=(1, s), groups=channels)


class Slice(Op):
    def forward(self, x):
        start, step = self.node["start"], self.node["step"]
        stop = self.node.get("stop") or [0] * len(start)
        return x[(slice(None), *(slice(a, b or None, c) for a, b, c in zip(start, stop, step)))]


class Pad(Op):
    def forward(self, x):
        sides = [n for pair in zip(self.node["before"], self.node["after"]) for n in pair]
        if self.node["mode"] == "reflect":
            return F.pad(x, sides[4:] + sides[2:4], mode="reflect")
        return F.pad(x, [n for a in range(len(sides) - 2, -1, -2) for n in sides[a:a + 2]])


class Round(Op):
    def forward(self, x):
        return torch.round(x * self.node["levels"]) / self.node["levels"]


class FakeQuantize(Op):
    def forward(self, x):
        n = self.node
        low, high = n.get("min", 0), n.get("max", 0)
        along = lambda values: torch.tensor(values, dtype=x.dtype, device=x.device).reshape(-1, *[1] * (x.dim() - 2 - n.get("axis", 0)))
        scale, zero = along(n["scale"]), along(n["zero"])
        y = torch.minimum(torch.maximum(torch.round(x.detach() / scale), low - zero), high - zero) * scale
        inside = torch.where((zero == low) & (x < -scale / 2) | (zero == high) & (x > scale / 2), x.detach(), x)
        return y + (inside - inside.detach())  # adds zero, with the gradient


class Noise(Op):
    def forward(self, x):
        return x + self.node["sigma"] * torch.randn_like(x)


def _module(node, size):
    """The module of a node; size(suffix) is the shape of a parameter."""
    op, get = node["op"], node.get
    pad, bias = tuple(get("pad", (0, 0))), get("bias", False)
    pair = lambda key: tuple(node[key])
    modules = {
        "conv": lambda: nn.Conv2d(size("weight")[1] * node["groups"], node["out"], pair("kernel"), pair("stride"), pad, pair("dilation"), node["groups"], bias),
        "bn": lambda: BatchNorm(size("weight")[0], node["eps"], get("momentum", 0.0)),
        "linear": lambda: nn.Linear(size("weight")[1], node["out"], bias),
        "layernorm": lambda: LayerNorm(node, get("axes", [0]), size("weight")),
        "affine": lambda: Affine(node, [get("axis", 0)], size("weight"), bias),
        "relu": nn.ReLU,
        "clip": lambda: nn.Hardtanh(get("min", 0.0), get("max", 0.0)),
        "leakyrelu": lambda: nn.LeakyReLU(get("slope", 0.0)),
        "sigmoid": nn.Sigmoid,
        "hardsigmoid": nn.Hardsigmoid,
        "hardswish": nn.Hardswish,
        "silu": nn.SiLU,
        "gelu": lambda: nn.GELU(approximate={"erf": "none", "tanh": "tanh"}[node["mode"]]),
        "shuffle": lambda: nn.ChannelShuffle(node["groups"]),
        "maxpool": lambda: nn.MaxPool2d(pair("kernel"), pair("stride"), pad, pair("dilation"), ceil_mode=get("ceil", False)),
        "avgpool": lambda: nn.AvgPool2d(pair("kernel"), pair("stride"), pad, get("ceil", False), get("pad_count", False)),
        "gap": lambda: nn.AdaptiveAvgPool2d(1),
        "flatten": nn.Flatten,
        "lrn": lambda: nn.LocalResponseNorm(node["window"], get("alpha", 0.0), get("beta", 0.0), node["k"]),
        "softmax": lambda: nn.Softmax(get("axis", 0) + 1),
        "dropout": lambda: nn.Dropout(get("rate", 0.0)),
        "elu": lambda: nn.ELU(get("alpha", 0.0)),
        "groupnorm": lambda: nn.GroupNorm(node["groups"], size("weight")[0], node["eps"]),
        "convtranspose": lambda: nn.ConvTranspose2d(size("weight")[0], node["out"], pair("kernel"), pair("stride"), pad, tuple(get("extra", (0, 0))), node["groups"], bias, pair("dilation")),
        "attention": lambda: Attention(node), "unary": lambda: Unary(node), "pow": lambda: Pow(node),
        "normalize": lambda: Normalize(node), "add": lambda: Add(node), "mul": lambda: Mul(node), "concat": lambda: Concat(node),
        "matmul": lambda: MatMul(node), "reshape": lambda: Reshape(node), "transpose": lambda: Transpose(node), "expand": lambda: Expand(node),
        "reduce": lambda: Reduce(node), "resize": lambda: Resize(node), "blurpool": lambda: BlurPool(node), "slice": lambda: Slice(node), "pad": lambda: Pad(node),
        "round": lambda: Round(node), "fakequantize": lambda: FakeQuantize(node), "noise": lambda: Noise(node),
    }
    if op not in modules:
        raise hs.StreamError(f"node {node['name']!r}: unknown op {op!r}: written by a newer program?")
    return modules[op]()


class Net(nn.Module):
    """A net as a module: images [N,C,H,W] in [0,1] to logits [N,K]. Its state_dict has the names of the net's parameters.

    nodes, aliases, classes (or None) and input are those of the document; meta and stats are what else it holds."""

    def __init__(self, document):
        super().__init__()
        if document.kind != "net":
            raise hs.StreamError(f"document is of kind {document.kind!r}, not 'net'")
        self.meta = dict(document.meta)
        graph = json.loads(self.meta["graph"])
        self.nodes, self.aliases = graph["nodes"], graph.get("aliases", {})
        self.classes = json.loads(self.meta["classes"]) if "classes" in self.meta else None
        self.input = json.loads(self.meta["input"])
        self.stats = {k: t for k, t in document.tensors.items() if k.startswith("stat.")}
        counters = {n["name"] + ".num_batches_tracked" for n in self.nodes if n["op"] == "bn"}
        tensors = {k: torch.from_numpy(np.array(t)) for k, t in document.tensors.items() if k not in self.stats and k not in counters}
        for node in self.nodes:
            parent, last = self._place(node["name"])
            if node["op"] == "parameter":
                t = torch.zeros(node["shape"])
                if node.get("buffer"):
                    parent._buffers[last] = t
                else:
                    parent._parameters[last] = nn.Parameter(t)
                continue
            made = _module(node, lambda suffix: tensors[f"{node['name']}.{suffix}"].shape)
            made._modules.update(parent._modules[last]._modules if last in parent._modules else {})
            parent._modules[last] = made  # add_module would refuse names such as "train"
        self.load_state_dict(tensors)
        self.eval()

    def module(self, name):
        """The module of a node, by its name or another one. A node parameter has none: its tensor is in the state_dict."""
        parent, last = self._place(self.aliases.get(name, name))
        return parent._modules[last]

    def _place(self, name):
        """The module in which a name is, and the last part of the name."""
        *above, last = name.split(".")
        parent = self
        for part in above:
            parent = parent._modules.setdefault(part, nn.Module())
        return parent, last

    def _constant(self, name):
        parent, last = self._place(name)
        return parent._parameters[last] if last in parent._parameters else parent._buffers[last]

    def values(self, x, names):
        """The outputs of the nodes of those names, as a dict."""
        values = {"input": x}
        wanted = {self.aliases.get(n, n): n for n in names}
        out = {}
        for node in self.nodes:
            if node["op"] == "parameter":
                y = self._constant(node["name"]).expand(len(x), *node["shape"])
            else:
                y = self.module(node["name"])(*(values[n] for n in node["in"]))
            values[node["name"]] = y
            if node["name"] in wanted:
                out[wanted[node["name"]]] = y
                if len(out) == len(wanted):
                    break
        return out

    def forward(self, x):
        return self.values(x, ["logits"])["logits"]


def to_torch(document):
    """The net of a document as a module (Net), in eval mode."""
    return Net(document)


def load(path):
    """The first net of a file, as a module."""
    with open(path, "rb") as f:
        for document in hs.read(f):
            if document.kind == "net":
                return to_torch(document)
    raise hs.StreamError(f"{path} holds no net")


# --- Writing ---

def from_torch(model, input=None, classes=None, mean=0.0, std=1.0, arch=""):
    """A module as a document of kind net.

    A Net is written as it is. Any other module is traced by torch.fx on images of shape input, (3, H, W) for RGB or
    (1, H, W) for gray ones, normalized by mean and std as it was trained, a number for each channel or one for all: these become
    the net's first node, for images in the stream are from 0 to 1. It must consist of
    layers that NET.md has, and give logits [N,K]; the error names what has no place there. Statistics are left out (adopt
    --stats computes them). What is written answers as the module does, or there is an error."""
    if isinstance(model, Net):
        graph, meta, stats = {"nodes": model.nodes, "aliases": model.aliases}, model.meta, model.stats
        tensors = {k: t.detach().cpu().float().numpy() for k, t in model.state_dict().items()}
        document = hs.Document({**meta, "graph": json.dumps(graph, separators=(",", ":"))}, {**tensors, **stats})
        try:
            to_torch(document)
        except (RuntimeError, KeyError) as e:
            raise hs.StreamError(f"the module has not the parameters of its graph any more: {e}") from None
        return document
    if input is None or len(input) != 3 or input[0] not in (1, 3):
        raise hs.StreamError("from_torch needs the shape of the images that the module takes: (3, H, W), or (1, H, W) for gray ones")
    mean, std = ([float(n) for n in (v if hasattr(v, "__len__") else [v] * input[0])] for v in (mean, std))
    if len(mean) != input[0] or len(std) != input[0]:
        raise hs.StreamError(f"mean and std need a number for each of {input[0]} channels, or one for all")
    original = model
    model = copy.deepcopy(model).cpu().float().eval()
    images = torch.rand(2, *input, generator=torch.Generator().manual_seed(0))
    like = lambda v: torch.tensor(v, dtype=torch.float32)[:, None, None]
    normalized = (images - like(mean)) / like(std)
    writer = _Translator(model, normalized, mean, std)
    meta = {"kind": "net", "graph": json.dumps({"nodes": writer.nodes, "aliases": writer.aliases}, separators=(",", ":")),
            "input": json.dumps(list(input), separators=(",", ":")), "arch": arch or type(original).__name__}
    if classes is not None:
        meta["classes"] = json.dumps(list(classes), ensure_ascii=False, separators=(",", ":"))
    document = hs.Document(meta, writer.tensors)
    with torch.no_grad():
        want, got = model(normalized), to_torch(document)(images)
    if classes is not None and len(classes) != want.shape[1]:
        raise hs.StreamError(f"{len(classes)} names of classes for {want.shape[1]} logits")
    far = (want - got).abs().max().item()
    if not far <= 1e-4 * max(1, want.abs().max().item()):
        raise hs.StreamError(f"the net that was made answers otherwise than the module, by {far}: it does not run the same in every pass, or this is a bug")
    return document


def save(net, path):
    """Writes a Net, or a document that from_torch has made, to a file."""
    document = net if isinstance(net, hs.Document) else from_torch(net)
    part = f"{path}.{os.getpid()}.part"  # appears whole or not at all
    try:
        with open(part, "wb") as f, hs.Writer(f, digest=True) as out:
            out.write(document)
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)


def _pair(v):
    return list(v) if isinstance(v, (tuple, list)) else [v, v]


class _Translator(torch.fx.Interpreter):
    """Runs a traced module and writes down a node of NET.md for each step."""

    def __init__(self, model, x, mean, std):
        try:
            traced = torch.fx.GraphModule(model, _Tracer().trace(model))
        except Exception as e:
            raise hs.StreamError(f"torch.fx cannot trace {type(model).__name__}: {e}") from None
        super().__init__(traced)
        self.nodes, self.tensors, self.aliases = [], {}, {}
        self.known = {}  # by fx node: the name of the node of the net that gives its value
        self.used = {"input", "logits"}
        self.batch = len(x)
        self.first = self.write("normalize", "normalize", ["input"], mean=mean, std=std)
        self.here = None
        try:
            with torch.no_grad():
                self.run(x)
        except hs.StreamError as e:
            raise hs.StreamError(str(e).partition("\n")[0]) from None  # torch.fx adds a traceback to the message

    def write(self, name, op, inputs, params=(), **attributes):
        """Adds a node and returns its name. Attributes that are false or 0 are left out."""
        name = re.sub(r"[^A-Za-z0-9_.\-/]", "_", name)[:180] or op
        if name == "stat" or name.startswith("stat."):
            name = "net." + name
        unique, n = name, 1
        while unique in self.used:
            n += 1
            unique = f"{name}_{n}"
        self.used.add(unique)
        absent = lambda k, v: v is None or v is False or v == 0 or k == "pad" and v == [0, 0]
        self.nodes.append({"name": unique, "op": op, "in": inputs, **{k: v for k, v in attributes.items() if not absent(k, v)}})
        for suffix, t in dict(params).items():
            if t is not None:
                self.tensors[f"{unique}.{suffix}"] = t.detach().numpy().astype("<f4")
        return unique

    def run_node(self, n):
        value = super().run_node(n)
        n.meta["value"] = value
        if n.op == "placeholder":
            if self.known:
                raise hs.StreamError("the module takes more than one input")
            self.known[n] = self.first
        elif n.op == "output":
            self.finish(n.args[0])
        elif isinstance(value, torch.Tensor) and n.op != "get_attr":
            self.here = n
            self.known[n] = self.translate(n, value)
        return value

    def finish(self, last):
        shape = last.meta["value"].shape if isinstance(last, torch.fx.Node) and last in self.known else ()
        if len(shape) != 2 or shape[1] < 2:
            raise hs.StreamError(f"the module must give logits [N,K], not {list(shape) or 'several values'}")
        inside = {}  # the last node of each module that has modules
        for n, name in self.known.items():
            path = n.meta.get("path", "")
            while "." in path:
                path = path.rpartition(".")[0]
                inside[path] = name
        self.aliases = {path: name for path, name in inside.items() if path not in self.used}
        self.aliases["logits"] = self.known[last]

    def of(self, arg):
        """The name of the node that gives an argument."""
        if not isinstance(arg, torch.fx.Node) or arg not in self.known:
            self.refuse()
        return self.known[arg]

    def refuse(self, why=""):
        n = self.here
        if n.op == "call_module":
            what = f"layer {n.target!r}, {self.fetch_attr(n.target)},".replace("\n", " ")
        else:
            what = getattr(n.target, "__name__", n.target)
        raise hs.StreamError(f"{what} has no place in a net{why and ': ' + why}; the ops are in NET.md")

    def translate(self, n, value):
        first = n.args[0] if n.args else n.kwargs.get("input")
        if n.op == "call_module":
            n.meta["path"] = n.target
            x = self.of(first)
            made = self.layer(n.target, self.fetch_attr(n.target), x, first.meta["value"], value)
            return made or self.refuse()
        f = n.target if isinstance(n.target, str) else n.target.__name__
        f = {"iadd": "add", "add_": "add", "imul": "mul", "mul_": "mul", "relu_": "relu", "concat": "cat"}.get(f, f)
        inside = n.meta.get("path", "").rpartition(".")[0]
        return self.function(inside and f"{inside}.{f}" or f, f, n, first, value)

    # Layers that are modules.
    def layer(self, name, m, x, given, value):
        w = lambda op, *inputs, params=(), **attributes: self.write(name, op, list(inputs) or [x], params, **attributes)
        if isinstance(m, Op):
            return w(m.node["op"], params=m.state_dict(), **{k: v for k, v in m.node.items() if k != "op"})
        if isinstance(m, nn.Conv2d):
            kernel, stride, dilation = map(_pair, (m.kernel_size, m.stride, m.dilation))
            pad = [0, 0] if m.padding == "valid" else _pair(m.padding)
            if m.padding == "same":
                pad = [d * (k - 1) // 2 for k, d in zip(kernel, dilation)]
                if any(d * (k - 1) % 2 for k, d in zip(kernel, dilation)):
                    self.refuse("'same' padding of an even window")
            if m.padding_mode != "zeros":
                self.refuse("only zero padding")
            return w("conv", params={"weight": m.weight, "bias": m.bias}, out=m.out_channels, kernel=kernel, stride=stride, pad=pad,
                     dilation=dilation, groups=m.groups, bias=m.bias is not None)
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            if m.running_mean is None or m.momentum is None:
                self.refuse("a norm needs running statistics and a momentum")
            one = torch.ones_like(m.running_mean)
            return w("bn", params={"weight": one if m.weight is None else m.weight, "bias": 0 * one if m.bias is None else m.bias,
                                   "running_mean": m.running_mean, "running_var": m.running_var}, eps=m.eps, momentum=m.momentum)
        if isinstance(m, nn.Linear):
            return w("linear", params={"weight": m.weight, "bias": m.bias}, out=m.out_features, bias=m.bias is not None)
        if isinstance(m, nn.LayerNorm):
            return self.layer_norm(name, x, given, m.weight, m.bias, m.eps)
        if isinstance(m, nn.GroupNorm):
            self.refuse("normalize by batch statistics, or over the channels")
        if isinstance(m, (nn.Dropout, nn.Dropout2d)):
            return w("dropout", rate=m.p)
        if isinstance(m, nn.Identity):
            return x
        for of, make in _FUNCTIONS_OF_MODULES:
            if type(m) is of:
                return self.simple(name, x, given, value, *make(m))
        return None

    # Layers that are functions or methods, by name.
    def function(self, name, f, n, first, value):
        bound = lambda *names, **defaults: {**defaults, **dict(zip(names, n.args[1:])), **{k: v for k, v in n.kwargs.items() if k != "input"}}
        if f in ("add", "mul", "sub", "truediv"):
            return self.arithmetic(name, f, n)
        if f == "cat":
            axis = bound("dim", dim=0)["dim"] % value.dim()
            return self.write(name, "concat", [self.of(i) for i in first], axis=axis - 1) if axis and len(first) > 1 else self.refuse()
        x, given = self.of(first), first.meta["value"]
        if f in ("flatten", "view", "reshape", "squeeze", "contiguous"):
            return self.flattened(name, x, given, value)
        if f in ("permute", "transpose"):
            dims = list(range(given.dim()))
            if f == "transpose":
                i, j = bound("dim0", "dim1").values()
                dims[i], dims[j] = dims[j], dims[i]
            else:
                dims = [d % given.dim() for d in (n.args[1] if isinstance(n.args[1], (tuple, list)) else n.args[1:])]
            return self.write(name, "transpose", [x], order=[d - 1 for d in dims[1:]]) if dims[0] == 0 else self.refuse("the batch comes first")
        if f == "layer_norm":
            a = bound("normalized_shape", "weight", "bias", "eps", weight=None, bias=None, eps=1e-5)
            constant = lambda v: v.meta["value"] if isinstance(v, torch.fx.Node) else v
            return self.layer_norm(name, x, given, constant(a["weight"]), constant(a["bias"]), a["eps"])
        if f in ("mean", "adaptive_avg_pool2d") and given.dim() == 4:
            means = given.mean((2, 3))
            if value.numel() != means.numel() or not torch.allclose(means, value.reshape(means.shape), atol=1e-5):
                self.refuse("only means over all positions")
            pooled = self.write(name, "gap", [x])
            return pooled if value.dim() == 4 else self.write(name + ".flat", "flatten", [pooled])
        if f in _FUNCTIONS:
            return self.simple(name, x, given, value, *_FUNCTIONS[f](bound))
        self.refuse()

    def layer_norm(self, name, x, given, weight, bias, eps):
        """A norm over the last axes, of a weight's shape."""
        if weight is None:
            self.refuse("a norm needs a weight")
        rank = given.dim() - 1
        axes = list(range(rank - weight.dim(), rank))
        bias = torch.zeros_like(weight) if bias is None else bias
        return self.write(name, "layernorm", [x], {"weight": weight, "bias": bias}, eps=eps, axes=None if axes == [0] else axes)

    def simple(self, name, x, given, value, op, attributes):
        """A layer without parameters. What becomes of some depends on what they have given."""
        if op == "flatten":
            return self.flattened(name, x, given, value)
        if op == "gap" and tuple(value.shape[2:]) != (1, 1):
            self.refuse("only means over all positions")
        if op == "softmax":
            axis = (attributes["dim"] or 0) % given.dim()
            return self.write(name, "softmax", [x], axis=axis - 1) if axis else self.refuse("a softmax over the batch")
        if op == "resize":
            mode = attributes["mode"]
            if mode not in ("nearest", "bilinear") or attributes["align_corners"]:
                self.refuse("only nearest, and bilinear without align_corners")
            return self.write(name, "resize", [x], mode=mode, size=list(value.shape[2:]))
        if op == "pad":
            sides = attributes["sides"] + [0] * (2 * (given.dim() - 1) - len(attributes["sides"]))
            if min(sides) < 0 or attributes["mode"] not in ("constant", "reflect") or attributes["value"]:
                self.refuse("only zeros or reflection")
            return self.write(name, "pad", [x], before=sides[::2][::-1], after=sides[1::2][::-1],
                              mode={"constant": "zeros"}.get(attributes["mode"], "reflect"))
        return self.write(name, op, [x], **attributes)

    def flattened(self, name, x, given, value):
        if value.shape == given.shape:
            return x
        if value.shape[0] != given.shape[0]:
            self.refuse(f"{list(given.shape)} to {list(value.shape)}; the batch must stay")
        if value.dim() == 2:
            return self.write(name, "flatten", [x])
        return self.write(name, "reshape", [x], shape=list(value.shape[1:]))

    def arithmetic(self, name, f, n):
        a, b = n.args[:2]
        ours = lambda v: isinstance(v, torch.fx.Node) and v in self.known
        if ours(a) and ours(b) and f in ("add", "mul") and not n.kwargs:
            if a.meta["value"].dim() != b.meta["value"].dim():
                self.refuse("values of different numbers of axes")
            return self.write(name, f, [self.of(a), self.of(b)])
        if not ours(a) and f in ("add", "mul"):
            a, b = b, a
        if not ours(a) or ours(b) or n.kwargs:
            self.refuse()
        value, axis = self.along_axis(b.meta["value"] if isinstance(b, torch.fx.Node) else b, a.meta["value"])
        one = torch.ones_like(value)
        weight, bias = {"add": (one, value), "sub": (one, -value), "mul": (value, None), "truediv": (one / value, None)}[f]
        return self.write(name, "affine", [self.of(a)], {"weight": weight, "bias": bias}, bias=bias is not None, axis=axis)

    def along_axis(self, constant, given):
        """A constant as a value for each index of an axis of given, and that axis."""
        constant = torch.as_tensor(constant, dtype=torch.float32)
        shape = [1] * (given.dim() - constant.dim()) + list(constant.shape)
        long = [d for d, n in enumerate(shape) if n > 1]
        if not long:
            return constant.reshape(1).repeat(given.shape[1]), 0
        if len(shape) > given.dim() or len(long) > 1 or long[0] == 0:
            self.refuse("only numbers, and one for each index of an axis")
        return constant.reshape(-1).clone(), long[0] - 1


class _Tracer(torch.fx.Tracer):
    """Notes in which module a function was called."""

    def is_leaf_module(self, m, path):
        return isinstance(m, Op) or super().is_leaf_module(m, path) and not isinstance(m, nn.Sequential)

    def __init__(self):
        super().__init__()
        self.path = ""

    def call_module(self, m, forward, args, kwargs):
        before, self.path = self.path, self.path_of_module(m)
        try:
            return super().call_module(m, forward, args, kwargs)
        finally:
            self.path = before

    def create_node(self, kind, target, args, kwargs, name=None, type_expr=None):
        node = super().create_node(kind, target, args, kwargs, name, type_expr)
        if kind in ("call_function", "call_method"):
            node.meta["path"] = self.path and self.path + "." + node.name
        return node


def _pool(m):
    return {"kernel": _pair(m.kernel_size), "stride": _pair(m.stride), "pad": _pair(m.padding)}


def _max_pool(kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    return "maxpool", {"kernel": _pair(kernel_size), "stride": _pair(stride or kernel_size), "pad": _pair(padding), "dilation": _pair(dilation), "ceil": ceil_mode}


def _avg_pool(kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    if divisor_override is not None:
        raise hs.StreamError("avg_pool2d with divisor_override has no place in a net")
    return "avgpool", {"kernel": _pair(kernel_size), "stride": _pair(stride or kernel_size), "pad": _pair(padding), "ceil": ceil_mode, "pad_count": count_include_pad}


def _clip(min_val=-1.0, max_val=1.0, inplace=False):
    return "clip", {"min": min_val, "max": max_val}


def _gelu(approximate="none"):
    return "gelu", {"mode": {"none": "erf", "tanh": "tanh"}[approximate]}


def _interpolate(size=None, scale_factor=None, mode="nearest", align_corners=None, **_):
    return "resize", {"mode": mode, "align_corners": align_corners}


def _sides(pad, mode="constant", value=None):
    return "pad", {"sides": list(pad), "mode": mode, "value": value}


# What a module or function without parameters is in a net: op and attributes.
_FUNCTIONS_OF_MODULES = [
    (nn.ReLU, lambda m: ("relu", {})),
    (nn.ReLU6, lambda m: ("clip", {"min": 0.0, "max": 6.0})),
    (nn.Hardtanh, lambda m: ("clip", {"min": m.min_val, "max": m.max_val})),
    (nn.LeakyReLU, lambda m: ("leakyrelu", {"slope": m.negative_slope})),
    (nn.Sigmoid, lambda m: ("sigmoid", {})),
    (nn.Hardsigmoid, lambda m: ("hardsigmoid", {})),
    (nn.Hardswish, lambda m: ("hardswish", {})),
    (nn.SiLU, lambda m: ("silu", {})),
    (nn.GELU, lambda m: _gelu(m.approximate)),
    (nn.MaxPool2d, lambda m: _max_pool(m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode)),
    (nn.AvgPool2d, lambda m: _avg_pool(m.kernel_size, m.stride, m.padding, m.ceil_mode, m.count_include_pad, m.divisor_override)),
    (nn.AdaptiveAvgPool2d, lambda m: ("gap", {})),
    (nn.Flatten, lambda m: ("flatten", {})),
    (nn.LocalResponseNorm, lambda m: ("lrn", {"window": m.size, "alpha": m.alpha, "beta": m.beta, "k": m.k})),
    (nn.ChannelShuffle, lambda m: ("shuffle", {"groups": m.groups})),
    (nn.Softmax, lambda m: ("softmax", {"dim": m.dim})),
    (nn.Upsample, lambda m: _interpolate(mode=m.mode, align_corners=m.align_corners)),
    (nn.ZeroPad2d, lambda m: _sides(m.padding)),
    (nn.ReflectionPad2d, lambda m: _sides(m.padding, "reflect")),
]
_FUNCTIONS = {
    "relu": lambda bound: ("relu", {}),
    "relu6": lambda bound: ("clip", {"min": 0.0, "max": 6.0}),
    "hardtanh": lambda bound: _clip(**bound("min_val", "max_val")),
    "leaky_relu": lambda bound: ("leakyrelu", {"slope": bound("negative_slope", negative_slope=0.01)["negative_slope"]}),
    "sigmoid": lambda bound: ("sigmoid", {}), "hardsigmoid": lambda bound: ("hardsigmoid", {}), "hardswish": lambda bound: ("hardswish", {}),
    "silu": lambda bound: ("silu", {}), "gelu": lambda bound: _gelu(**bound("approximate")),
    "max_pool2d": lambda bound: _max_pool(**bound("kernel_size", "stride", "padding", "dilation", "ceil_mode")),
    "avg_pool2d": lambda bound: _avg_pool(**bound("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override")),
    "softmax": lambda bound: ("softmax", {"dim": bound("dim", dim=None)["dim"]}),
    "dropout": lambda bound: ("dropout", {"rate": bound("p", p=0.5)["p"]}),
    "interpolate": lambda bound: _interpolate(**bound("size", "scale_factor", "mode", "align_corners")),
    "pad": lambda bound: _sides(**bound("pad", "mode", "value")),
}
