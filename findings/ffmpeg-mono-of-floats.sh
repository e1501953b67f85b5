#!/bin/sh
# ffmpeg's "-ac 1" makes the same stereo sound 3 dB louder in an AAC or float file than in one of 16 bits.
#
# The guess: "-ac 1" is the mean of both channels, whatever the file is. Package: imageio-ffmpeg 0.8.1 (ffmpeg 9.0.2).
# Input: a sine in both channels, equal, with a peak of -24.1 dB.
# Seen: the mono file of 16 bits has the same peak; of 32-bit floats, and of AAC before its encoder's own error, the
# peak is -21.1 dB. The weights are 1/sqrt(2) each, and only made smaller where the sample format could clip. The filter
# pan=mono|c0=0.5*c0+0.5*c1 is the mean in every format.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install imageio-ffmpeg==0.8.1
ffmpeg=$("$folder/v/bin/python" -c "import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())")

peak() { # file
    "$ffmpeg" -hide_banner -i "$1" -af volumedetect -f null - 2>&1 | sed -n 's/.*max_volume: //p'
}

expect() { # what, seen, expected
    echo "$1: $2"
    [ "$2" = "$3" ] || { echo "Changed: \"$3\" was seen before."; exit 1; }
}

"$ffmpeg" -v error -f lavfi -i "sine=1000:r=48000:d=1" -af "volume=0.5,pan=stereo|c0=c0|c1=c0" "$folder/stereo.wav"
"$ffmpeg" -v error -i "$folder/stereo.wav" -ac 1 -c:a pcm_s16le "$folder/whole.wav"
"$ffmpeg" -v error -i "$folder/stereo.wav" -ac 1 -c:a pcm_f32le "$folder/float.wav"
"$ffmpeg" -v error -i "$folder/stereo.wav" -af "pan=mono|c0=0.5*c0+0.5*c1" -c:a pcm_f32le "$folder/pan.wav"
expect "stereo" "$(peak "$folder/stereo.wav")" "-24.1 dB"
expect "-ac 1, 16 bits" "$(peak "$folder/whole.wav")" "-24.1 dB"
expect "-ac 1, floats" "$(peak "$folder/float.wav")" "-21.1 dB"
expect "pan, floats" "$(peak "$folder/pan.wav")" "-24.1 dB"
