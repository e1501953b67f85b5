#!/bin/sh
# Run an admin command as the site's user: /usr/local/bin/moma. "moma doctor" is "flask --app wsgi doctor" of the
# current release, or of the release in whose folder this script is (sh /srv/moma/releases/2.0.0/deploy/moma.sh).
release=$(dirname "$0")/..
[ -e "$release/wsgi.py" ] || release=/srv/moma/current
cd "$release"
exec sh deploy/as_moma.sh .venv/bin/python -m flask --app wsgi "$@"
