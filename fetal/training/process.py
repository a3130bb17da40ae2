"""The training process: `python -m fetal.training.process JOB.json`.

A process of its own, so that it can be killed at any moment and its memory comes back. It tells
how it fares in one JSON object a line on standard output, and ends when standard input does: it
never outlives whoever started it.
"""

import json
import logging
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from fetal.bundle import Bundle, BundleError
from fetal.planes import Plane
from fetal.scans import Box
from fetal.store.blobs import BlobError, Blobs
from fetal.store.contents import read_pixels
from fetal.third_party import load_keras
from fetal.training.settings import SettingsError, TrainingSettings


def main(arguments: list[str]) -> int:
    """Run the job that a file describes.

    Args:
        arguments: The path of a JSON file with `examples` (digest, plane, patient, split, blob,
            box), `blobs_url`, `settings`, `start` (a bundle's folder or null), `folder`, `cache`,
            `name`.

    Returns:
        The exit status: 0 when the model is there, 1 when it is not, with the reason told.
    """
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        job = json.loads(Path(arguments[0]).read_text())
        bundle = _train(job)
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        _tell({"kind": "failed", "reason": _reason(error)})
        return 1
    _tell({"kind": "done", "bundle": str(bundle.folder)})
    return 0


def _train(job: dict[str, Any]) -> Bundle:
    # Imported here: with TensorFlow this takes seconds, in which the starter may already cancel.
    load_keras(Path(job["cache"]).parent / "keras")
    from fetal.training.data.examples import Example
    from fetal.training.pipeline import train

    blobs = Blobs(job["blobs_url"])

    def example(row: dict[str, Any]) -> Example:
        def read() -> Any:
            return read_pixels(blobs, row["blob"], row["digest"]), Box(*row["box"])

        return Example(row["digest"], Plane(row["plane"]), row["patient"], row["split"], read)

    champion = Bundle.open(job["start"]) if job["start"] else None
    return train(
        [example(row) for row in job["examples"]],
        TrainingSettings.from_json(job["settings"]),
        Path(job["folder"]),
        _tell,
        about=_about(job["name"], champion),
        champion=champion,
        cache=Path(job["cache"]),
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
    return About(name, [own, *(item for item in inherited if item != own)], limits)


def _reason(error: Exception) -> str:
    if isinstance(error, (BlobError, BundleError, SettingsError, ValueError)):
        return str(error)
    if isinstance(error, MemoryError):
        return "The machine ran out of memory. Close other programs, or train with a smaller size."
    return f"The training stopped: {error or type(error).__name__}. The log has the details."


def _tell(event: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _end_with_starter() -> None:
    # The descriptor itself: a daemon thread that holds Python's own reader aborts a normal exit.
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(3)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr)
    sys.exit(main(sys.argv[1:]))
