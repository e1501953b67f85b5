#!/bin/sh
# An admin command on the site, as its user: /usr/local/bin/moma. "moma doctor" is "flask --app wsgi doctor".
cd /srv/moma/current
exec runuser -u moma -- env MOMA_INSTANCE=/srv/moma/instance /srv/moma/current/.venv/bin/python -m flask --app wsgi "$@"
