#!/bin/sh
# Become a command as the site's user, in the site's environment: what systemd does for a unit (User=, EnvironmentFile=).
# Run by root, since the file may hold keys and is for root alone; it execs, so that the command is told to end itself.
if [ -r /etc/moma/environment ]; then
    set -a
    . /etc/moma/environment
    set +a
fi
exec setpriv --reuid moma --regid moma --init-groups -- env HOME=/srv/moma MOMA_INSTANCE=/srv/moma/instance "$@"
