"""The GPU of a worker process: each of this computer's processes computes on one of its own."""

import os
import shutil
import subprocess
from typing import Any

from distributed.diagnostics.plugin import WorkerPlugin

GPU = "GPU"
"""What a worker offers one of, and a training needs one of; a processor counts as one too."""

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_PATIENCE_SECONDS = 5


def own_gpus() -> list[str]:
    """Return the numbers of the GPUs that this program may use; none without NVIDIA's driver."""
    named = os.environ.get(_VISIBLE)
    if named is not None:
        return [number.strip() for number in named.split(",") if number.strip()]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        told = subprocess.run(
            [program, "-L"], capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    lines = [line for line in told.stdout.splitlines() if line.startswith("GPU ")]
    return [str(number) for number in range(len(lines))]


class DeviceOfWorker(WorkerPlugin):
    """Gives each worker process of this computer a GPU of its own, and to what it starts.

    Args:
        gpus: the numbers of the GPUs; none where processors compute, or where the workers are
            those of a scheduler, who were told when they were started.
    """

    name = "fetal-device"

    def __init__(self, gpus: list[str]) -> None:
        self._gpus = gpus

    def setup(self, worker: Any) -> None:
        """Choose the GPU; called in the worker process."""
        if self._gpus and isinstance(worker.name, int):
            os.environ[_VISIBLE] = self._gpus[worker.name % len(self._gpus)]
