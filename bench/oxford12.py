"""The other side of bench/oxford12: a training loop as a PyTorch user writes it, in plain eager PyTorch.

    oxford12.py TRAIN TEST SEED THREADS    # streams of images; prints: test accuracy, seconds of training

ResNet-18 from scratch, 50 epochs, batches of 32, SGD 0.1 with Nesterov momentum 0.9 and PyTorch's one-cycle schedule,
weight decay 5e-4, label smoothing 0.1; crops of 50-100% of the area (aspect 3/4 to 4/3), flips, brightness and contrast
within 20%. No choice among epochs: the last one counts.
"""

import math
import os
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from peers import NETS

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format", "python"))
import herbarium_stream
import json

EPOCHS, BATCH = 50, 32


def photos(path, names):
    """Pixels U8 [N,3,H,W] and labels [N], by name: names, unless empty, is the order of the classes."""
    pixels, labels = [], []
    with open(path, "rb") as f:
        for d in herbarium_stream.read(f):
            classes = json.loads(d.meta["classes"])
            names.extend(c for c in classes if c not in names)
            pixels.append(torch.from_numpy(d.tensors["image"].copy()))
            labels += [names.index(classes[i]) for i in d.tensors["label"]]
    return torch.cat(pixels), torch.tensor(labels)


def augment(x):
    n = len(x)
    uniform = lambda lo, hi: torch.empty(n).uniform_(lo, hi)
    area, aspect = uniform(0.5, 1), uniform(math.log(3 / 4), math.log(4 / 3)).exp()
    sx, sy = (area * aspect).sqrt().clamp(max=1), (area / aspect).sqrt().clamp(max=1)
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = torch.where(torch.rand(n) < 0.5, sx, -sx)
    theta[:, 1, 1] = sy
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-1, 1) * (1 - sx), uniform(-1, 1) * (1 - sy)
    x = F.grid_sample(x, F.affine_grid(theta, list(x.shape), align_corners=False), padding_mode="border", align_corners=False)
    x = x * uniform(0.8, 1.2).view(n, 1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    return ((x - mean) * uniform(0.8, 1.2).view(n, 1, 1, 1) + mean).clamp(0, 1)


def main(train, test, seed, threads):
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    names = []
    (x, y), (test_x, test_y) = photos(train, names), photos(test, names)
    net = NETS["resnet18"]()
    for m in net.modules():
        if isinstance(m, nn.Conv2d):  # as torchvision does
            nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
    pixels = x.float() / 255
    net.mean.copy_(pixels.mean((0, 2, 3)).view(1, 3, 1, 1))
    net.std.copy_(pixels.std((0, 2, 3)).view(1, 3, 1, 1))
    loss = nn.CrossEntropyLoss(label_smoothing=0.1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=EPOCHS * steps)
    start = time.perf_counter()
    net.train()
    for _ in range(EPOCHS):
        order = torch.randperm(len(x))
        for i in range(steps):
            some = order[i * BATCH : (i + 1) * BATCH]
            optimizer.zero_grad(set_to_none=True)
            value = loss(net(augment(x[some].float() / 255)), y[some])
            value.backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - start
    net.eval()
    with torch.no_grad():
        right = sum((net(b.float() / 255).argmax(1) == c).sum().item() for b, c in zip(test_x.split(64), test_y.split(64)))
    print(right / len(test_x), seconds)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
