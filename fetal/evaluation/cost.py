"""What a model costs: its size, and the time that it took on which machine."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from fetal.bundle import Bundle


@dataclass(frozen=True)
class Cost:
    """What a model takes to run.

    Attributes:
        megabytes: of its folder.
        parameters: how many numbers it has learnt or keeps; None where they are not counted.
        machine: what the measurement ran on.
        seconds: for each scan, with reading it from its file; None where the answers were there.
    """

    megabytes: float
    parameters: int | None
    machine: str
    seconds: float | None


def cost_of(bundle: Bundle, scans: int, seconds: float | None) -> Cost:
    """Report what a model costs.

    Args:
        bundle: the model.
        scans: how many scans it was asked about.
        seconds: how long all of them took, with reading them; None if nobody knows.
    """
    size = sum(path.stat().st_size for path in bundle.folder.iterdir() if path.is_file())
    return Cost(
        megabytes=size / 1e6,
        parameters=sum(values.size for values in bundle.variables().values()),
        machine=this_machine(),
        seconds=None if seconds is None or not scans else seconds / scans,
    )


def this_machine() -> str:
    """This computer, as a report names it: processor, cores and system, and nobody's name.

    Example:
        >>> "cores" in this_machine()
        True
    """
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}"


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    if told.exists():
        for line in told.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
