#!/usr/bin/env python3
"""Nets of torchvision as ONNX files, to check that adopt makes the same nets of them:

    mkdir DIR
    bench/onnx_nets.py DIR [NAME ...]
    HERBARIUM_ONNX=DIR go test -count 1 -run TestExportedNets -v ./tools/adopt

The first writes DIR/NAME.EXPORTER.onnx, NAME.images (bytes [N,3,H,W]) and NAME.logits (float32 [N,K], computed in float64) for the nets named,
or all of NAMES. It needs torch, torchvision, onnx and onnxscript. Exporters are "script" (torch.onnx.export with
dynamo=False; batch of free size) and "dynamo" (batch of 1, tensors in a file beside). Weights are random; batch norms get
random scales and the statistics of the images, so that outputs depend on inputs. The second prints the table of
docs/onnx.md.
"""
import copy
import os
import sys

import torch
import torchvision

COUNT = 4
# Sides: small where the net allows it; the exporters cannot pool 2x2 pixels to 7x7.
SIDES = {"alexnet": 224, "vgg11_bn": 224}
NAMES = ["alexnet", "vgg11_bn", "resnet18", "resnet50", "resnext50_32x4d", "densenet121", "mobilenet_v2", "mobilenet_v3_small",
         "mobilenet_v3_large", "efficientnet_b0", "squeezenet1_1", "shufflenet_v2_x1_0", "googlenet", "convnext_tiny"]


def make(folder, names):
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    for name in names or NAMES:
        side = SIDES.get(name, 64)
        torch.manual_seed(1)
        more = {"aux_logits": False, "transform_input": True, "init_weights": True} if name == "googlenet" else {}
        net = getattr(torchvision.models, name)(weights=None, **more)
        images = torch.randint(0, 256, (16, 3, side // 8, side // 8), dtype=torch.uint8).repeat_interleave(8, 2).repeat_interleave(8, 3)
        images ^= torch.randint(0, 64, images.shape, dtype=torch.uint8)
        images = (images * torch.rand(16, 3, 1, 1)).byte()  # of their own color and brightness each
        x = images.float() / 255
        normed = any(isinstance(m, (torch.nn.BatchNorm2d, torch.nn.LayerNorm)) for m in net.modules())
        for m in net.modules():
            if not normed and hasattr(m, "weight"):  # as PyTorch makes them, biases are most of what comes out
                torch.nn.init.kaiming_normal_(m.weight)
            if isinstance(m, torch.nn.BatchNorm2d):
                m.momentum = None
                m.weight.uniform_(0.5, 1)
                m.bias.uniform_(0, 1)  # mostly above 0: random nets of many ReLUs amplify rounding by 1.2 a layer
            elif m.__class__.__name__ == "CNBlock":
                m.layer_scale.uniform_(-1, 1)
            elif isinstance(m, torch.nn.Linear) and m.out_features == 1000:
                m.weight.normal_(0, m.in_features**-0.5)
        net.train()
        for m in net.modules():
            if isinstance(m, torch.nn.Dropout):
                m.eval()
        net(x)
        net.eval()
        images, x = images[:COUNT], x[:COUNT]
        images.numpy().tofile(os.path.join(folder, name + ".images"))
        copy.deepcopy(net).double()(x.double()).float().numpy().tofile(os.path.join(folder, name + ".logits"))
        for exporter in ("script", "dynamo"):
            path = os.path.join(folder, f"{name}.{exporter}.onnx")
            try:
                if exporter == "script":
                    free = {"image": {0: "batch"}, "logits": {0: "batch"}}
                    torch.onnx.export(net, (x,), path, dynamo=False, input_names=["image"], output_names=["logits"], dynamic_axes=free)
                else:
                    torch.onnx.export(net, (x[:1],), path, dynamo=True, verbose=False)
            except Exception as e:  # of the exporter; the others go on
                print(f"{name}: {exporter}: {type(e).__name__}: {str(e).splitlines()[0][:200]}", flush=True)
            print(path, flush=True)


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2:])
