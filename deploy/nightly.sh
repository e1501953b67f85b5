#!/bin/sh
# The nightly job: create a backup, delete the oldest ones, and clean up files (docs/how-to/operators/debian.md).
# MOMA_BACKUPS is the folder, MOMA_BACKUPS_KEPT the number to keep; empty or unset, they are /var/backups/moma and 14.
# They are unset below, because the site refuses unknown settings.
set -eu

# Space around a value, such as the CR of an environment file from Windows, is no part of it.
trim() {
    printf '%s' "$1" | tr -d '\r\n' | sed 's/^[[:space:]]*//; s/[[:space:]]*$//'
}

folder=$(trim "${MOMA_BACKUPS:-}") kept=$(trim "${MOMA_BACKUPS_KEPT:-}")
folder=${folder:-/var/backups/moma} kept=${kept:-14}
unset MOMA_BACKUPS MOMA_BACKUPS_KEPT
case "$folder" in
    /*) ;;
    *) echo "MOMA_BACKUPS must be the whole path of a folder, such as /var/backups/moma, not $folder." >&2; exit 2 ;;
esac
case "$kept" in
    0* | *[!0-9]* | ??????*)
        echo "MOMA_BACKUPS_KEPT must be a whole number from 1 to 99999, such as 14, not $kept." >&2; exit 2 ;;
esac
python=.venv/bin/python

# A clock may be wrong, so the names do not say which backup is older: this file lists them in the order of making.
order=$folder/.order
file=moma-$(date -u +%Y%m%dT%H%M%SZ).tar
while [ -e "$folder/$file" ]; do  # of a time when the clock was ahead
    sleep 1
    file=moma-$(date -u +%Y%m%dT%H%M%SZ).tar
done
$python -m flask --app wsgi backup create "$folder/$file"

# Count and delete only finished backups of this script. Those that the list does not have are older than it.
touch "$order"
{
    ls -1 "$folder" | grep -E '^moma-[0-9]{8}T[0-9]{6}Z\.tar$' | grep -Fvx -f "$order" -e "$file" | sort
    grep -Fvx -e "$file" "$order" | while read -r old; do
        [ ! -e "$folder/$old" ] || echo "$old"
    done
    echo "$file"
} > "$order.part"
tail -n "$kept" "$order.part" > "$order.new"
grep -Fvx -f "$order.new" "$order.part" | while read -r old; do
    rm -- "$folder/$old"
done
rm -- "$order.part"
mv -- "$order.new" "$order"
$python -m flask --app wsgi media prune --yes
