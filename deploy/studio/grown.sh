#!/usr/bin/env bash
# Make a model of 256 pixels of the one in BASE, on a processor and in hours: it keeps what that one knows and learns our
# hands. Two sets of drawings are enough, and clearer than four: a name then means fewer things. May be stopped at any
# time and started again. FOLDER is the work folder, JOBS the cores, STEPS those of the UNet, NAME what recipes call it.
set -euo pipefail
: "${FOLDER:=house}" "${BASE:=models/house}" "${JOBS:=$(nproc)}" "${STEPS:=4000}" "${NAME:=house-2}"
studio() { python -m studio "$@" --folder "$FOLDER"; }

studio collect --icons --vendor noto --vendor twemoji --vendor emojione --jobs "$JOBS"
studio compose --number 8192 --two 0.12 --coloured 0.1 --hand pop-art --hand cut-out --hand primary-grid --hand stained-glass --hand cubist --hand low-poly --hand oil --hand charcoal --hand neon --hand watercolour --hand ink-wash --hand cyanotype --hand colour-field --hand orphist --unnamed pop-art --unnamed cut-out --unnamed low-poly --unnamed oil --unnamed watercolour --unnamed colour-field --unnamed stained-glass
studio grow --base "$BASE" --latent 4
studio encode --base "$BASE" --captions 4 --shard 512 --batch 32 --jobs "$JOBS"
# A process for each core: small pictures keep no more than one busy.
OMP_NUM_THREADS=1 torchrun --standalone --nproc-per-node "$JOBS" -m studio train --folder "$FOLDER" --base "$BASE" \
    --tune full --steps "$STEPS" --batch 16 --rate 2.5e-4 --warmup 60 --spread 1.7 --average 0.998 --save-every 300
studio autoencoder --refine --painted 1500 --batch 8 --steps 1500 --rate 5e-4
studio evaluate --base "$BASE" --name "$NAME"
studio publish --base "$BASE" --to "$FOLDER/published" --name "$NAME" --title "House model" --evaluation "$NAME"
