#!/usr/bin/env python3
"""Nets of torchvision and timm as ONNX files, to check that adopt makes the same nets of them:

    go test -c -o build/adopt.test ./tools/adopt
    bench/onnx_nets.py DIR build/adopt.test [NAME ...]

Each net, of those named or of all NAMES, is exported by both exporters ("script" is torch.onnx.export with dynamo=False and a batch of free size, "dynamo"
the newer one with a batch of 1 and its tensors in a file beside), adopted, compared and deleted again. Prints a row of docs/onnx.md's table
for each: pixels, layers, and for each exporter the largest difference of adopt's logits from PyTorch's in float64 over the spread
(standard deviation) that logits have across 4 images. It needs torch, torchvision, timm, onnx, onnxruntime and onnxscript.

Weights are random, and none is left at what makes a part of the net do nothing: scales and biases that are all equal are drawn
anew, batch norms get random scales and the statistics of the images. Where ONNX Runtime itself is further away from PyTorch
than 1e-4 the exporter has written another net, and that is said.

DIR/NAME.EXPORTER.onnx, NAME.images (bytes [N,3,H,W]) and NAME.logits (float32 [N,K]) are what HERBARIUM_ONNX=DIR go test -run
TestExportedNets ./tools/adopt reads; without a second argument they stay."""
import copy
import glob
import logging
import os
import subprocess
import sys
import warnings

import torch
import torchvision

COUNT = 4
# Of torchvision one net of each family, small where the net allows it; the exporters cannot pool 2x2 pixels to 7x7.
SIDES = {"alexnet": 224, "vgg11": 224, "inception_v3": 160, "maxvit_t": 224, "swin_t": 224, "swin_v2_t": 256, "vit_b_16": 224}
TORCHVISION = """alexnet convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5 mobilenet_v2
    mobilenet_v3_small mobilenet_v3_large regnet_y_400mf resnet18 resnet50 resnext50_32x4d wide_resnet50_2 shufflenet_v2_x0_5 squeezenet1_1 swin_t swin_v2_t
    vgg11 vit_b_16""".split()
TIMM = """resnet50d resnetv2_50 resnest14d seresnet18 ecaresnet26t regnety_002 tf_efficientnetv2_b0 mobilenetv4_conv_small ghostnet_050
    hrnet_w18_small dla34 dpn48b xception41 inception_v4 nfnet_l0 convnextv2_atto repvgg_a0 fastvit_t8 edgenext_xx_small mobilevit_xxs mixnet_s
    skresnet18 res2net50_14w_8s gcresnet33ts poolformer_s12 resmlp_12_224 mixer_s32_224 efficientformerv2_s0 levit_128s pvt_v2_b0 visformer_tiny
    coatnet_nano_rw_224 vit_tiny_patch16_224 deit_tiny_patch16_224 eva02_tiny_patch14_224 beit_base_patch16_224 cait_xxs24_224 xcit_nano_12_p16_224
    swin_tiny_patch4_window7_224 davit_tiny vit_small_patch14_dinov2 vit_base_patch16_clip_224 vit_base_patch16_siglip_224 caformer_s18
    maxvit_tiny_rw_224""".split()


def build(name):
    """A net with random weights, and the side of its images."""
    torch.manual_seed(1)
    if name in TORCHVISION:
        more = {"aux_logits": False, "transform_input": True, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
        return getattr(torchvision.models, name)(weights=None, **more), SIDES.get(name, 64)
    import timm
    net = timm.create_model(name, pretrained=False)
    return net, net.pretrained_cfg["input_size"][1]


def pictures(count, side):
    images = torch.randint(0, 256, (count, 3, side // 8, side // 8), dtype=torch.uint8)
    images = torch.nn.functional.interpolate(images.float(), side).byte()
    images ^= torch.randint(0, 64, images.shape, dtype=torch.uint8)
    return (images * torch.rand(count, 3, 1, 1)).byte()  # of their own color and brightness each


def randomize(net, x):
    norms = torch.nn.modules.batchnorm._BatchNorm
    normed = any(isinstance(m, (norms, torch.nn.LayerNorm)) for m in net.modules())
    for m in net.modules():
        if not normed and hasattr(m, "weight"):  # as PyTorch makes them, biases are most of what comes out
            torch.nn.init.kaiming_normal_(m.weight)
        if isinstance(m, norms):
            m.momentum = None
            if m.weight is not None:
                m.weight.uniform_(0.5, 1)
                m.bias.uniform_(0, 1)  # mostly above 0: random nets of many ReLUs amplify rounding by 1.2 a layer
        elif isinstance(m, torch.nn.Linear) and m.out_features == 1000:
            m.weight.normal_(0, m.in_features**-0.5)
    for name, p in net.named_parameters():
        if p.numel() == 1:
            p.fill_(0.5)
        elif p.std() == 0 and p.abs().max() < 0.5 and "bias" not in name:  # a scale that begins near zero
            p.uniform_(-0.3, 0.3)
        elif p.std() == 0:
            p.add_(torch.randn_like(p) * 0.1)
    net.train()
    for m in net.modules():
        if not isinstance(m, norms) and not list(m.children()):
            m.eval()
    net(x)
    net.eval()


def export(net, x, path, exporter):
    if exporter == "script":
        free = {"image": {0: "batch"}, "logits": {0: "batch"}}
        torch.onnx.export(net, (x,), path, dynamo=False, input_names=["image"], output_names=["logits"], dynamic_axes=free)
    else:
        torch.onnx.export(net, (x[:1],), path, dynamo=True, verbose=False)


def runtime(path, x):
    import onnxruntime
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return torch.cat([torch.from_numpy(session.run(None, {name: x[i:i + 1].numpy()})[0]) for i in range(len(x))])


def make(folder, name):
    net, side = build(name)
    images = pictures(8, side)
    randomize(net, images.float() / 255)
    images = images[:COUNT]
    x = images.float() / 255
    logits = copy.deepcopy(net).double()(x.double()).float()
    images.numpy().tofile(os.path.join(folder, name + ".images"))
    logits.numpy().tofile(os.path.join(folder, name + ".logits"))
    for exporter in ("script", "dynamo"):
        path = os.path.join(folder, f"{name}.{exporter}.onnx")
        try:
            export(net, x, path, exporter)
        except Exception as e:  # of the exporter; the others go on
            print(f"{name}: {exporter}: {type(e).__name__}: {str(e).splitlines()[0][:200]}", flush=True)
            continue
        off = (runtime(path, x) - logits).abs().max() / logits.std(0, unbiased=False).mean()
        if off > 1e-4:
            print(f"{name}: {exporter}: ONNX Runtime is {off:.1g} away from PyTorch", flush=True)


def main(folder, test=None, *names):
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.backends.mha.set_fastpath_enabled(False)  # which has no place in ONNX
    for name in names or TORCHVISION + TIMM:
        make(folder, name)
        if test:
            environment = {**os.environ, "HERBARIUM_ONNX": os.path.abspath(folder)}
            out = subprocess.run([os.path.abspath(test), "-test.run", "TestExportedNets", "-test.v"], cwd="tools/adopt", env=environment,
                                 capture_output=True, text=True).stdout
            print("\n".join(line for line in out.splitlines() if line.startswith("|") or "onnx_test.go" in line), flush=True)
            for path in glob.glob(os.path.join(folder, name + ".*")):
                os.remove(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
