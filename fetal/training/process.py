"""The training process: `python -m fetal.training.process JOB.json`.

A process of its own, so that it can be killed at any moment and its memory comes back. It writes
events to standard output, one a line (`fetal.training.events`), and ends when standard input does:
it never outlives whoever started it.
"""

import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle, BundleError
from fetal.scans import Box
from fetal.store.blobs import BlobError, Blobs
from fetal.third_party import load_keras
from fetal.training.events import TrainingDone, TrainingEvent, TrainingFailed, to_line
from fetal.training.settings import SettingsError, TrainingSettings
from fetal.training.training_job import JobScan, TrainingJob

OWN_STATEMENTS = {
    "reference_standard": "Labels that people of this workspace gave in the app, where they saw "
    "what a model said, or brought with their scans; the newest label of a scan counts.",
    "rights": "Scans of this workspace, for its own use; what its users may do with them is theirs "
    "to know.",
}
"""What is true of every model that is trained on a workspace's scans."""


def statements_after(before: Mapping[str, str]) -> dict[str, str]:
    """What the card of a retrained model states.

    Args:
        before: what the card of the model that it started from states.

    Returns:
        The same, and what is true of this workspace's scans, once.
    """
    found = dict(before)
    for key, own in OWN_STATEMENTS.items():
        old = before.get(key, "")
        if own not in old:
            learnt = f" Of what the model that it started from has learnt: {old}" if old else ""
            found[key] = f"{own}{learnt}"
    return found


def main(arguments: list[str]) -> int:
    """Run the job that a file describes.

    Args:
        arguments: The path of a job file (`fetal.training.training_job`).

    Returns:
        The exit status: 0 when the model is there, 1 when it is not; the last event says why.
    """
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        bundle = _train(TrainingJob.read(Path(arguments[0])))
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        _write(TrainingFailed(_reason(error)))
        return 1
    _write(TrainingDone(str(bundle.folder)))
    return 0


def _train(job: TrainingJob) -> Bundle:
    # Imported here: with TensorFlow this takes seconds, in which the starter may already cancel.
    load_keras(Path(job.cache).parent / "keras")
    from fetal.training.data.examples import Example
    from fetal.training.pipeline import train

    blobs = Blobs(job.blobs_url)

    def example(listed: JobScan) -> Example:
        def read() -> tuple[NDArray[np.uint8], Box]:
            scan = listed.read(blobs)
            return scan.pixels, scan.sector

        return Example(listed.digest, listed.plane, listed.patient, listed.split, read)

    champion = Bundle.open(job.start) if job.start else None
    return train(
        [example(listed) for listed in job.examples],
        TrainingSettings.from_json(job.settings),
        Path(job.folder),
        _write,
        about=_about(job.name, champion),
        champion=champion,
        cache=Path(job.cache),
    )


def _about(name: str, champion: Bundle | None) -> Any:
    from fetal.training.model_card import About

    own = {
        "name": "This workspace's labelled scans",
        "authors": "its users",
        "licence": "not for distribution",
        "source": "labels given in the app",
    }
    inherited = champion.card.data if champion else []
    limits = champion.card.limits if champion else []
    before = champion.card.statements if champion else {}
    data = [own, *(item for item in inherited if item != own)]
    return About(name, data, limits, statements_after(before))


def _reason(error: Exception) -> str:
    if isinstance(error, (BlobError, BundleError, SettingsError, ValueError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "The machine ran out of memory. Close other programs, or train with a smaller size."
    return f"The training stopped: {error or type(error).__name__}. The log has the details."


def _write(event: TrainingEvent) -> None:
    sys.stdout.write(to_line(event) + "\n")
    sys.stdout.flush()


def _end_with_starter() -> None:
    # The descriptor itself: a daemon thread that holds Python's own reader aborts a normal exit.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(3)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr)
    sys.exit(main(sys.argv[1:]))
