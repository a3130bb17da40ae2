"""What a machine would train on, found out without loading a deep-learning library."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache

from fetal.third_party import can_train

QUERY = ("--query-gpu=name", "--format=csv,noheader")
PATIENCE_SECONDS = 5

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Names the GPUs that a process may use, for TensorFlow, JAX and torch alike."""

NO_TRAINING = "no training"
"""The device of a machine on which Keras, or what it computes with, is not installed."""


@cache
def describe_device() -> str:
    """Name the device that a training on this machine would use.

    Returns:
        The name of the GPU that is used where NVIDIA's driver reports one, with its number where
        the machine has several; else such as `CPU, 2 cores`. `NO_TRAINING` on a machine that only
        predicts.
    """
    if not can_train():
        return NO_TRAINING
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
    names = [name.strip() for name in answer.stdout.strip().splitlines()]
    return gpu_in_words(names, os.environ.get(VISIBLE))


def gpu_in_words(names: Sequence[str], visible: str | None) -> str | None:
    """Name the GPU that a process would use.

    Args:
        names: the machine's GPUs, by their numbers.
        visible: the numbers that the process may use, as `CUDA_VISIBLE_DEVICES` gives them; all
            if None.

    Returns:
        Such as `GPU, NVIDIA H100`; with a number where there are several: `GPU, NVIDIA H100 (1)`.
        None where there is none, or none may be used.
    """
    first = "0" if visible is None else visible.partition(",")[0].strip()
    if not first.isdigit() or int(first) >= len(names):
        # A GPU may be named by its UUID too: what it is called is not known here.
        return f"GPU, {first}" if names and first and not first.lstrip("-").isdigit() else None
    name = names[int(first)]
    return f"GPU, {name} ({first})" if len(names) > 1 else f"GPU, {name}"


def _cpu() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"CPU, {cores} core{'' if cores == 1 else 's'}"
