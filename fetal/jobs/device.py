"""What a machine would train on, found out without loading a deep-learning library."""

import os
import shutil
import subprocess
from functools import cache

QUERY = ("--query-gpu=name", "--format=csv,noheader")
PATIENCE_SECONDS = 5


@cache
def describe_device() -> str:
    """Name the device that a training on this machine would use.

    Returns:
        The first GPU's name where NVIDIA's driver reports one, else such as `CPU, 2 cores`.
    """
    return _gpu() or _cpu()


def _gpu() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, *QUERY], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    names = answer.stdout.strip().splitlines()
    return f"GPU, {names[0].strip()}" if names else None


def _cpu() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"CPU, {cores} core{'' if cores == 1 else 's'}"
