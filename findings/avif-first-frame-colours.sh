#!/bin/sh
# The first frame of an AVIF sequence has other colours than the frames after it, and than the same picture alone.
#
# The guess: at one quality, every frame of a sequence is as near to its picture as a still AVIF of it would be.
# Package: Pillow 13.0.0 (libavif 1.4.2 with libaom), and numpy 2.4.0 to count. Input: 24 pictures of 256 x 256 pixels, a
# dark green ground with a little noise under a lattice of black lines, each slightly lighter than the one before; saved
# as a sequence at quality 72 with colour at full resolution, and the first one as a still at the same quality.
# Seen: the means of blocks of 16 x 16 pixels, which no noise changes, are 3.5 of 255 off in the first frame, all in one
# direction (red and green too high, blue too low), 0.6 in the others, and less than 1 in the still. At quality 60 and 80
# the first frame is 3.8 and 2.6 off.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install Pillow==13.0.0 numpy==2.4.0
"$folder/v/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
from PIL import Image, ImageSequence

SIDE, FRAMES, BLOCK = 256, 24, 16
y, x = np.mgrid[:SIDE, :SIDE]
ground = np.stack([60 + 20 * np.sin(x / 40), 95 + 25 * np.cos(y / 50), 70 + 15 * np.sin((x + y) / 60)], 2)
ground += np.random.default_rng(0).normal(0, 6, (SIDE, SIDE, 1))
lattice = ((x + y) % 32 < 4) | ((x - y) % 32 < 4)
pictures = []
for number in range(FRAMES):
    picture = ground + number * np.array([2, 2, -1])
    picture[lattice] = 14, 16, 18
    pictures.append(Image.fromarray(picture.clip(0, 255).astype("uint8")))


def saved(first, others=()):
    out = io.BytesIO()
    more = {"save_all": True, "append_images": others} if others else {}
    first.save(out, "AVIF", quality=72, subsampling="4:4:4", **more)
    return [np.asarray(each.convert("RGB")) for each in ImageSequence.Iterator(Image.open(out))]


def means(picture):
    count = SIDE // BLOCK
    return np.asarray(picture, float).reshape(count, BLOCK, count, BLOCK, 3).mean((1, 3))


def off(seen, painted):
    return np.abs(means(seen) - means(painted)).mean()


first, *others = (off(seen, painted) for seen, painted in zip(saved(pictures[0], pictures[1:]), pictures))
alone = off(saved(pictures[0])[0], pictures[0])
print(f"first frame {first:.2f}, the others {np.mean(others):.2f}, the first picture alone {alone:.2f} of 255")
sys.exit(not (first > 2.5 and np.mean(others) < 1 and alone < 1))
PYTHON
