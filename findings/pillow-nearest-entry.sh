#!/bin/sh
# Pillow's quantize to a given palette does not give each pixel the nearest entry.
#
# The guess: Image.quantize(palette=..., dither=NONE) finds, for each pixel, the entry with the least distance in RGB.
# Package: Pillow 13.0.0 (and numpy 2.4.0 to count). Input: a smooth ramp of 128 x 128 pixels, and the 64 colours that
# Pillow itself chooses for it by median cut.
# Seen: 4.3 % of the pixels get an entry that is farther than another. Entries are looked up for boxes of 4 x 4 x 4
# colours, not for colours (src/libImaging/Palette.c), and a box has one entry.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install Pillow==13.0.0 numpy==2.4.0
"$folder/v/bin/python" - <<'PYTHON'
import sys
import numpy as np
from PIL import Image

y, x = np.mgrid[0:128, 0:128]
ramp = Image.fromarray(np.stack([2 * x, 2 * y, 255 - x - y], -1).astype("uint8"))
chosen = ramp.quantize(64, method=Image.Quantize.MEDIANCUT)
entries = np.array(chosen.getpalette()).reshape(-1, 3)
given = np.array(ramp.quantize(palette=chosen, dither=Image.Dither.NONE)).astype(int)
distances = ((np.array(ramp).astype(int)[:, :, None] - entries) ** 2).sum(-1)
own = np.take_along_axis(distances, given[..., None], -1)[..., 0]
share = (own > distances.min(-1)).mean()
print(f"{share:.1%} of the pixels do not have the nearest of {len(entries)} entries")
sys.exit(not 0.03 < share < 0.06)
PYTHON
