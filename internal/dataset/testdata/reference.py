"""Makes the reference values of this folder with Pillow (written with 13.0.0): python3 reference.py

source.png               a test picture of 61x47: smooth colours, hard edges, noise
jpeg-*.jpg               the same picture as JPEG; jpeg-*.png is what libjpeg-turbo decodes each to
resize-*.png             source.png resized: the part of it and the size are in cases.json
"""
import json

import numpy as np
from PIL import Image

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
source.convert("CMYK").save("cmyk.jpg", quality=90)

cases = []
for left, top, right, bottom, w, h in [
    (0, 0, W, H, 16, 12),  # smaller
    (0, 0, W, H, 5, 3),  # very much smaller
    (0, 0, W, H, 90, 70),  # larger
    (0, 0, W, H, 30, 80),  # smaller across, larger down
    (7, 0, 54, 47, 32, 32),  # a centre crop of whole pixels
    (7.25, 3.5, 40.75, 37, 24, 24),  # a part that begins and ends within pixels
]:
    name = f"resize-{len(cases)}.png"
    source.resize((w, h), Image.BICUBIC, box=(left, top, right, bottom)).save(name)
    cases.append(dict(box=[top, left, bottom, right], size=[h, w], file=name))
json.dump(cases, open("cases.json", "w"), indent=1)
