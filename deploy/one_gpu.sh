#!/bin/sh
# Run a worker on one of the machine's NVIDIA GPUs: one_gpu.sh NUMBER COMMAND. Worker 1 gets GPU 0, worker 2 gets GPU 1; when
# there are more workers than GPUs, they share them in turn. Installed as /usr/local/bin/moma-one-gpu for gpu.conf, so that
# it stays when a release is rolled back.
#
# CUDA_VISIBLE_DEVICES may list the GPUs to use ("1,3", or UUIDs): they are dealt out in that order. A site that names its
# device (MOMA_DEVICE or `device` in settings.toml: cpu, cuda:1) keeps it for every worker. Space around a value, such as
# the CR of an environment file from Windows, is no part of it; a variable without anything else counts as unset.
number=$1
shift

set_device() {
    if [ -n "${MOMA_DEVICE:-}" ]; then echo "$MOMA_DEVICE"; return; fi
    sed -n "s/^ *device *= *[\"']\([^\"']*\).*/\1/p" "${MOMA_INSTANCE:-/srv/moma/instance}/settings.toml" 2> /dev/null
}

# The device files that this unit may open: without gpu.conf there are none.
list_gpus() {
    for file in /dev/nvidia[0-9]*; do
        [ ! -e "$file" ] || echo "${file##*/nvidia}"
    done | sort -n
}

case "$(set_device | tr -d '[:space:]')" in
    "" | auto | cuda) ;;
    *) exec "$@" ;;
esac
case "$number" in
    "" | 0* | *[!0-9]*)
        echo "worker $number: not a number from 1, so it may use every GPU" >&2
        exec "$@"
        ;;
esac
gpus=$(echo "${CUDA_VISIBLE_DEVICES:-}" | tr -d '[:space:]' | tr ',' ' ')
if [ -z "${gpus# }" ]; then
    gpus=$(list_gpus | tr '\n' ' ')
fi
# shellcheck disable=SC2086 # a word for each GPU
count=$(set -- $gpus; echo $#)
if [ "$count" -eq 0 ]; then
    echo "worker $number: no NVIDIA GPU found" >&2
    exec "$@"
fi
# shellcheck disable=SC2086
CUDA_VISIBLE_DEVICES=$(set -- $gpus; shift $(((number - 1) % count)); echo "$1")
# The numbers that nvidia-smi shows; CUDA's own order is by speed.
CUDA_DEVICE_ORDER=${CUDA_DEVICE_ORDER:-PCI_BUS_ID}
export CUDA_VISIBLE_DEVICES CUDA_DEVICE_ORDER
echo "worker $number: GPU $CUDA_VISIBLE_DEVICES, one of $count" >&2
exec "$@"
