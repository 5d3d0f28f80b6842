"""Attacks in plain PyTorch, as a Python user would run them, on the same net and images: what adversary is compared with.

    attacks.py pgd NET IMAGES STEPS EPS...         # accuracy under PGD with its worst point, for each radius in 255ths
    attacks.py standard NET IMAGES EPS ATTACKED    # AutoAttack's ensemble by torchattacks, item by item against what adversary wrote
    attacks.py time NET IMAGES EPS THREADS         # milliseconds of PGD-10 as torchattacks does it
    attacks.py ensemble NET IMAGES EPS STEPS QUERIES THREADS
                                                   # AutoAttack's ensemble by torchattacks itself: its milliseconds and how many images
                                                   # withstand; pgd in place of STEPS: PGD-10

NET and IMAGES are streams. The net is run by its graph with torch.nn.functional, without anything of Herbarium's but
the reader of streams.
"""

import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format", "python"))
import herbarium_stream as hs  # noqa: E402


class Net(torch.nn.Module):
    """A net of the stream in eval mode: the ops of a ResNet, nothing folded."""

    def __init__(self, doc):
        super().__init__()
        graph = json.loads(doc.meta["graph"])
        self.nodes, self.classes = graph["nodes"], json.loads(doc.meta["classes"])
        self.last = graph["aliases"]["logits"]
        self.norms = {n["name"]: [torch.tensor(n[k], dtype=torch.float32).view(1, -1, 1, 1) for k in ("mean", "std")]
                      for n in self.nodes if n["op"] == "normalize"}
        self.p = torch.nn.ParameterDict(
            {k.replace(".", "/"): torch.nn.Parameter(torch.from_numpy(v.copy()), requires_grad=not k.endswith(("mean", "var")))
             for k, v in doc.tensors.items() if not k.startswith("stat.")})
        self.eval()

    def get(self, name):
        name = name.replace(".", "/")
        return self.p[name] if name in self.p else None

    def forward(self, x):
        values = {"input": x}
        for n in self.nodes:
            values[n["name"]] = self.run(n, *(values[k] for k in n["in"]))
        return values[self.last]

    def run(self, n, x, *rest):
        op, name = n["op"], n["name"]
        if op == "normalize":
            mean, std = self.norms[name]
            return (x - mean) / std
        if op == "conv":
            return F.conv2d(x, self.get(name + ".weight"), self.get(name + ".bias"), n["stride"], n.get("pad", 0))
        if op == "bn":
            return F.batch_norm(x, self.get(name + ".running_mean"), self.get(name + ".running_var"),
                                self.get(name + ".weight"), self.get(name + ".bias"), False, 0, n["eps"])
        if op == "relu":
            return F.relu(x)
        if op == "add":
            return x + rest[0]
        if op == "slice":
            start, step = n.get("start", [0, 0, 0]), n["step"]
            return x[:, start[0]::step[0], start[1]::step[1], start[2]::step[2]]
        if op == "pad":
            (a, c, e), (b, d, f) = n["before"], n["after"]
            return F.pad(x, (e, f, c, d, a, b))
        if op == "maxpool":
            return F.max_pool2d(x, n["kernel"], n["stride"], n.get("pad", 0))
        if op == "gap":
            return x.mean((2, 3), keepdim=True)
        if op == "flatten":
            return x.flatten(1)
        if op == "linear":
            return F.linear(x, self.get(name + ".weight"), self.get(name + ".bias"))
        raise ValueError("op " + op)


def load(net, images):
    with open(net, "rb") as f:
        model = next(Net(d) for d in hs.read(f) if d.kind == "net")
    xs, ys, names = [], [], []
    with open(images, "rb") as f:
        for d in hs.read(f):
            if d.kind != "images":
                continue
            classes = json.loads(d.meta["classes"])
            x = torch.from_numpy(d.tensors["image"].copy())
            xs.append(x.float() / 255 if x.dtype == torch.uint8 else x)
            ys += [model.classes.index(classes[k]) for k in d.tensors["label"]]
            names += [item.get("name") for item in json.loads(d.meta["items"])]
    return model, torch.cat(xs), torch.tensor(ys), names


def pgd(model, x, y, eps, steps):
    """Which items any point of the way breaks (Madry et al. 2018)."""
    adv = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
    broken = torch.zeros(len(x), dtype=torch.bool)
    for step in range(steps + 1):
        adv.requires_grad_()
        logits = model(adv)
        broken |= logits.argmax(1) != y
        if step == steps:
            return broken
        g, = torch.autograd.grad(F.cross_entropy(logits, y, reduction="sum"), adv)
        adv = adv.detach() + 2.5 * eps / steps * g.sign()
        adv = torch.max(torch.min(adv, x + eps), x - eps).clamp(0, 1)


def command_pgd(net, images, steps, *radii):
    model, x, y, _ = load(net, images)
    torch.manual_seed(0)
    with torch.no_grad():
        right = torch.cat([model(b).argmax(1) for b in x.split(100)]) == y
    print("clean", right.sum().item())
    x, y = x[right], y[right]
    for eps in map(float, radii):
        broken = torch.cat([pgd(model, a, b, eps / 255, int(steps)) for a, b in zip(x.split(100), y.split(100))])
        print(eps, (~broken).sum().item(), flush=True)


def ensemble(model, eps, steps=100, queries=5000):
    """AutoAttack's attacks by torchattacks. Its own class AutoAttack gives APGD and FAB 10 steps; 100 are those of Croce and Hein (2020)."""
    import torchattacks

    common = dict(norm="Linf", eps=eps, seed=0)
    classes = min(10, len(model.classes))
    return torchattacks.MultiAttack([
        torchattacks.APGD(model, steps=steps, loss="ce", **common),
        torchattacks.APGDT(model, steps=steps, n_classes=classes, **common),
        torchattacks.FAB(model, steps=steps, multi_targeted=True, n_classes=classes, **common),
        torchattacks.Square(model, n_queries=queries, **common),
    ])


def command_standard(net, images, eps, attacked):
    model, x, y, names = load(net, images)
    attack = ensemble(model, float(eps) / 255)
    robust = []
    for a, b in zip(x.split(100), y.split(100)):
        adv = attack(a, b)
        assert (adv - a).abs().max() <= float(eps) / 255 + 1e-6
        with torch.no_grad():
            robust += (model(adv).argmax(1) == b).tolist()
        print(len(robust), sum(robust), file=sys.stderr, flush=True)
    ours = {}
    with open(attacked, "rb") as f:
        for d in hs.read(f):
            if d.kind == "images":
                ours.update({item["name"]: item["robust"] for item in json.loads(d.meta["items"])})
    same = [ours[n] == r for n, r in zip(names, robust)]
    print("items %d, robust: torchattacks %d, adversary %d; the same on %.2f%%"
          % (len(robust), sum(robust), sum(ours[n] for n in names), 100 * np.mean(same)))
    for n, r, s in zip(names, robust, same):
        if not s:
            print("differs:", n, "torchattacks robust:", r)


def command_time(net, images, eps, threads):
    """Milliseconds of PGD-10 on every item, as torchattacks does it, without reading and starting."""
    import peers

    torch.set_num_threads(int(threads))
    model, x, y, _ = load(net, images)
    model, x, y = model.to(peers.DEVICE), x.to(peers.DEVICE), y.to(peers.DEVICE)
    loss, eps = torch.nn.CrossEntropyLoss(), float(eps) / 255
    start = time.perf_counter()
    for a, b in zip(x.split(64), y.split(64)):
        peers.torchattacks_pgd(model, loss, a, b, eps, 2.5 * eps / 10)
    print(1e3 * (time.perf_counter() - start))


def command_ensemble(net, images, eps, steps, queries, threads):
    """Milliseconds of an attack on every item that is right, 64 at once, without reading and starting; and how many withstand."""
    import torchattacks

    torch.set_num_threads(int(threads))
    model, x, y, _ = load(net, images)
    eps = float(eps) / 255
    if steps == "pgd":
        attack = torchattacks.PGD(model, eps=eps, alpha=2.5 * eps / 10, steps=10)
    else:
        attack = ensemble(model, eps, int(steps), int(queries))
    with torch.no_grad():
        right = model(x).argmax(1) == y
    x, y = x[right], y[right]
    robust, start = 0, time.perf_counter()
    for a, b in zip(x.split(64), y.split(64)):
        adv = attack(a, b)
        with torch.no_grad():
            robust += (model(adv).argmax(1) == b).sum().item()
    print(1e3 * (time.perf_counter() - start), robust)


if __name__ == "__main__":
    {"pgd": command_pgd, "standard": command_standard, "time": command_time, "ensemble": command_ensemble}[sys.argv[1]](*sys.argv[2:])
