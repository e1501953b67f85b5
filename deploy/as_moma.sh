#!/bin/sh
# Run a command as the site's user and in the site's environment, as systemd does for a unit (User=, EnvironmentFile=).
# Must run as root, because only root may read the file, which may contain keys. It uses exec, so that signals reach the command.
if [ -r /etc/moma/environment ]; then
    set -a
    . /etc/moma/environment
    set +a
fi
exec setpriv --reuid moma --regid moma --init-groups -- env HOME=/srv/moma MOMA_INSTANCE=/srv/moma/instance "$@"
