#!/bin/sh
# Runs a verb of syncd as the service does: as its user, in its state directory, with its
# configuration and its secrets. For root; install it as /usr/local/sbin/syncd.
set -eu
how=--pipe
[ -t 0 ] && [ -t 1 ] && how=--pty
secrets=$(systemctl cat syncd.service | sed -n 's/^LoadCredential\(Encrypted\)\{0,1\}=./--property=&/p')
# shellcheck disable=SC2086  # a word for each of them: there is no space in a credential's name
exec systemd-run --quiet --wait --collect "$how" \
    --property=User=syncd --property=DynamicUser=yes \
    --property=StateDirectory=syncd --property=StateDirectoryMode=0700 \
    --property=WorkingDirectory=/var/lib/syncd --property=NoNewPrivileges=yes \
    --property=UMask=0077 $secrets --setenv="SUDO_USER=${SUDO_USER:-$(id -un)}" \
    /opt/syncd/bin/syncd --config /etc/syncd/config.yaml "$@"
