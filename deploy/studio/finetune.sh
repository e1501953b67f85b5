#!/usr/bin/env bash
# Fine-tune Stable Diffusion 1.x on pictures, from the pictures to a model that the site loads (docs/fine-tuning.md).
# May be stopped at any time and started again: what is done stays done.
#   deploy/studio/finetune.sh                      tries the whole way with random weights: half an hour on two cores
#   BASE=/srv/models/sd15 PICTURES=scans LICENCE=CC0-1.0 DEVICE=cuda SIZE=512 STEPS=2000 SAVE=250 deploy/studio/finetune.sh
# FOLDER is the work folder. BASE is a folder of Stable Diffusion 1.x as diffusers saves it; without one, a model of its
# real sizes with random weights is made, which paints nothing but noise; TOKENIZER is the folder of its tokenizer, the
# shipped one of CLIP. PICTURES is a folder or bucket, of the licence LICENCE; without it 30
# pictures are made of the shipped drawings. CAPTIONS are captions of your own, BLIP is a folder of BLIP's weights.
# DEVICE is cpu or cuda, SIZE the pixels of a side, STEPS and LORA_STEPS how long is learned, JOBS how many processes
# learn the changes of low rank. Every SAVE steps the state is kept (3.4 GB for all weights), every EVERY the five
# prompts are painted, in PAINTED_IN steps. ASKED is how many captions and names each evaluation asks for. KILL=1 kills
# the training of all weights after step 3, and lets it go on.
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

# Changes of low rank to the attention. torchrun starts the processes, in which accelerate shares the work: its own
# launcher starts but one on a processor.
began "train: changes of low rank, $JOBS processes"
OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" torchrun --standalone --nproc-per-node "$JOBS" -m -- studio train --folder "$FOLDER" \
    --base "$BASE" --tune lora --run lora --rank 8 --half-base --precision "$LORA_PRECISION" --checkpointing --batch "$BATCH" \
    --rate "$LORA_RATE" --warmup 2 --gamma 5 --steps "$LORA_STEPS" --save-every "$SAVE" --log-every 1 \
    --tracker tensorboard --device "$DEVICE"
began "publish: the model with its changes, and the changes as a LoRA file"
python -m studio publish --folder "$FOLDER" --base "$BASE" --vae "$BASE/vae" --to "$FOLDER/published-lora" --name fine-tuned-lora --trained-by lora --prefix "$PREFIX" --size "$SIZE"

# All weights: by Adafactor and without a moving average, so that 0.86 billion of them fit into 8 GB. The five prompts that
# train paints by default, behind the prefix, are painted every EVERY steps.
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
