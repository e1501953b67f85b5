#!/bin/sh
# An admin command on the site, as its user: /usr/local/bin/moma. "moma doctor" is "flask --app wsgi doctor" of the
# release that runs; from the folder of another release (sh /srv/moma/releases/2.0.0/deploy/moma.sh), it is that one's.
release=$(dirname "$0")/..
[ -e "$release/wsgi.py" ] || release=/srv/moma/current
cd "$release"
if [ -r /etc/moma/environment ]; then
    set -a
    . /etc/moma/environment
    set +a
fi
exec runuser -u moma -- env HOME=/srv/moma MOMA_INSTANCE=/srv/moma/instance .venv/bin/python -m flask --app wsgi "$@"
