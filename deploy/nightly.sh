#!/bin/sh
# The nightly job: create a backup, delete the oldest ones, and clean up files (docs/how-to/operators/debian.md).
# MOMA_BACKUPS is the folder, MOMA_BACKUPS_KEPT the number to keep. They are unset below, because the site refuses unknown settings.
set -eu
folder=$MOMA_BACKUPS kept=$MOMA_BACKUPS_KEPT
unset MOMA_BACKUPS MOMA_BACKUPS_KEPT
python=.venv/bin/python

$python -m flask --app wsgi backup create "$folder/moma-$(date -u +%Y%m%dT%H%M%SZ).tar"
# Count and delete only finished backups of this script; their names sort by age.
ls -1 "$folder" | grep -E '^moma-[0-9]{8}T[0-9]{6}Z\.tar$' | sort -r | tail -n "+$((kept + 1))" | while read -r old; do
    rm -- "$folder/$old"
done
$python -m flask --app wsgi media prune --yes
