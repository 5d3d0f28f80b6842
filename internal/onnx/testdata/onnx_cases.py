"""What the scripts beside it share: small nets as ONNX files with what PyTorch makes of two images."""
import json
import os
import struct
import tempfile
import warnings

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

warnings.simplefilter("ignore")
torch.set_num_threads(1)
torch.manual_seed(1)
IN = {s: torch.rand(2, 3, s, s) for s in (8, 9)}
CASES, TENSORS = {}, {f"in{s}": x for s, x in IN.items()}


class Flat(nn.Module):
    """A net that answers with the rows of f's output."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        y = self.f(x)
        return y if y.dim() == 2 else torch.flatten(y, 1)


class Function(nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)


def keep(name, data, out, side, ops):
    assert name not in CASES, name
    CASES[name] = {"side": side, "ops": ops}
    TENSORS[name + ".onnx"] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    TENSORS[name + ".out"] = out.detach().float()


def export(name, f, ops, side=8, by=("script.17",), free=False):
    """Exports a module or function of images. ops leaves out the flatten that ends most cases."""
    net = Flat(f if isinstance(f, nn.Module) else Function(f)).eval()
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):
            m.running_mean.uniform_(-0.5, 0.5)
            m.running_var.uniform_(0.5, 2)
            m.weight.data.uniform_(0.5, 2)
            m.bias.data.uniform_(-1, 1)
    x = IN[side]
    for how in by:
        exporter, opset = how.split(".")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "net.onnx")
            if exporter == "script":
                more = {"input_names": ["image"], "output_names": ["logits"], "dynamic_axes": {"image": {0: "batch"}}} if free else {}
                torch.onnx.export(net, (x,), path, dynamo=False, opset_version=int(opset), **more)
            else:
                more = {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if free else {}
                torch.onnx.export(net, (x,), path, dynamo=True, opset_version=int(opset), external_data=False, verbose=False, **more)
            model = onnx.load(path)
        for n in model.graph.node:  # stack traces of this machine
            n.doc_string = ""
            scopes = [p for p in n.metadata_props if p.key == "pkg.torch.onnx.name_scopes"]
            del n.metadata_props[:]
            n.metadata_props.extend(scopes)
        for part in (model.graph, *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer):
            del part.metadata_props[:]
        del model.graph.value_info[:]
        keep(f"{name} {how}", model.SerializeToString(), net(x), side, ops)


def hand(name, nodes, weights, out, ops, opset=13, side=8, shape=(2, 3, None, None), into=None, elem=TensorProto.FLOAT, inputs=()):
    """Builds a graph of nodes (op, inputs, attributes); the output of node i is called ti, the image x."""
    dims = [side if d is None else d for d in shape]
    made = [helper.make_node(op, ins.split(), [f"t{i}"], name=f"n{i}", **more) for i, (op, ins, more) in enumerate(nodes)]
    graph = helper.make_graph(
        made, "g", [helper.make_tensor_value_info("x", elem, dims), *inputs],
        [helper.make_tensor_value_info(f"t{len(nodes) - 1}", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    keep(f"{name} hand.{opset}", model.SerializeToString(), out, side, ops)


def f32(*shape, low=-1.0, high=1.0):
    return torch.empty(shape).uniform_(low, high)


def i64(*values):
    return np.array(values, np.int64)


def save(path):
    header, body = {"__metadata__": {"torch": torch.__version__.split("+")[0], "cases": json.dumps(CASES)}}, b""
    order = sorted(TENSORS, key=lambda k: (TENSORS[k].dtype == torch.uint8, k))
    for key in order:
        t = TENSORS[key]
        data = t.contiguous().numpy().tobytes()
        header[key] = {"dtype": {torch.uint8: "U8", torch.float32: "F32"}[t.dtype], "shape": list(t.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)
    print(f"{path}: {len(CASES)} cases, {8 + len(text) + len(body)} bytes")
