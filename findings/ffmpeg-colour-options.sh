#!/bin/sh
# ffmpeg 9 drops -color_primaries and -color_trc when it encodes raw pixels; ffmpeg 7 obeyed them.
#
# The guess: options that a program accepts without a word, and that worked for ten years, tag the film. Packages:
# imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2) and 0.6.0 (ffmpeg 7.0.2). Input: one black frame.
# Seen: with the same command, 7.0.2 writes "bt709" (all three tags) and a colr box, and 9.0.2 "bt709/unknown/unknown"
# and no colr box; only the matrix is kept. The filter setparams sets all three in both versions.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
head -c 12288 /dev/zero > "$folder/frame.rgb"

film() { # version, name, options...
    version=$1 name=$2
    shift 2
    "$folder/$version/bin/python" - "$folder/frame.rgb" "$folder/$name.mp4" "$@" <<'PYTHON'
import re, subprocess, sys
from imageio_ffmpeg import get_ffmpeg_exe
raw, film, *options = sys.argv[1:]
program = get_ffmpeg_exe()
source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "64x64", "-r", "5", "-i", raw]
subprocess.run([program, "-loglevel", "error", *source, *options, "-c:v", "libx264", film], check=True)
told = subprocess.run([program, "-hide_banner", "-i", film], capture_output=True, text=True).stderr
box = "with colr" if b"colr" in open(film, "rb").read() else "without colr"
print(re.search(r"yuv420p\((.+?)\)", told)[1], box, sep=", ")
PYTHON
}

expect() { # what, seen, expected
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "Changed: \"$3\" was seen before."; exit 1; }
}

for version in 0.8.1 0.6.0; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" --quiet --disable-pip-version-check install "imageio-ffmpeg==$version"
done
options="-pix_fmt yuv420p -color_range tv -colorspace bt709 -color_primaries bt709 -color_trc bt709"
filter="format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
# shellcheck disable=SC2086 # the options are words
expect "ffmpeg 7, options" "$(film 0.6.0 a $options)" "tv, bt709, progressive, with colr"
# shellcheck disable=SC2086
expect "ffmpeg 9, options" "$(film 0.8.1 b $options)" "tv, bt709/unknown/unknown, progressive, without colr"
expect "ffmpeg 7, setparams" "$(film 0.6.0 c -vf "$filter")" "tv, bt709, progressive, with colr"
expect "ffmpeg 9, setparams" "$(film 0.8.1 d -vf "$filter")" "tv, bt709, progressive, with colr"
