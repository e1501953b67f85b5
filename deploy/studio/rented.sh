#!/usr/bin/env bash
# Train the built-in model on a rented GPU: deploy/studio/rented.sh user@machine [local work folder]
# The machine needs ssh, rsync, Python 3.11 or newer with venv, npm and NVIDIA's driver. Run it again to resume, or to
# see the progress: the training continues without this script's connection. The results are copied back at the end.
set -euo pipefail
machine=${1:?usage: deploy/studio/rented.sh user@machine [folder]}
folder=${2:-house}
cd "$(dirname "$0")/../.."
rsync -a --delete --exclude=__pycache__ --include='/decoder/***' --include=/deploy/ --include='/deploy/studio/***' --include='/image_encoder/***' \
    --include='/models/***' --include='/requirements/***' --include='/sketch/***' --include='/studio/***' --exclude='*' ./ "$machine:moma-studio/"
# setsid: the training continues when the connection is lost. flock: a second start only follows its log.
ssh "$machine" 'cd moma-studio && mkdir -p ../moma-house && setsid flock -n ../moma-house/lock bash -c "
    set -e; rm -f ../moma-house/ended
    test -d ../moma-venv || python3 -m venv ../moma-venv
    ../moma-venv/bin/pip install -q -r requirements/studio.txt
    PATH=\$PWD/../moma-venv/bin:\$PATH FOLDER=../moma-house bash deploy/studio/house.sh && touch ../moma-house/ended
" >> ../moma-house.log 2>&1 < /dev/null &'
ssh "$machine" 'sleep 2; tail -n 20 -f moma-house.log & while ! flock -n moma-house/lock true; do sleep 10; done; kill $!; test -e moma-house/ended'
rsync -a --exclude=/packages --exclude=/latents --exclude=/lock "$machine:moma-house/" "$folder/"
echo "The model is in $folder/published: MOMA_MODEL=$folder/published make run"
