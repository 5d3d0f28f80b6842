#!/usr/bin/env python3
"""Makes cases.safetensors: small nets as ONNX files, what PyTorch computes for them, and what they should become; and for
the tests of adopt small.onnx, small.onnx.data (its tensors) and small.logits.

    python3 make_cases.py       needs torch 2.9 or later, onnx and onnxscript; nothing is downloaded

Tensors: in8 and in9, images [2,3,S,S] in [0,1]; for each case NAME.onnx, the file's bytes, and NAME.out, PyTorch's outputs
[2,K]. Metadata: cases, a JSON object from NAME to {"side": S, "ops": the ops of the graph's nodes after normalize}. A name
says the exporter: script.N and dynamo.N are torch.onnx.export with operator set N; hand.N is built here node by node.
"""
import os
import tempfile

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper

from onnx_cases import IN, export, f32, hand, i64, save


# ------------------------------------------------------------------------------------------------- layers


class SE(nn.Module):
    """Squeeze-and-excitation with linear layers."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(3, 2), nn.Linear(2, 3)

    def forward(self, x):
        s = x.mean((2, 3))
        return x * torch.sigmoid(self.fc2(F.relu(self.fc1(s)))).view(s.shape[0], 3, 1, 1)


class Block(nn.Module):
    """ConvNeXt's: channels last, layer norm, linear layers, a learned scale."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, padding=1, groups=3)
        self.norm = nn.LayerNorm(6, eps=1e-6)
        self.fc1, self.act, self.fc2 = nn.Linear(6, 8), nn.GELU(), nn.Linear(8, 6)
        self.layer_scale = nn.Parameter(f32(6, 1, 1))
        self.norm.weight.data.uniform_(0.5, 2)
        self.norm.bias.data.uniform_(-1, 1)

    def forward(self, x):
        x = self.conv(x)
        y = self.norm(x.permute(0, 2, 3, 1))
        return x + self.layer_scale * self.fc2(self.act(self.fc1(y))).permute(0, 3, 1, 2)


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.relu = nn.Conv2d(3, 3, 1, bias=False), nn.BatchNorm2d(3), nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)) + x)


def shuffle(x, groups):
    b, c, h, w = x.shape
    return x.view(b, groups, c // groups, h, w).transpose(1, 2).contiguous().view(b, c, h, w)


def halves(x):
    """The first ShuffleNet v2's way to take every second channel."""
    b, c, h, w = x.shape
    y = x.reshape(b * c // 2, 2, h * w).permute(1, 0, 2).reshape(2, -1, c // 2, h, w)
    return torch.cat((y[0], y[1]), 1)


both = ("script.17", "dynamo.18")
export("conv", nn.Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2)), "conv", 9, both)
export("conv in groups", nn.Conv2d(3, 6, 3, padding=1, groups=3, bias=False), "conv", by=both)
export("bn", nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3, eps=1e-3)), "relu bn", by=both)
export("bn folded by the exporter", nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)), "conv", by=both)
export("padding on one side", nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, 2)), "pad conv", by=both)
export("reflect", nn.ReflectionPad2d((1, 2, 3, 0)), "pad", by=both)
export("linear", nn.Sequential(nn.Flatten(), nn.Linear(192, 5)), "flatten linear", by=both, free=True)
export("linear without bias", nn.Sequential(nn.Flatten(), nn.Linear(192, 5, bias=False)), "flatten linear", by=both)
export("view", nn.Sequential(Function(lambda x: x.view(x.size(0), -1)), nn.Linear(192, 5)), "flatten linear", by=both, free=True)
export("reshape", nn.Sequential(Function(lambda x: x.reshape(x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])), nn.Linear(192, 5)), "flatten linear", by=both, free=True)
export("squeeze and excitation", SE(), "gap conv relu conv sigmoid mul", by=both)
export("convnext", Block(), "conv layernorm conv gelu conv affine add", by=("script.17", "script.11", "dynamo.18"), free=True)
export("modules", nn.Sequential(nn.Sequential(Inner(), Inner()), nn.Sequential(Inner())), "conv add relu conv add relu conv add relu", by=both)
export("layernorm of rows", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LayerNorm(3)), "gap layernorm", by=("script.17", "script.13", "dynamo.18"))
export("shuffle", lambda x: shuffle(torch.cat((x, x * x), 1), 2), "mul concat shuffle", by=both)
export("halves", lambda x: halves(torch.cat((x, x * x), 1)), "mul concat slice slice concat", by=both)
export("shuffle and chunk", lambda x: torch.cat([F.relu(p) for p in reversed(shuffle(torch.cat((x, x * x), 1), 3).chunk(2, 1))], 1),
       "mul concat shuffle slice slice relu relu concat", by=both)

# ------------------------------------------------------------------------------------------------- functions

for name, f in [("relu", F.relu), ("leakyrelu", lambda x: F.leaky_relu(x, 0.1)), ("sigmoid", torch.sigmoid), ("hardsigmoid", F.hardsigmoid),
                ("hardswish", F.hardswish), ("silu", F.silu), ("gelu", F.gelu)]:
    export(name, lambda x, f=f: f(8 * x - 4), f"affine {name}", by=("script.17", "script.13" if "swish" not in name else "script.12", "dynamo.18", "dynamo.20"))
export("gelu by tanh", lambda x: F.gelu(4 * x - 2, approximate="tanh"), "affine gelu", by=("script.17", "dynamo.18", "dynamo.20"))
export("hardswish by hand", lambda x: (8 * x - 4) * F.relu6((8 * x - 4) + 3) / 6, "affine hardswish", by=both)
export("hardsigmoid by hand", lambda x: F.relu6((8 * x - 4) + 3) / 6, "affine hardsigmoid", by=both)
export("silu by hand", lambda x: torch.sigmoid(x) * x, "silu", by=both)
export("relu6", lambda x: F.relu6(8 * x), "affine clip", by=("script.17", "script.10", "dynamo.18"))
export("hardtanh", lambda x: F.hardtanh(x, 0.2, 0.7), "clip", by=both)
export("clamp", lambda x: (x - 0.5).clamp(min=0), "affine relu", by=both)
export("prelu", nn.Sequential(nn.Conv2d(3, 4, 1), nn.PReLU(init=0.1)), "conv leakyrelu")
export("prelu by channel", nn.Sequential(nn.Conv2d(3, 4, 1), nn.PReLU(4)), "conv affine relu relu affine add")
export("maxpool", nn.MaxPool2d(3, 2, 1), "maxpool", 9, both)
export("maxpool ceil", nn.MaxPool2d(2, 2, ceil_mode=True), "maxpool", 9, both)
export("maxpool dilated", nn.MaxPool2d(2, 1, dilation=2), "maxpool", by=both)
export("avgpool", nn.AvgPool2d(3, 2, 1), "avgpool", 9, both)
export("avgpool inside", nn.AvgPool2d(3, 2, 1, count_include_pad=False), "avgpool", 9, ("script.17",))
export("gap", nn.AdaptiveAvgPool2d(1), "gap", by=both)
export("global maxpool", nn.AdaptiveMaxPool2d(1), "maxpool")
export("mean", lambda x: x.mean((2, 3)), "gap", by=both, free=True)
export("mean of rows", lambda x: x.mean(3), "avgpool", by=both)
export("mean of flat", lambda x: x.flatten(2).mean(-1), "gap", by=both)
export("nearest", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), "resize", by=both)
export("nearest to a size", lambda x: F.interpolate(x, size=(12, 5), mode="nearest"), "resize", by=("script.17",))
export("bilinear", lambda x: F.interpolate(x, size=(12, 5), mode="bilinear"), "resize", by=both)
export("concat", lambda x: torch.cat((x, F.relu(x - 0.5), x[:, :1]), 1), "affine relu slice concat", by=both)
export("concat of rows", lambda x: torch.cat((x.mean((2, 3)), x.flatten(1)), 1), "gap flatten flatten concat", by=both)
export("slices", lambda x: x[:, 1:, ::2, 1:-1:3], "slice slice slice", by=both)
export("channels backwards", lambda x: x[:, [2, 1, 0]], "slice slice slice concat", by=both)
export("input transform", lambda x: torch.cat([x[:, c].unsqueeze(1) * (0.2 + c) + 0.1 for c in range(3)], 1),
       "slice affine slice affine slice affine concat", by=both)
export("arithmetic", lambda x: (1 - x * 2) / 4 + F.relu(x) - torch.sigmoid(x) ** 2, "affine relu add sigmoid mul affine add", by=both)
export("constants of channels", lambda x: (x - torch.tensor([0.4, 0.5, 0.6]).view(3, 1, 1)) / torch.tensor([0.2, 0.3, 0.4]).view(1, 3, 1, 1),
       "affine", by=both)
export("broadcast", lambda x: x * x.mean((2, 3), keepdim=True) + x.mean(2, keepdim=True), "gap mul avgpool add", by=both)
export("softmax inside", lambda x: x * F.softmax(x, 1), "softmax mul", by=both)
export("double", lambda x: F.relu(x.double() - 0.5).float(), "affine relu", by=both)
export("dropout and identity", nn.Sequential(nn.Dropout(0.5), nn.Identity(), nn.ReLU()), "relu", by=both)
export("channels last", lambda x: F.relu(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), "relu", by=both)

# ------------------------------------------------------------------------------------------------- what others write

x = IN[8]
w, b, m = f32(4, 3, 3, 3), f32(4), f32(4, 5)
NHWC = (2, None, None, 3)
last, front = {"perm": [0, 2, 3, 1]}, {"perm": [0, 3, 1, 2]}


def nhwc(y):
    return y.permute(0, 2, 3, 1)


def same(y, k, s, mode="constant", value=0.0):
    """TensorFlow's padding SAME."""
    side = y.shape[2]
    total = max((-(-side // s) - 1) * s + k - side, 0)
    return F.pad(y, (total // 2, total - total // 2) * 2, mode, value)


conv = F.conv2d(same(x, 3, 2), w, None, 2)
tf = [("Transpose", "x", front), ("Conv", "t0 w", {"strides": [2, 2], "auto_pad": "SAME_UPPER"}), ("Transpose", "t1", last),
      ("Add", "t2 b", {}), ("Relu", "t3", {})]
rows = F.relu(conv + b.view(4, 1, 1))
# The tests feed NCHW: [2,8,8,3] of the file is the same images.
hand("tensorflow", [*tf, ("ReduceMean", "t4", {"axes": [1, 2], "keepdims": 0}), ("MatMul", "t5 m", {}), ("Add", "t6 c", {}), ("Softmax", "t7", {})],
     {"w": w, "b": b, "m": m, "c": f32(5) * 0 + 0.5}, rows.mean((2, 3)) @ m + 0.5, "pad conv relu gap flatten linear", shape=NHWC)
flat = f32(64, 5)
hand("tensorflow flat", [*tf, ("Reshape", "t4 s", {}), ("MatMul", "t5 m", {})], {"w": w, "b": b, "m": flat, "s": i64(-1, 64)},
     nhwc(rows).reshape(2, -1) @ flat, "pad conv relu flatten linear", shape=("N", None, None, 3))
hand("tensorflow axes", [("Concat", "x x", {"axis": 3}), ("Pad", "t0 p", {}), ("Slice", "t1 one big ax two", {}), ("Softmax", "t2", {"axis": -1}),
                         ("Transpose", "t3", front), ("Flatten", "t4", {})],
     {"p": i64(0, 1, 0, 0, 0, 2, 1, 0), "one": i64(1), "big": i64(2**63 - 1), "ax": i64(-1), "two": i64(2)},
     F.softmax(F.pad(torch.cat((x, x), 1), (0, 1, 1, 2))[:, 1::2], 1).flatten(1), "concat pad slice softmax", shape=NHWC)
hand("tensorflow resize", [("Transpose", "x", front), ("Resize", "t0 n s", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
                           ("Flatten", "t1", {})], {"n": np.zeros(0, np.float32), "s": np.array([1, 1, 2, 1.5], np.float32)},
     F.interpolate(x, size=(16, 12), mode="nearest").flatten(1), "resize", shape=NHWC)
for k, s, ops in ((3, 2, "maxpool"), (2, 1, "maxpool slice")):
    auto = {"kernel_shape": [k, k], "strides": [s, s], "auto_pad": "SAME_UPPER"}
    hand(f"maxpool same {k}", [("MaxPool", "x", auto), ("Flatten", "t0", {})], {}, F.max_pool2d(same(x, k, s, value=-9.0), k, s).flatten(1), ops)
lower = {"kernel_shape": [2, 2], "strides": [1, 1], "auto_pad": "SAME_LOWER"}
hand("maxpool same lower", [("MaxPool", "x", lower), ("Flatten", "t0", {})], {}, F.max_pool2d(F.pad(x, (1, 0, 1, 0), value=-9.0), 2, 1).flatten(1), "maxpool slice")
ones = F.avg_pool2d(F.pad(torch.ones_like(x), (0, 1, 0, 1)), 3, 2)
hand("avgpool same", [("AveragePool", "x", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]}), ("Flatten", "t0", {})], {},
     (F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 3, 2) / ones).flatten(1), "avgpool")
hand("avgpool counting", [("AveragePool", "x", {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1], "count_include_pad": 1}), ("Flatten", "t0", {})], {},
     F.avg_pool2d(F.pad(x, (0, 1, 0, 1)), 3, 2).flatten(1), "pad avgpool")
hand("lrn", [("LRN", "x", {"size": 3, "alpha": 0.5, "beta": 0.7, "bias": 2.0}), ("Flatten", "t0", {})], {},
     F.local_response_norm(x, 3, 0.5, 0.7, 2).flatten(1), "lrn")
hand("caffe", [("Conv", "x w b", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}), ("Relu", "t0", {}), ("Dropout", "t1", {"ratio": 0.5}),
               ("GlobalAveragePool", "t2", {}), ("Softmax", "t3", {})], {"w": w, "b": b},
     F.relu(F.conv2d(x, w, b, padding=1)).mean((2, 3)), "conv relu gap", opset=9)
hand("older attributes", [("Pad", "x", {"pads": [0, 0, 1, 0, 0, 0, 0, 1], "mode": "constant", "value": 0.0}), ("Slice", "t0", {"starts": [1], "ends": [9], "axes": [2]}),
                          ("Clip", "t1", {"min": 0.1, "max": 0.8}), ("Unsqueeze", "t2", {"axes": [0]}), ("Squeeze", "t3", {"axes": [0]}),
                          ("Upsample", "t4 s", {"mode": "nearest"}), ("Flatten", "t5", {})], {"s": np.array([1, 1, 2, 2], np.float32)},
     F.interpolate(F.pad(x, (0, 1, 1, 0))[:, :, 1:9].clamp(0.1, 0.8), scale_factor=2).flatten(1), "pad slice clip resize", opset=9)
hand("sums and limits", [("Sum", "x x x", {}), ("Max", "t0 low", {}), ("Min", "high t1", {}), ("Neg", "t2", {}), ("HardSigmoid", "t3", {}), ("Flatten", "t4", {})],
     {"low": np.float32(0.9), "high": np.float32(2)}, (0.2 * -(3 * x).clamp(0.9, 2) + 0.5).clamp(0, 1).flatten(1), "add add clip clip affine clip")
hand("split", [("Split", "x s", {"axis": 1}), ("Flatten", "t0", {})], {"s": i64(3)}, x.flatten(1), "flatten")
wh, mh = w.half(), f32(144, 5).half()
hand("halves of weights", [("Conv", "x w", {}), ("Flatten", "t0", {}), ("Gemm", "t1 m b", {"alpha": 0.5, "beta": 2.0})],
     {"w": wh.numpy(), "m": mh.numpy(), "b": np.float32(0.25)}, 0.5 * F.conv2d(x, wh.float()).flatten(1) @ mh.float() + 0.5, "conv flatten linear")
chain = [("Shape", "x", {}), ("Gather", "t0 zero", {}), ("Unsqueeze", "t1 ax", {}), ("Cast", "t2", {"to": TensorProto.INT32}), ("Cast", "t3", {"to": TensorProto.INT64}),
         ("ConstantOfShape", "one", {"value": numpy_helper.from_array(i64(-1))}), ("Concat", "t4 t5", {"axis": 0}), ("Slice", "t0 two big", {}), ("Mul", "t7 t7", {})]
hand("chains", [*chain, ("Sqrt", "f", {}), ("Where", "yes t6 t8", {}), ("Reshape", "x t10", {}), ("Mul", "t11 t9", {}), ("Range", "zero three step", {}),
                ("Gather", "t12 t13", {"axis": 1}), ("Expand", "t14 ones", {})],
     {"zero": np.int64(0), "three": np.int64(3), "one": i64(1), "step": np.int64(1), "ax": i64(0), "two": i64(2), "big": i64(2**31), "f": np.array([4.0], np.float32),
      "yes": np.array([True, True]), "ones": i64(1, 1)}, 2 * x.flatten(1)[:, :3], "affine flatten slice")
hand("folded weights", [("Transpose", "m", {"perm": [1, 0]}), ("Div", "t0 d", {}), ("Sub", "t1 d", {}), ("Reshape", "t2 s", {}), ("Identity", "t3", {}),
                        ("Conv", "x t4", {}), ("Flatten", "t5", {})],
     {"m": f32(27, 2) * 0 + 0.5, "d": np.array([2.0], np.float32), "s": i64(2, 3, 3, 3)}, F.conv2d(x, torch.full((2, 3, 3, 3), -1.75)).flatten(1), "conv")
hand("bytes", [("Cast", "x", {"to": TensorProto.FLOAT}), ("Flatten", "t0", {})], {}, x.flatten(1), "flatten", elem=TensorProto.UINT8)
hand("inputs", [("Add", "x y", {}), ("Flatten", "x", {})], {}, x.flatten(1), "flatten", inputs=[helper.make_tensor_value_info("y", TensorProto.FLOAT, [2, 3, 8, 8])])


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.relu, self.avgpool, self.fc = nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Linear(4, 3)

    def forward(self, image):
        hidden = self.fc(torch.flatten(self.avgpool(self.relu(self.conv1(image))), 1))
        return F.softmax(hidden, 1), hidden * 2


def small(folder):
    """A net of two outputs for images of 16 pixels, its tensors in a second file; its logits on an image of i/768."""
    net, image = Small().eval(), (torch.arange(768) / 768).view(1, 3, 16, 16)
    with tempfile.TemporaryDirectory() as temporary:
        path = os.path.join(temporary, "net.onnx")
        torch.onnx.export(net, (image,), path, dynamo=True, external_data=False, verbose=False, output_names=["probabilities", "twice"])
        model = onnx.load(path)
    for n in model.graph.node:
        scopes = [p for p in n.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
        del n.metadata_props[:]
        n.metadata_props.extend(scopes)
    onnx.save(model, os.path.join(folder, "small.onnx"), save_as_external_data=True, location="small.onnx.data", size_threshold=0)
    (net(image)[1] / 2).detach().numpy().tofile(os.path.join(folder, "small.logits"))


if __name__ == "__main__":
    small(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../tools/adopt/testdata"))
    save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.safetensors"))
