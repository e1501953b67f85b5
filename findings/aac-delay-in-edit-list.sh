#!/bin/sh
# The 21 ms by which AAC is late are hidden by the MP4's edit list alone; copied without it, the sound is late again.
#
# The guess: an encoder gives back as many samples as it got, at the same times, in whatever container. Package:
# imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2), its own AAC encoder and libopus. Input: a second of silence that ends with a
# noise from half a second on, 48,000 samples.
# Seen: MP4 with its edit list and WebM decode to 48,000 samples, the noise begins at 0.500 s. Written with
# "-use_editlist 0", read with "-ignore_editlist 1", or copied to ADTS (.aac), the same packets decode to at least
# 1,024 samples more, and the noise begins at 0.521 s: half a frame late at 25 frames a second. ffmpeg says that the WebM
# lasts 1.01 s, because its header counts the whole last packet, though the samples are cut.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install imageio-ffmpeg==0.8.1
ffmpeg=$("$folder/v/bin/python" -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")

heard() { # options and file: the number of samples, and when the noise begins
    "$ffmpeg" -v error "$@" -f s16le -ac 1 -ar 48000 "$folder/samples"
    python3 - "$folder/samples" <<'PYTHON'
import array, sys
samples = array.array("h", open(sys.argv[1], "rb").read())
print(len(samples), "samples, noise at", f"{next(i for i, each in enumerate(samples) if abs(each) > 3000) / 48000:.3f} s")
PYTHON
    rm "$folder/samples"
}

expect() { # what, seen, expected
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "Changed: \"$3\" was seen before."; exit 1; }
}

noise="aevalsrc=if(gte(t\,0.5)\,0.5*sin(2*PI*3000*t)\,0):s=48000:d=1"
"$ffmpeg" -v error -f lavfi -i "$noise" -c:a aac "$folder/sound.mp4"
"$ffmpeg" -v error -f lavfi -i "$noise" -c:a libopus "$folder/sound.webm"
"$ffmpeg" -v error -i "$folder/sound.mp4" -c copy -use_editlist 0 "$folder/without.mp4"
"$ffmpeg" -v error -i "$folder/sound.mp4" -c copy "$folder/sound.aac"
expect "MP4" "$(heard -i "$folder/sound.mp4")" "48000 samples, noise at 0.500 s"
expect "WebM" "$(heard -i "$folder/sound.webm")" "48000 samples, noise at 0.500 s"
expect "MP4, edit list ignored" "$(heard -ignore_editlist 1 -i "$folder/sound.mp4")" "49024 samples, noise at 0.521 s"
expect "MP4 without edit list" "$(heard -i "$folder/without.mp4")" "49024 samples, noise at 0.521 s"
expect "ADTS" "$(heard -i "$folder/sound.aac")" "49152 samples, noise at 0.521 s"
lasts=$("$ffmpeg" -hide_banner -i "$folder/sound.webm" 2>&1 | sed -n 's/.*Duration: 00:00:0\([0-9.]*\),.*/\1/p')
expect "the WebM's header" "$lasts s" "1.01 s"
