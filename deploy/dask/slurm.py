"""Starts workers as SLURM jobs and predicts an archive on them.

Needs dask-jobqueue beside the program. Run it on a machine that may submit jobs:

    python deploy/dask/slurm.py s3://bucket/archive results.parquet
"""

import os
import subprocess
import sys

from dask_jobqueue import SLURMCluster
from distributed import Security


def main() -> None:
    """Start ten jobs of one worker each, and run the command on them."""
    security = Security(
        require_encryption=True,
        tls_ca_file="tls/ca.pem",
        tls_scheduler_cert="tls/node.pem",
        tls_scheduler_key="tls/node.key",
        tls_worker_cert="tls/node.pem",
        tls_worker_key="tls/node.key",
        tls_client_cert="tls/node.pem",
        tls_client_key="tls/node.key",
    )
    with SLURMCluster(
        queue="main",
        cores=1,
        processes=1,
        memory="8GB",
        walltime="08:00:00",
        job_extra_directives=["--cpus-per-task=8"],
        security=security,
        protocol="tls://",
    ) as cluster:
        cluster.scale(jobs=10)
        environment = os.environ | {
            "FETAL_CLUSTER": cluster.scheduler_address,
            "FETAL_CLUSTER_CA": "tls/ca.pem",
            "FETAL_CLUSTER_CERTIFICATE": "tls/node.pem",
            "FETAL_CLUSTER_KEY": "tls/node.key",
        }
        source, out = sys.argv[1:]
        command = ["fetal", "predict-archive", source, "--out", out]
        sys.exit(subprocess.run(command, env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
