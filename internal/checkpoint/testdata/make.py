#!/usr/bin/python3
"""Makes the small checkpoints that this package is tested on, and what PyTorch reads from them (expected.json).

    python3 make.py        # writes beside itself; made with PyTorch 1.13 (Debian's python3-torch)
"""
import argparse
import collections
import io
import json
import os
import pathlib
import zipfile

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))


def flat(value, path=""):
    """Tensors by path of dictionary and by key."""
    found = {}
    if isinstance(value, dict):
        tensors = {k: v for k, v in value.items() if isinstance(v, torch.Tensor)}
        if tensors:
            found[path] = {k: [str(v.dtype).replace("torch.", ""), list(v.shape), v.detach().double().flatten().tolist()] for k, v in tensors.items()}
        for k, v in value.items():
            if isinstance(k, str):
                found.update(flat(v, (path + "." + k).strip(".")))
    return found


def rewrite(data, change):
    """A zip file whose entries went through change(name, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            for name, content in change(info.filename, old.read(info)):
                new.writestr(name, content)
    return out.getvalue()


def big_endian(name, content):
    if "/data/" in name:
        content = np.frombuffer(content, "<f4").astype(">f4").tobytes()
    yield name, content
    if name.endswith("data.pkl"):
        yield name.replace("data.pkl", "byteorder"), b"big"


def main():
    base = torch.arange(24, dtype=torch.float32)
    views = {"all": base, "row": base.view(4, 6)[1], "column": base.view(4, 6)[:, 2], "turned": base.view(2, 3, 4).permute(2, 0, 1),
             "inner": base.view(4, 6)[1:3, 2:5], "scalar": base[5], "none": base[:0], "one": base.view(4, 6)[:1].t()}
    types = {str(t).replace("torch.", ""): torch.tensor([0, 1, 2.5, 100]).to(t) for t in
             [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool]}
    parameters = collections.OrderedDict(weight=torch.nn.Parameter(base[:4]), bias=torch.nn.Parameter(base[4:6], requires_grad=False))
    parameters._metadata = {"": {"version": 2}}
    script = {"state_dict": parameters, "ema": {"deep": {"weight": base[1:3]}}, "optimizer": {"state": {0: {"exp_avg": base[:2]}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
              "args": argparse.Namespace(lr=0.1, out=pathlib.PosixPath("x")), "best": np.float64(0.5), "curve": np.arange(3), "epoch": 2**70, "done": True,
              "size": torch.Size([1, 2]), "names": {"a", "b"}, 7: "seven", None: -3, "counts": collections.defaultdict(int, {"a": 1}), "device": torch.device("cpu")}
    files, expected = {}, {}

    def add(name, value, **options):
        out = io.BytesIO()
        torch.save(value, out, **options)
        files[name], expected[name] = out.getvalue(), flat(value)

    for kind, zipped in (("zip", True), ("legacy", False)):
        for what, value in (("views", views), ("types", types), ("script", script)):
            add(f"{what}-{kind}.pt", value, _use_new_zipfile_serialization=zipped)
        for protocol in (3, 4, 5):
            add(f"protocol{protocol}-{kind}.pt", script, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol)
    files["big-endian.pt"] = rewrite(files["views-zip.pt"], big_endian)
    expected["big-endian.pt"] = expected["views-zip.pt"]
    for name, data in files.items():
        with open(os.path.join(HERE, name), "wb") as f:
            f.write(data)
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        json.dump(expected, f, indent=1, sort_keys=True)


main()
