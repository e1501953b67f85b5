#!/bin/sh
# An MP3 without the header that LAME writes begins 25 ms late, and in another decoder as well.
#
# The guess: a decoder returns the samples that were encoded, or at least two decoders differ about an encoder's delay.
# Packages: imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2 with LAME), soundfile 0.14.0 (libsndfile 1.2.2, mpg123), numpy 2.4.6.
# Input: two seconds at 44.1 kHz with a click at 0.5 s, as MP3 with and without the header "Info".
# Seen: with the header both decoders give 88,200 samples and the click at 500.0 ms. Without it, which is a valid MP3,
# both give 89,856 samples and the click at 525.1 ms: 1,105 samples of the encoder and the decoder come before it. So
# beats that are known for the original are late in such a file by more than half a frame at 25 a second.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install imageio-ffmpeg==0.8.1 soundfile==0.14.0 numpy==2.4.6
"$folder/v/bin/python" - "$folder" <<'PYTHON'
import subprocess
import sys
import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe

folder, rate = sys.argv[1], 44_100
sound = np.zeros(2 * rate, np.float32)
sound[rate // 2 : rate // 2 + 200] = 0.9 * np.sin(np.arange(200) * 0.3)
soundfile.write(f"{folder}/a.wav", sound, rate)

def ffmpeg(*words):
    subprocess.run([get_ffmpeg_exe(), "-y", "-loglevel", "error", *words], check=True)

def begins(samples):
    return int(np.argmax(np.abs(samples) > 0.2)) / rate * 1000, len(samples)

late = []
for name, header in (("with the header", "1"), ("without the header", "0")):
    ffmpeg("-i", f"{folder}/a.wav", "-b:a", "128k", "-write_xing", header, f"{folder}/a.mp3")
    ffmpeg("-i", f"{folder}/a.mp3", f"{folder}/b.wav")
    for decoder, file in (("libsndfile", "a.mp3"), ("ffmpeg", "b.wav")):
        at, length = begins(soundfile.read(f"{folder}/{file}")[0])
        late.append(round(at - 500))
        print(f"{name}, {decoder}: the click is at {at:.1f} ms of {length} samples (500.0 of {len(sound)} were encoded)")
sys.exit(late != [0, 0, 25, 25])
PYTHON
