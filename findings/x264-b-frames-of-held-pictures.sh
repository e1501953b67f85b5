#!/bin/sh
# x264 shows a part of a small change before it comes: B-frames are blended from the held pictures on either side.
#
# The guess: a picture that is held for eight frames is written once and repeated, and the next one is seen from its own
# frame on. Package: imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2), libx264, veryfast, CRF 18. Input: twenty pictures of a slow
# cross-fade between two noises, each held for eight frames. Printed is the change (root mean square, levels) of the
# frame on which pictures change, and of the one before it, each the median.
# Seen: 3.0 on the frame and 1.8 on the one before it; with "-bf 0" 6.5 and 0.0. Large changes are not blended: with
# cuts between noises there is nothing before the frame, either way.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install imageio-ffmpeg==0.8.1 numpy
"$folder/v/bin/python" - <<'PYTHON'
import subprocess
import imageio_ffmpeg, numpy as np

SIDE, HOLD = 64, 8
FFMPEG = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y"]
RAW = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{SIDE}x{SIDE}", "-r", "25"]
one, other = np.kron(np.random.default_rng(4).integers(0, 256, (2, 16, 16, 3)), np.ones((1, 4, 4, 1)))
pictures = [np.round(one + part * (other - one)).astype(np.uint8) for part in np.linspace(0, 1, 20)]
frames = b"".join(picture.tobytes() * HOLD for picture in pictures)

def changes(*options):
    coded = [*FFMPEG, *RAW, "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", *options]
    film = subprocess.run([*coded, "-pix_fmt", "yuv420p", "-f", "matroska", "-"], input=frames, capture_output=True, check=True)
    decoded = subprocess.run([*FFMPEG, "-i", "-", *RAW[:4], "-"], input=film.stdout, capture_output=True, check=True).stdout
    shown = np.frombuffer(decoded, np.uint8).reshape(-1, SIDE, SIDE, 3).astype(float)
    steps = np.sqrt((np.diff(shown, axis=0) ** 2).mean((1, 2, 3)))
    return np.median(steps[HOLD - 1 :: HOLD]), np.median(steps[HOLD - 2 :: HOLD])

(on, early), (on_without, early_without) = changes(), changes("-bf", "0")
print(f"with B-frames {on:.1f}, before it {early:.1f}; without {on_without:.1f}, before it {early_without:.1f}")
assert early > on / 4 and early_without < on_without / 10, "Changed: three fifths and nothing were seen before."
PYTHON
