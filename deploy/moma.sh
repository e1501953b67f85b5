#!/bin/sh
# An admin command on the site, as its user: /usr/local/bin/moma. "moma doctor" is "flask --app wsgi doctor" of the
# release that runs; from the folder of another release (sh /srv/moma/releases/2.0.0/deploy/moma.sh), it is that one's.
release=$(dirname "$0")/..
[ -e "$release/wsgi.py" ] || release=/srv/moma/current
cd "$release"
exec sh deploy/as_moma.sh .venv/bin/python -m flask --app wsgi "$@"
