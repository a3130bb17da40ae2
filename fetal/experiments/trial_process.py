"""A trial in a process of its own: its memory, and a GPU's, comes back, and its chance is its own.

In the process of a Dask worker, other threads draw from Python's random numbers as well: the same
trial would come out differently each time.
"""

import logging
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

from fetal.experiments.trial import Job, TrialEnd, attempt

MOST_TRIES = 3
"""How often a trial whose process is killed is begun again, from its last epoch."""

_MODULE = "fetal.experiments.trial_process"


class TrialKilledError(RuntimeError):
    """The process of a trial was killed again and again."""


def attempt_apart(job: Job) -> TrialEnd:
    """Do a trial in a new process, and again where that is killed.

    Args:
        job: the trial.

    Returns:
        What it came to, or why it cannot be done.

    Raises:
        TrialKilledError: its process was killed `MOST_TRIES` times.
    """
    job.scratch.mkdir(parents=True, exist_ok=True)
    # Both files are written and read by this program alone, on this computer.
    asked, answered = job.scratch / "job.pickle", job.scratch / "end.pickle"
    asked.write_bytes(pickle.dumps(job))
    answered.unlink(missing_ok=True)
    for _ in range(MOST_TRIES):
        command = [sys.executable, "-m", _MODULE, str(asked), str(answered)]
        # The other end of this pipe closes with this process, however that ends.
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            process.wait()
        if answered.exists():
            end: TrialEnd = pickle.loads(answered.read_bytes())
            return end
    raise TrialKilledError(
        "The process of a run was killed several times, most likely because the machine ran out "
        "of memory. Choose a smaller size or batch, or close other programs, and give the command "
        "again: it goes on where it stopped."
    )


def main() -> None:
    """Do the trial of a file, and write what it came to into another one."""
    asked, answered = map(Path, sys.argv[1:])
    # It would warn that every network is traced anew, which is what a sweep is.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    job: Job = pickle.loads(asked.read_bytes())
    try:
        end: TrialEnd = attempt(job)
    except ValueError as error:
        end = ValueError(str(error))
    draft = answered.with_suffix(".draft")
    draft.write_bytes(pickle.dumps(end))
    draft.replace(answered)


def _end_with_parent() -> None:
    """A killed worker leaves nobody behind who would write where its successor goes on."""
    # Not Python's own reader, whose lock this thread would still hold at the end of the process.
    os.read(sys.stdin.fileno(), 1)
    os._exit(3)


if __name__ == "__main__":
    main()
