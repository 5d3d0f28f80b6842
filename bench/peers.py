"""The other side of `make bench`: what a Python user would write for the same work. bench/run calls it.

    peers.py about                  # PyTorch's version and its CPU library
    peers.py save STREAM FOLDER     # torch.save and numpy.savez_compressed of a stream's tensors, and back:
                                    # FORMAT write|read MILLISECONDS and FORMAT size BYTES, a line each
    peers.py memory STYLE LAYER PX ITEMS THREADS
                                    # peak resident memory, in bytes, of a process that looks (see below)
    peers.py serve                  # answers each line of standard input with one of its own:
        relu SECONDS RUNS           #   one small op, in microseconds: the fastest of so many runs
        step NET PX BATCH SECONDS THREADS
                                    #   a training step: images/s and the net's parameters
        attack NET PX BATCH SECONDS THREADS
                                    #   PGD of ten steps with every item kept: items/s
        look STYLE LAYER PX ITEMS SECONDS THREADS
                                    #   activation maximization on resnet18: steps of one picture/s
        lucent LAYER UNITS PX STEPS THREADS
                                    #   lucent itself draws the first units of a layer of torchvision's resnet18 as one
                                    #   batch, if it is installed: milliseconds, without its import
    peers.py resnet18 FILE          # the weights of that net

Plain eager PyTorch without anything of Herbarium's but the stream's reader. The nets are written out here because
torchvision is often absent; bench/run compares their parameters with ours.
"""

import functools
import math
import os
import resource
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

CLASSES = 12
DEVICE = os.environ.get("BENCH_DEVICE") or "cpu"
if DEVICE != "cpu":
    torch.set_default_device(DEVICE)  # torch 2 has it


class Block(nn.Module):
    """A basic residual block. With `option_a` the shortcut has no parameters (He et al. 2016, section 4.2)."""

    def __init__(self, channels, width, stride, option_a):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.side = (width - channels) // 2 if option_a else 0
        self.downsample = None
        if stride != 1 and not option_a:
            self.downsample = nn.Sequential(nn.Conv2d(channels, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.side:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.side, self.side))
        y += x
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, widths, blocks, large_stem, option_a):
        super().__init__()
        shape = (1, 3, 1, 1)
        self.register_buffer("mean", torch.zeros(shape))
        self.register_buffer("std", torch.ones(shape))
        kernel, stride = (7, 2) if large_stem else (3, 1)
        self.conv1 = nn.Conv2d(3, widths[0], kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1) if large_stem else nn.Identity()
        layers, channels = [], widths[0]
        for width in widths:
            for i in range(blocks):
                layers.append(Block(channels, width, 2 if i == 0 and width != channels else 1, option_a))
                channels = width
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, CLASSES)

    def forward(self, x):
        x = (x - self.mean) / self.std
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        return self.fc(self.layers(x).mean((2, 3)))


NETS = {
    "resnet20": lambda: ResNet([16, 32, 64], 3, large_stem=False, option_a=True),
    "resnet18": lambda: ResNet([64, 128, 256, 512], 2, large_stem=True, option_a=False),
}


def about():
    library = os.path.join(os.path.dirname(torch.__file__), "lib", "libtorch_cpu.so")
    print(torch.__version__, os.path.realpath(library), sep="\t")


def relu(seconds, runs):
    x = torch.zeros(4)
    with torch.no_grad():
        return 1e6 * min(each(lambda: torch.relu(x), float(seconds), 1000) for _ in range(int(runs)))


def step(name, px, batch, seconds, threads):
    torch.set_num_threads(int(threads))
    one, parameters = trainer(name, int(px), int(batch))
    return int(batch) / each(one, float(seconds), 1), parameters


def attack(name, px, batch, seconds, threads):
    torch.set_num_threads(int(threads))
    return int(batch) / each(attacker(name, int(px), int(batch)), float(seconds), 1)


def look(style, layer, px, items, seconds, threads):
    torch.set_num_threads(int(threads))
    batch = 1 if style == "lucent" else int(items)
    return batch / each(looker(style, layer, int(px), int(items)), float(seconds), 1)


@functools.lru_cache(maxsize=None)
def looker(style, layer, px, items):
    """A step of activation maximization on a Fourier canvas, as a function. `lucent`: as that library works, one
    objective at a time, the whole net, with gradients of weights. `tuned`: all at once, frozen, batch norm folded; the
    net still runs to its end."""
    net = NETS["resnet18"]().eval()
    if style == "tuned":
        fuse = torch.nn.utils.fusion.fuse_conv_bn_eval
        net.conv1, net.bn1 = fuse(net.conv1, net.bn1), nn.Identity()
        for block in net.layers:
            block.conv1, block.bn1 = fuse(block.conv1, block.bn1), nn.Identity()
            block.conv2, block.bn2 = fuse(block.conv2, block.bn2), nn.Identity()
            if block.downsample is not None:
                block.downsample = fuse(*block.downsample)
        net.requires_grad_(False)
    seen = {}
    module = net.fc if layer == "logits" else net.layers[2 * int(layer[-1]) - 1]
    module.register_forward_hook(lambda m, i, out: seen.update(out=out))
    batch = 1 if style == "lucent" else items
    channel = torch.arange(batch)
    z = (0.01 * torch.randn(batch, 3, px, px // 2 + 1, 2)).requires_grad_(True)
    fy, fx = torch.fft.fftfreq(px)[:, None], torch.fft.rfftfreq(px)[None]
    scale = (px / torch.clamp((fy * fy + fx * fx).sqrt(), min=1 / px) / 4)[..., None]
    color = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    color = color / color.norm(dim=0).max()
    adam = torch.optim.Adam([z], lr=0.05)

    def one():
        adam.zero_grad(set_to_none=True)
        x = torch.fft.irfft2(torch.view_as_complex(z * scale), s=(px, px), norm="backward")
        x = torch.sigmoid(torch.einsum("rc,ncyx->nryx", color, x))
        u = torch.rand(batch, 4) * 2 - 1
        angle, zoom = u[:, 0] * math.pi / 36, 1 / (1 + 0.1 * u[:, 1])
        sin, cos = zoom * angle.sin(), zoom * angle.cos()
        theta = torch.stack([cos, -sin, 8 * u[:, 2] / px, sin, cos, 8 * u[:, 3] / px], 1).reshape(batch, 2, 3)
        grid = F.affine_grid(theta, [batch, 3, px, px], align_corners=False)
        net(F.grid_sample(x, grid, padding_mode="reflection", align_corners=False))
        out = seen["out"]
        if out.dim() == 4:
            out = out.mean((2, 3))
        (-out[channel, channel].sum()).backward()
        adam.step()

    one()
    return one


@functools.lru_cache(maxsize=None)
def resnet18():
    """torchvision's, with the same random weights each time."""
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.resnet18().eval()


def lucent(layer, units, px, steps, threads):
    from lucent.optvis import objectives, param, render

    torch.set_num_threads(int(threads))
    units, net = int(units), resnet18().to(DEVICE)

    def draw(steps):
        wanted = sum(objectives.channel(layer, i, batch=i) for i in range(units))
        canvas = lambda: param.image(int(px), batch=units)
        render.render_vis(net, wanted, canvas, thresholds=(steps,), progress=False, show_image=False)

    draw(1)
    start = time.perf_counter()
    draw(int(steps))
    return 1e3 * (time.perf_counter() - start)


def torchattacks_pgd(net, loss, x, y, eps, alpha):
    """PGD of ten steps as torchattacks 3.5 does it: the mean loss, autograd.grad, parameters that ask for gradients."""
    adv = torch.clamp(x + torch.empty_like(x).uniform_(-eps, eps), min=0, max=1).detach()
    for _ in range(10):
        adv.requires_grad = True
        grad = torch.autograd.grad(loss(net(adv), y), adv, retain_graph=False, create_graph=False)[0]
        adv = adv.detach() + alpha * grad.sign()
        adv = torch.clamp(x + torch.clamp(adv - x, min=-eps, max=eps), min=0, max=1).detach()
    with torch.no_grad():
        return (net(adv).argmax(1) != y).sum().item()


@functools.lru_cache(maxsize=None)
def attacker(name, px, batch):
    """PGD of ten steps as a function."""
    net = NETS[name]().eval()
    loss = nn.CrossEntropyLoss()
    i = np.arange(batch * 3 * px * px)
    x = torch.from_numpy((i * i >> 3).astype(np.uint8).reshape(batch, 3, px, px)).to(DEVICE).float().div_(255)
    y = torch.arange(batch) % CLASSES

    def one():
        return torchattacks_pgd(net, loss, x, y, 8 / 255, 2 / 255)

    one()
    return one


@functools.lru_cache(maxsize=None)
def trainer(name, px, batch):
    """One training step as a function, and the number of parameters it trains."""
    net = NETS[name]().train()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    i = np.arange(batch * 3 * px * px)
    photos = (i * i >> 3).astype(np.uint8).reshape(batch, 3, px, px)
    labels = np.arange(batch) % CLASSES

    def one():
        x = torch.from_numpy(photos).to(DEVICE).float().div_(255)
        y = torch.from_numpy(labels).to(DEVICE)
        optimizer.zero_grad(set_to_none=True)
        value = loss(net(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    for _ in range(2):
        one()
    return one, sum(p.numel() for p in net.parameters())


def save(stream, folder):
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format", "python"))
    import herbarium_stream

    with open(stream, "rb") as f:
        arrays = next(iter(herbarium_stream.read(f))).tensors
    tensors = {name: torch.from_numpy(a.copy()) for name, a in arrays.items()}
    formats = {
        "torch": (lambda to: torch.save(tensors, to), torch.load),
        "npz": (lambda to: np.savez_compressed(to, **arrays), lambda at: dict(np.load(at))),
    }
    for name, (write, read) in formats.items():
        path = os.path.join(folder, "peer." + name)
        with open(path, "wb") as f:
            start = time.perf_counter()
            write(f)
            f.flush()
            print(name, "write", 1e3 * (time.perf_counter() - start))
        start = time.perf_counter()
        read(path)
        print(name, "read", 1e3 * (time.perf_counter() - start))
        print(name, "size", os.path.getsize(path))
        os.remove(path)


def each(f, seconds, at_a_time):
    """The mean time of f, in seconds, over at least that many seconds."""
    n, start = 0, time.perf_counter()
    while True:
        for _ in range(at_a_time):
            f()
        if DEVICE != "cpu":
            torch.cuda.synchronize()
        n += at_a_time
        took = time.perf_counter() - start
        if took >= seconds:
            return took / n


def memory(style, layer, px, items, threads):
    torch.set_num_threads(int(threads))
    one = looker(style, layer, int(px), int(items))
    for _ in range(3):
        one()
    print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def serve():
    for line in sys.stdin:
        command, *arguments = line.split()
        answer = {"relu": relu, "step": step, "attack": attack, "look": look, "lucent": lucent}[command](*arguments)
        print(*(answer if isinstance(answer, tuple) else (answer,)), flush=True)


if __name__ == "__main__":
    {"about": about, "memory": memory, "save": save, "serve": serve,
     "resnet18": lambda to: torch.save(resnet18().state_dict(), to)}[sys.argv[1]](*sys.argv[2:])
