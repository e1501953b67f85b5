#!/usr/bin/env bash
# Make the house model from nothing. May be stopped at any time and started again: what is done stays done.
# FOLDER is the work folder, DEVICE cuda or cpu, PRECISION no, fp16 or bf16; NAME what recipes will call the model.
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
