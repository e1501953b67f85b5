#!/usr/bin/env bash
# Train the built-in model from scratch. It may be stopped at any time and resumes where it stopped.
# FOLDER is the work folder, DEVICE cuda or cpu, PRECISION no, fp16 or bf16; NAME the model's name in recipes.
set -euo pipefail
: "${FOLDER:=house}" "${DEVICE:=cuda}" "${PRECISION:=bf16}" "${NAME:=house-2}"
studio() { python -m studio "$@" --folder "$FOLDER"; }

studio collect --icons --jobs "$(nproc)"
studio compose --number 240000 --unnamed pop-art --unnamed cut-out --unnamed stained-glass --unnamed low-poly --unnamed pointillist --unnamed oil --unnamed pastel --unnamed watercolour --unnamed colour-field
studio eye --device "$DEVICE" --precision "$PRECISION"
studio autoencoder --device "$DEVICE" --precision "$PRECISION" --steps 12000
studio encode --device "$DEVICE"
studio train --device "$DEVICE" --precision "$PRECISION" --batch 1024 --steps 8000 --rate 1e-3 --checkpoint-every 2000
studio autoencoder --device "$DEVICE" --precision "$PRECISION" --steps 3000 --rate 5e-4 --refine
studio evaluate --device "$DEVICE" --name "$NAME"
studio publish --to "$FOLDER/published" --name "$NAME" --title "House model" --evaluation "$NAME"
