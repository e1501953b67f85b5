#!/bin/sh
# libsndfile drops the end of an MP3 of variable bit rate that has no header with the number of its frames.
#
# The guess: a decoder reads a file to its end. Package: soundfile 0.14.0 (libsndfile 1.2.2, with mpg123); ffmpeg of
# imageio-ffmpeg 0.8.1 writes the file: three seconds of noise and three of silence, "-q:a 0 -write_xing 0".
# Seen: 1.9 of 6 seconds are read, and no error is raised. The length is inferred from the bit rate of the
# first frames, and nothing behind it is read. With a Xing header in front (ffmpeg's default) all 6 are read.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install soundfile==0.14.0 imageio-ffmpeg==0.8.1
"$folder/v/bin/python" - "$folder" <<'PYTHON'
import subprocess, sys
import imageio_ffmpeg, soundfile

seen = {}
for header in ("0", "1"):
    path = f"{sys.argv[1]}/{header}.mp3"
    noise = "aevalsrc=if(lt(t\\,3)\\,random(0)-0.5\\,0):s=44100:d=6"
    coded = ["-c:a", "libmp3lame", "-q:a", "0", "-write_xing", header, "-id3v2_version", "0", path]
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", noise, *coded], check=True)
    samples, rate = soundfile.read(path)
    seen[header] = len(samples) / rate
print(f"without a header {seen['0']:.1f} s are read, with one {seen['1']:.1f} s")
assert seen["0"] < 5.5 and seen["1"] > 5.9, "Changed: the end was missing before."
PYTHON
