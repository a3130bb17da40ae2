#!/bin/sh
# Starts a scheduler on this computer and a worker on each host that is named, over SSH.
#     deploy/dask/ssh.sh scheduler-host worker-host worker-host …
# Every host has the program in the same place ($FETAL_HOME) and the files of the certificates.
set -eu
FETAL_HOME=${FETAL_HOME:-/opt/fetal}
TLS="--tls-ca-file $FETAL_HOME/tls/ca.pem --tls-cert $FETAL_HOME/tls/node.pem --tls-key $FETAL_HOME/tls/node.key"
scheduler=$1
shift
"$FETAL_HOME/.venv/bin/dask" scheduler --host "tls://$scheduler" --port 8786 --no-dashboard $TLS &
for host in "$@"; do
    ssh "$host" "$FETAL_HOME/.venv/bin/dask" worker "tls://$scheduler:8786" \
        --nworkers 1 --nthreads 1 --memory-limit 8GB --no-dashboard $TLS &
done
wait
