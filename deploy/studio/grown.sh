#!/usr/bin/env bash
# Train a model of 256 pixels from the one in BASE, on a CPU in some hours: it keeps that model's knowledge and learns our
# styles, first in the latents of the base (broad), then in all latents, with some of the base mixed in again (fine). Two
# sets of drawings suffice, and are clearer than four, because a name then has fewer meanings. It may be stopped at any
# time and resumes. FOLDER is the work folder, BASE a model with an AutoencoderTiny, JOBS the cores, STEPS the steps of each
# training of the UNet, PRECISION bf16 if the CPU supports it, NAME the model's name in recipes.
set -euo pipefail
: "${FOLDER:=house}" "${BASE:?a folder of the model to grow}" "${JOBS:=$(nproc)}" "${STEPS:=2200}" "${PRECISION:=no}" "${NAME:=house-2}"
studio() { python -m studio "$@" --folder "$FOLDER"; }
# A process for each core: small pictures keep no more than one busy. (-- or torchrun takes --run for its own.)
learn() {
    OMP_NUM_THREADS=1 torchrun --standalone --nproc-per-node "$JOBS" -m -- studio train --folder "$FOLDER" --base "$BASE" \
        --tune full --precision "$PRECISION" --steps "$STEPS" --batch 32 --warmup 60 --spread 1.7 --average 0.998 \
        --save-every 300 "$@"
}

studio collect --icons --vendor noto --vendor twemoji --vendor emojione --jobs "$JOBS"
studio compose --number 9216 --two 0.08 --coloured 0.08 --hand pop-art --hand cut-out --hand primary-grid --hand stained-glass --hand cubist --hand low-poly --hand oil --hand charcoal --hand neon --hand watercolour --hand ink-wash --hand cyanotype --hand colour-field --hand orphist --unnamed pop-art --unnamed cut-out --unnamed low-poly --unnamed oil --unnamed watercolour
studio grow --base "$BASE" --latent 8
studio encode --base "$BASE" --captions 4 --shard 512 --batch 32 --jobs "$JOBS"
learn --run broad --latents 4 --rate 4e-4 --checkpoint-every "$STEPS"
learn --run fine --unet "$FOLDER/runs/broad/checkpoints/$(printf %06d "$STEPS")" --of-base 0.4 --rate 2.5e-4
studio autoencoder --refine --painted 1400 --batch 8 --steps 3000 --rate 5e-4 --precision "$PRECISION"
studio evaluate --base "$BASE" --name "$NAME"
studio publish --base "$BASE" --to "$FOLDER/published" --name "$NAME" --title "House model" --evaluation "$NAME"
