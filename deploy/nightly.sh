#!/bin/sh
# Every night: a backup beside the earlier ones, the oldest of which go, and upkeep of the files (docs/operating.md).
# MOMA_BACKUPS is the folder, MOMA_BACKUPS_KEPT how many stay. Neither is a setting of the site, which would refuse them.
set -eu
folder=$MOMA_BACKUPS kept=$MOMA_BACKUPS_KEPT
unset MOMA_BACKUPS MOMA_BACKUPS_KEPT
python=.venv/bin/python

$python -m flask --app wsgi backup create "$folder/moma-$(date -u +%Y%m%dT%H%M%SZ).tar"
# Only what this script made and finished is counted and removed: their names sort by age.
ls -1 "$folder" | grep -E '^moma-[0-9]{8}T[0-9]{6}Z\.tar$' | sort -r | tail -n "+$((kept + 1))" | while read -r old; do
    rm -- "$folder/$old"
done
$python -m flask --app wsgi media prune --yes
