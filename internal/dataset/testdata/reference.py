"""Makes the reference values of this folder with Pillow (written with 13.0.0): python3 reference.py

source.png               a test picture of 61x47: smooth colors, hard edges, noise
jpeg-*.jpg               the same picture as JPEG; jpeg-*.png is what libjpeg-turbo decodes each to. Those of sampling that
                         Pillow does not write are made by cjpeg and djpeg of libjpeg-turbo (2.1.5)
formats/NAME.EXT         the picture, smaller, in other formats; NAME.ref.png is what Pillow makes of it, on white
turned-N.*               a picture with Exif orientation N; turned.png is how it is to be seen
resize-*.png             source.png resized: the part of it, the size and the filter are in cases.json
prepare-*.png            source.png as torchvision's Resize and CenterCrop make it; in prepare.json
"""
import io
import json
import os
import subprocess

import numpy as np
from PIL import Image, ImageOps

W, H = 61, 47
y, x = np.mgrid[0:H, 0:W].astype(float)
rng = np.random.default_rng(1)
pic = np.stack([255 * x / W, 255 * y / H, 127 + 120 * np.sin(x / 5) * np.cos(y / 7)], -1)
pic[10:30, 20:40] = [250, 20, 40]
pic[(x - 48) ** 2 + (y - 30) ** 2 < 81] = [255, 255, 255]
pic[35:, :12] = [0, 0, 0]
pic[:, 50:] += rng.normal(0, 40, (H, W - 50, 3))
source = Image.fromarray(np.clip(pic, 0, 255).astype(np.uint8))
source.save("source.png")

for name, options in {
    "444": dict(subsampling=0, quality=90),
    "422": dict(subsampling=1, quality=90),
    "420": dict(subsampling=2, quality=90),
    "420-progressive": dict(subsampling=2, quality=80, progressive=True),
}.items():
    source.save(f"jpeg-{name}.jpg", **options)
    Image.open(f"jpeg-{name}.jpg").save(f"jpeg-{name}.png")
source.convert("L").save("jpeg-gray.jpg", quality=90)
Image.open("jpeg-gray.jpg").convert("RGB").save("jpeg-gray.png")

ppm = io.BytesIO()
source.save(ppm, "PPM")
for name, options in {
    "wide-chroma": "-sample 1x1,2x1,2x1",
    "uneven-chroma": "-sample 2x2,2x1,1x2 -restart 2B",
    "tall-luma-progressive": "-sample 1x4 -progressive",
    "third-progressive": "-sample 3x1,1x1,1x1 -progressive -restart 5B",
    "arithmetic": "-arithmetic",
}.items():
    coded = subprocess.run(["cjpeg", "-quality", "85", *options.split()], input=ppm.getvalue(), check=True, capture_output=True).stdout
    with open(f"jpeg-{name}.jpg", "wb") as out:
        out.write(coded)
    if name != "arithmetic":  # which Herbarium does not decode
        seen = subprocess.run(["djpeg", "-ppm"], input=coded, check=True, capture_output=True).stdout
        Image.open(io.BytesIO(seen)).save(f"jpeg-{name}.png")

small = source.resize((21, 17), Image.BICUBIC)
mask = Image.fromarray(np.linspace(0, 255, 21 * 17).reshape(17, 21).astype(np.uint8))
alpha = small.copy()
alpha.putalpha(mask)
os.makedirs("formats", exist_ok=True)


def keep(name, extension, picture=small, reference=None, **options):
    """Save a picture, and what is read back composited on white."""
    path = f"formats/{name}.{extension}"
    picture.save(path, **options)
    seen = Image.open(path).convert("RGBA") if reference is None else reference.convert("RGBA")
    white = Image.new("RGBA", seen.size, (255, 255, 255, 255))
    Image.alpha_composite(white, seen).convert("RGB").save(f"formats/{name}.ref.png")


keep("webp-lossy", "webp", quality=90)
keep("webp-lossless", "webp", alpha, lossless=True)
keep("webp-alpha", "webp", alpha, quality=90)
keep("webp-animated", "webp", save_all=True, append_images=[Image.new("RGB", small.size, "red")], duration=100, lossless=True)
keep("gif", "gif", small.quantize(64))
keep("bmp", "bmp")
keep("bmp-palette", "bmp", small.quantize(64))
keep("tiff", "tif", compression="tiff_lzw")
keep("tiff-deflate-alpha", "tiff", alpha, compression="tiff_adobe_deflate")
keep("tiff-gray", "tif", small.convert("L"))
keep("palette", "png", small.quantize(64))
keep("gray-alpha", "png", Image.merge("LA", (small.convert("L"), mask)))
keep("one-bit", "png", small.convert("1"))
keep("cmyk", "jpg", small.convert("CMYK"), quality=90, subsampling=0)
# The same bytes said to be YCCK: byte 11 of the Adobe segment is the transform.
data = bytearray(open("formats/cmyk.jpg", "rb").read())
data[data.index(b"Adobe") + 11] = 2
seen = Image.open(io.BytesIO(bytes(data))).convert("RGB")
seen.save("formats/ycck.ref.png")
open("formats/ycck.jpg", "wb").write(data)
# An animation: the first frame covers a part of the screen; one of its colors is transparent.
first = small.crop((0, 0, 9, 8)).quantize(16)
first.save("formats/gif-part.gif", transparency=first.getpixel((0, 0)), save_all=True, append_images=[small.quantize(16)])
data = bytearray(open("formats/gif-part.gif", "rb").read())
data[6:10] = bytes([21, 0, 17, 0])
at = data.index(b"\x2c\0\0\0\0\x09\0\x08\0")
data[at + 1], data[at + 3] = 5, 3  # where the frame lies
open("formats/gif-part.gif", "wb").write(data)
part = Image.new("RGBA", (21, 17), (255, 255, 255, 255))
first.info["transparency"] = first.getpixel((0, 0))
part.alpha_composite(first.convert("RGBA"), (5, 3))
part.convert("RGB").save("formats/gif-part.ref.png")

# How a picture is stored whose camera was held so that it must be turned (Exif tag 0x0112).
upright = Image.fromarray(np.asarray(small)[:13])
upright.save("turned.png")
stored = {
    1: upright,
    2: upright.transpose(Image.FLIP_LEFT_RIGHT),
    3: upright.transpose(Image.ROTATE_180),
    4: upright.transpose(Image.FLIP_TOP_BOTTOM),
    5: upright.transpose(Image.TRANSPOSE),
    6: upright.transpose(Image.ROTATE_90),
    7: upright.transpose(Image.TRANSVERSE),
    8: upright.transpose(Image.ROTATE_270),
}
for n, picture in stored.items():
    exif = Image.Exif()
    exif[0x0112] = n
    extension = {1: "jpg", 2: "png", 3: "tif", 4: "jpg", 5: "webp", 6: "jpg", 7: "png", 8: "tif"}[n]
    options = dict(lossless=True) if extension == "webp" else dict(quality=100, subsampling=0) if extension == "jpg" else {}
    path = f"turned-{n}.{extension}"
    picture.save(path, exif=exif, **options)
    seen = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    assert np.abs(seen.astype(int) - np.asarray(upright)).max() <= 6, path

cases = []
for left, top, right, bottom, w, h in [
    (0, 0, W, H, 16, 12),  # smaller
    (0, 0, W, H, 5, 3),  # very much smaller
    (0, 0, W, H, 90, 70),  # larger
    (0, 0, W, H, 30, 80),  # smaller across, larger down
    (7, 0, 54, 47, 32, 32),  # a center crop of whole pixels
    (7.25, 3.5, 40.75, 37, 24, 24),  # a part that begins and ends within pixels
]:
    for filter in ("bicubic", "bilinear"):
        name = f"resize-{len(cases)}.png"
        source.resize((w, h), Image.Resampling[filter.upper()], box=(left, top, right, bottom)).save(name)
        cases.append(dict(box=[top, left, bottom, right], size=[h, w], filter=filter, file=name))
json.dump(cases, open("cases.json", "w"), indent=1)

cases = []
for picture, resize, crop, filter in [
    (source, 20, 16, "bilinear"),
    (source, 20, 17, "bicubic"),  # offsets of halves
    (source.transpose(Image.TRANSPOSE), 23, 20, "bicubic"),
    (source, 64, 56, "bilinear"),  # larger
    (source, 47, 32, "bicubic"),  # nothing but cut
    (source, 9, 9, "bilinear"),
]:
    # torchvision.transforms.functional: resize's longer side and center_crop's offsets
    w, h = picture.size
    short, long = min(w, h), max(w, h)
    size = (resize, int(resize * long / short)) if w < h else (int(resize * long / short), resize)
    seen = picture.resize(size, Image.Resampling[filter.upper()])
    top, left = int(round((size[1] - crop) / 2.0)), int(round((size[0] - crop) / 2.0))
    name = f"prepare-{len(cases)}.png"
    seen.crop((left, top, left + crop, top + crop)).save(name)
    cases.append(dict(transposed=picture is not source, resize=resize, crop=crop, filter=filter, file=name))
json.dump(cases, open("prepare.json", "w"), indent=1)
