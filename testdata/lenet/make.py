"""Makes the files beside it: drawn digits, a LeNet that PyTorch has trained on others like them, and what PyTorch says of it.

    python3 make.py        needs numpy and PyTorch; takes a minute

    t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz    the test digits, in MNIST's format
    lenet.onnx             the net, on images of one channel that were normalized by MEAN and STD
    expected.json          its answers, and how many digits withstand PGD
"""
import gzip
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MEAN, STD = 0.1307, 0.3081
SIDE, TRAIN, TEST = 28, 4000, 300
RADII = [8, 16, 24]  # of 255
HERE = os.path.dirname(os.path.abspath(__file__))


def arc(x, y, rx, ry, start, stop, n=14):
    a = np.radians(np.linspace(start, stop, n))
    return np.stack([x + rx * np.cos(a), y + ry * np.sin(a)], 1)


def lines(*points):
    return np.array(points, float)


# Strokes of the digits in a square from -1 to 1, y downwards; most can be written in two ways.
STROKES = [
    [[arc(0, 0, 0.55, 0.9, 0, 360, 24)], [arc(0, 0, 0.7, 0.85, -80, 280, 24)]],
    [[lines((0.05, -0.9), (0.0, 0.9))], [lines((-0.4, -0.5), (0.1, -0.9), (0.1, 0.9))]],
    [[np.concatenate([arc(0, -0.4, 0.55, 0.5, -170, 40), lines((-0.6, 0.85), (0.65, 0.85))])],
     [np.concatenate([arc(0, -0.4, 0.5, 0.5, -150, 60), arc(-0.35, 0.7, 0.25, 0.2, 0, 300, 10), lines((0.0, 0.75), (0.65, 0.8))])]],
    [[np.concatenate([arc(0, -0.45, 0.5, 0.45, -160, 80), arc(0, 0.45, 0.6, 0.47, -80, 160)])],
     [lines((-0.5, -0.85), (0.5, -0.85), (0.0, -0.1)), arc(0, 0.4, 0.55, 0.5, -90, 160)]],
    [[lines((0.2, -0.9), (-0.65, 0.3), (0.65, 0.3)), lines((0.3, -0.3), (0.25, 0.9))],
     [lines((-0.5, -0.8), (-0.55, 0.1), (0.5, 0.1)), lines((0.5, -0.8), (0.45, 0.9))]],
    [[lines((0.55, -0.85), (-0.4, -0.85), (-0.45, -0.1)), arc(-0.05, 0.35, 0.6, 0.5, -130, 140)]],
    [[np.concatenate([lines((0.35, -0.9)), arc(0.3, 0.1, 0.85, 0.95, 250, 170, 8), arc(0, 0.4, 0.5, 0.48, 180, -180, 20)])]],
    [[lines((-0.6, -0.85), (0.6, -0.85), (-0.15, 0.9))],
     [lines((-0.6, -0.75), (0.6, -0.85), (-0.05, 0.9)), lines((-0.3, 0.05), (0.5, 0.0))]],
    [[arc(0, -0.45, 0.45, 0.43, 0, 360, 20), arc(0, 0.45, 0.55, 0.47, 0, 360, 20)]],
    [[arc(-0.05, -0.4, 0.5, 0.48, 0, 360, 20), lines((0.45, -0.4), (0.35, 0.9))],
     [np.concatenate([arc(0, -0.4, 0.5, 0.48, 0, -360, 20), arc(-0.1, 0.2, 0.6, 0.7, -20, 110, 8)])]],
]


def digit(rng, label):
    """A digit [28,28] in 8 bits: a pen along its strokes, after a random affine map and a smooth warp."""
    ways = STROKES[label]
    angle, shear = rng.normal(0, 0.17), rng.normal(0, 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.array([[1, -shear], [0, 1]])
    size = rng.uniform(7.2, 10.2) * np.array([rng.uniform(0.75, 1.1), 1])
    shift, phase, bend = rng.normal(0, 1.3, 2) + (SIDE - 1) / 2, rng.uniform(0, 6.28, 2), rng.normal(0, 0.12, 2)
    y, x = np.mgrid[:SIDE, :SIDE]
    at, distance = np.stack([x, y], -1).astype(float), np.full((SIDE, SIDE), 99.0)
    for stroke in ways[rng.integers(len(ways))]:
        p = stroke + rng.normal(0, 0.035, stroke.shape)
        p = p + bend * np.sin(2.5 * p[:, ::-1] + phase)
        p = (p @ turn.T) * size + shift
        for a, b in zip(p, p[1:]):
            d = b - a
            t = np.clip(((at - a) @ d) / max(d @ d, 1e-9), 0, 1)
            distance = np.minimum(distance, np.linalg.norm(at - a - t[..., None] * d, axis=-1))
    ink = 1 / (1 + np.exp((distance - rng.uniform(0.8, 1.7)) / 0.35))
    ink = rng.uniform(0.7, 1) * ink
    noise = rng.normal(0, 0.08, ink.shape) * (rng.random(ink.shape) < 0.5)
    return np.round(255 * np.clip(ink + noise * (ink > 0.02), 0, 1)).astype(np.uint8)


def digits(seed, n):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n)
    return np.stack([digit(rng, k) for k in labels]), labels


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 12, 5)
        self.fc1, self.fc2 = nn.Linear(12 * 25, 48), nn.Linear(48, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(torch.flatten(x, 1))))


def pixels(images):
    return torch.tensor(images[:, None].astype(np.float32) / 255)


def answer(net, x):
    return net((x - MEAN) / STD)


def train(net, images, labels):
    x, y = pixels(images), torch.tensor(labels)
    epochs, batch = 6, 32
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=epochs * (len(y) // batch))
    for _ in range(epochs):
        for rows in torch.randperm(len(y))[: len(y) // batch * batch].split(batch):
            optimizer.zero_grad()
            F.cross_entropy(answer(net, x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()


def pgd(net, x, y, eps, steps=40):
    """Madry et al. 2018: a random start in the ball, then steps of 2.5 eps / steps along the sign of the gradient."""
    adversarial = (x + torch.empty_like(x).uniform_(-eps, eps)).clamp(0, 1)
    broken = torch.zeros(len(y), dtype=torch.bool)
    for _ in range(steps):
        adversarial.requires_grad_(True)
        logits = answer(net, adversarial)
        broken |= logits.argmax(1) != y
        gradient, = torch.autograd.grad(F.cross_entropy(logits, y), adversarial)
        adversarial = adversarial.detach() + 2.5 * eps / steps * gradient.sign()
        adversarial = torch.min(torch.max(adversarial, x - eps), x + eps).clamp(0, 1)
    return ~(broken | (answer(net, adversarial).argmax(1) != y))


def write(name, magic, values):
    head = struct.pack(">HBB", 0, 8, magic) + struct.pack(f">{values.ndim}I", *values.shape)
    with gzip.GzipFile(os.path.join(HERE, name), "wb", 9, mtime=0) as f:
        f.write(head + values.astype(np.uint8).tobytes())


def main():
    torch.manual_seed(0)
    torch.set_num_threads(2)
    net = LeNet()
    train(net, *digits(1, TRAIN))
    net.eval()
    images, labels = digits(2, TEST)
    write("t10k-images-idx3-ubyte.gz", 3, images)
    write("t10k-labels-idx1-ubyte.gz", 1, labels)
    x, y = pixels(images), torch.tensor(labels)
    with torch.no_grad():
        logits = answer(net, x)
    right = logits.argmax(1) == y
    expected = {"logits": [[round(v, 4) for v in row] for row in logits[:16].tolist()],
                "predicted": logits.argmax(1).tolist(), "right": int(right.sum()), "of": TEST,
                "robust": {str(r): int((pgd(net, x, y, r / 255)).sum()) for r in RADII}}
    with open(os.path.join(HERE, "expected.json"), "w") as f:
        json.dump(expected, f)
        f.write("\n")
    torch.onnx.export(net, torch.zeros(1, 1, SIDE, SIDE), os.path.join(HERE, "lenet.onnx"), opset_version=13,
                      input_names=["digits"], output_names=["logits"], dynamic_axes={"digits": {0: "n"}, "logits": {0: "n"}})
    print({k: v for k, v in expected.items() if k not in ("logits", "predicted")})


if __name__ == "__main__":
    main()
