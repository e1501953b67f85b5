#!/usr/bin/env bash
# Train a sketch-conditioned model on a CPU in some days: continue from a UNet that was conditioned on sketches
# before (UNET) and an autoencoder with 32 x 32 x 4 latents (VAE), at a constant rate, so that it may be stopped at any
# time and resumed. FOLDER is the work folder, BASE the model with the text encoder, JOBS the cores, SUBJECTS the number of
# training pictures (which may be greater at the next start), PRECISION bf16 if the CPU supports it.
# When it is good enough, run the same command with COOL=3000 and STEPS 3000 above the last step, to decay the rate.
# Its state can be evaluated and published at any time: evaluate --run led, publish --run led.
set -euo pipefail
: "${FOLDER:=house}" "${BASE:=models/house}" "${UNET:?a UNet to go on from}" "${VAE:?an autoencoder}" "${JOBS:=$(nproc)}"
: "${SUBJECTS:=20480}" "${PRECISION:=no}" "${STEPS:=1000000}" "${COOL:=0}"
[ -e "$FOLDER/sketchbook.zip" ] || python -m studio sketchbook --folder "$FOLDER"
python -m studio encode --folder "$FOLDER" --base "$BASE" --vae "$VAE" --sketchbook "$FOLDER/sketchbook.zip" \
    --subjects "$SUBJECTS" --shard 1024 --batch 32 --jobs "$JOBS"
# A process for each core: small pictures keep no more than one busy. (-- or torchrun takes --run for its own.)
OMP_NUM_THREADS=1 exec nice -n 15 torchrun --standalone --nproc-per-node "$JOBS" -m -- studio train --folder "$FOLDER" \
    --base "$BASE" --tune full --unet "$UNET" --layers 2,2,1,1 --objective v_prediction --spread 1.7 \
    --precision "$PRECISION" --batch 64 --rate 8e-4 --warmup 150 --average 0.998 --muon --constant --cool "$COOL" \
    --steps "$STEPS" --save-every 150 --checkpoint-every 600 --run led
