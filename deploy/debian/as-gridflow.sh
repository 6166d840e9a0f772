#!/bin/sh
# Runs a command in /opt/gridflow as the user gridflow with the settings of this host, for instance:
#
#   sh /opt/gridflow/deploy/debian/as-gridflow.sh ./gridflow people list
set -eu
if [ $# -eq 0 ]; then
    sed -n '2,4s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
# The values hold blanks and signs: they are taken as they stand, as systemd takes them.
while IFS= read -r line; do
    case "$line" in GRIDFLOW_*=*) export "${line%%=*}=${line#*=}" ;; esac
done </etc/gridflow/gridflow.env
cd /opt/gridflow
exec setpriv --reuid gridflow --regid gridflow --clear-groups --no-new-privs "$@"
