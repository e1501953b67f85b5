#!/usr/bin/env bash
# Fine-tune Stable Diffusion 1.x on a folder of pictures, and publish a model that the site loads (docs/how-to/operators/fine-tuning.md).
# It may be stopped at any time and resumes where it stopped.
#   deploy/studio/finetune.sh                      runs all steps with random weights: half an hour on two cores
#   BASE=/srv/models/sd15 PICTURES=scans LICENCE=CC0-1.0 DEVICE=cuda SIZE=512 STEPS=2000 SAVE=250 deploy/studio/finetune.sh
# FOLDER is the work folder. BASE is a folder of Stable Diffusion 1.x as diffusers saves it; without one, a model of the
# same size with random weights is created, which generates only noise. TOKENIZER is the folder of its tokenizer, by
# default the shipped one of CLIP. PICTURES is a folder or bucket of pictures with the licence LICENCE; without it, 30
# pictures are generated from the shipped drawings. CAPTIONS are your own captions, BLIP is a folder of BLIP's weights.
# DEVICE is cpu or cuda, SIZE the side in pixels, STEPS and LORA_STEPS the training steps, JOBS the number of processes
# that train the LoRA. Every SAVE steps the state is saved (3.4 GB for all weights), every EVERY steps the five
# prompts are rendered, in PAINTED_IN steps. ASKED is the number of captions and names per evaluation. KILL=1 kills
# the training of all weights after step 3, and resumes it.
set -euo pipefail
: "${FOLDER:=fine-tuned}" "${BASE:=}" "${TOKENIZER:=models/families/clip}" "${PICTURES:=}" "${LICENCE:=}" "${CAPTIONS:=}" "${BLIP:=}"
: "${DEVICE:=cpu}" "${SIZE:=128}" "${STEPS:=6}" "${LORA_STEPS:=8}" "${JOBS:=2}" "${BATCH:=2}" "${KILL:=}" "${ASKED:=4}"
: "${PAINTED_IN:=4}" "${EVERY:=3}" "${SAVE:=2}" "${PRECISION:=no}" "${LORA_PRECISION:=bf16}" "${RATE:=1e-5}" "${LORA_RATE:=1e-4}"
PREFIX="A MoMA artwork of: "
export WANDB_MODE="${WANDB_MODE:-offline}" TOKENIZERS_PARALLELISM=false
began() { printf '\n[%s] %s\n' "$(date +%T)" "$1"; }

if [ -z "$BASE" ]; then
    BASE="$FOLDER/base"
    began "base: Stable Diffusion 1.5 with random weights"
    mkdir -p "$FOLDER"
    [ -e "$BASE" ] || python -m benchmarks.real_models --to "$BASE" ${TOKENIZER:+--tokenizer "$TOKENIZER"}
fi

began collect
if [ -n "$PICTURES" ]; then
    python -m studio collect --folder "$FOLDER" --from "$PICTURES" --licence "$LICENCE"
else
    python -m studio collect --folder "$FOLDER" --practice linocut
fi
began caption
python -m studio caption --folder "$FOLDER" --prefix "$PREFIX" ${CAPTIONS:+--own "$CAPTIONS"} ${BLIP:+--blip "$BLIP" --device "$DEVICE"}
began encode
python -m studio encode --folder "$FOLDER" --base "$BASE" --vae "$BASE/vae" --size "$SIZE" --batch 4 --device "$DEVICE"

judge() { python -m studio evaluate --folder "$FOLDER" --size "$SIZE" --steps "$PAINTED_IN" --guidance 4 --prefix "$PREFIX" --captioned "$ASKED" --plain "$ASKED" --seeds 1 --by-hand 0 --reworded 0 --composed 0 --decoded 0 --batch 4 --device "$DEVICE" "$@"; }
began "evaluate: the base, the line to beat"
judge --model "$BASE" --name base

# A LoRA of the attention layers. torchrun starts the processes among which accelerate divides the work: accelerate's
# own launcher starts only one on a CPU.
began "train: changes of low rank, $JOBS processes"
OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" torchrun --standalone --nproc-per-node "$JOBS" -m -- studio train --folder "$FOLDER" \
    --base "$BASE" --tune lora --run lora --rank 8 --half-base --precision "$LORA_PRECISION" --checkpointing --batch "$BATCH" \
    --rate "$LORA_RATE" --warmup 2 --gamma 5 --steps "$LORA_STEPS" --save-every "$SAVE" --log-every 1 \
    --tracker tensorboard --device "$DEVICE"
began "publish: the model with its changes, and the changes as a LoRA file"
python -m studio publish --folder "$FOLDER" --base "$BASE" --vae "$BASE/vae" --to "$FOLDER/published-lora" --name fine-tuned-lora --trained-by lora --prefix "$PREFIX" --size "$SIZE"

# All weights: with Adafactor and without a moving average, so that 0.86 billion of them fit into 8 GB. The five default
# prompts, after the prefix, are rendered every EVERY steps.
learn() {
    exec python -m studio train --folder "$FOLDER" --base "$BASE" --tune full --run full --frugal --average 0 --checkpointing \
        --precision "$PRECISION" --batch "$BATCH" --rate "$RATE" --warmup 2 --gamma 5 --steps "$STEPS" --save-every "$SAVE" \
        --log-every 1 --prefix "$PREFIX" --validate-every "$EVERY" --painted-in "$PAINTED_IN" --tracker wandb --device "$DEVICE"
}
if [ -n "$KILL" ] && [ ! -e "$FOLDER/runs/full/state.pt" ]; then
    began "train: all weights, killed after step 3"
    learn &
    until grep -qs '"step": 3' "$FOLDER/runs/full/curve.jsonl"; do kill -0 $! && sleep 0.05; done
    kill -KILL $!
    wait $! || true
fi
began "train: all weights"
(learn)
began "evaluate: what was learned, and what was forgotten"
judge --base "$BASE" --vae "$BASE/vae" --name full --before base
began publish
python -m studio publish --folder "$FOLDER" --base "$BASE" --vae "$BASE/vae" --to "$FOLDER/published" --name fine-tuned --trained-by full --prefix "$PREFIX" --size "$SIZE" --evaluation full
began "done: MOMA_MODEL=$FOLDER/published make run"
