#!/bin/sh
# Importing librosa's beat tracker takes more processor time and memory than tracking the beats of two minutes of sound.
#
# The guess: librosa loads its parts lazily, so that a process which only tracks beats starts fast; and numba's cache
# makes the second start cheap. Packages: librosa 0.11.0, numba 0.68.1, numpy 2.4.6, scipy 1.17.1. Input: none for the
# import; 120 s of noise at 22,050 Hz for the tracking.
# Seen: the first start compiles for half a minute of processor time (488 s by the clock on a machine under load). Later
# ones take 4.4 s and 261 MB before any sound is read; beat_track then allocates some 340 MB more, for the windows of its
# tempogram. An onset envelope of 10,336 values is all that it was given.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" --quiet --disable-pip-version-check install librosa==0.11.0 numba==0.68.1 numpy==2.4.6 scipy==1.17.1
cat > "$folder/beats.py" <<'PYTHON'
import resource
import sys

def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024

import numpy as np
import librosa
librosa.onset.onset_strength, librosa.beat.beat_track
seconds, memory = used()
envelope = np.random.default_rng(0).random(10_336)
librosa.beat.beat_track(onset_envelope=envelope, sr=22_050, hop_length=256)
all_seconds, most = used()
print(f"import: {seconds:.1f} s, {memory} MB; with the tracking: {all_seconds:.1f} s, {most} MB")
sys.exit(not (memory > 200 and most - memory > 150))
PYTHON
OMP_NUM_THREADS=1 "$folder/v/bin/python" "$folder/beats.py"
OMP_NUM_THREADS=1 "$folder/v/bin/python" "$folder/beats.py"
