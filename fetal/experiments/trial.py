"""One run of a sweep: train, calibrate, judge."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fetal.experiments.frame_store import FrameSelection
from fetal.third_party import load_keras
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.events import EpochDone, TrainingEvent
from fetal.training.settings import TrainingSettings


@dataclass(frozen=True)
class Job:
    """All that a run needs, in a form that another process can be handed."""

    settings: TrainingSettings
    train: tuple[FrameSelection, ...]
    validation: FrameSelection
    judged: FrameSelection
    scratch: Path
    """Where checkpoints go."""
    features: Path
    """The folder of features that runs share."""


@dataclass(frozen=True)
class TrialResult:
    """What a run came to."""

    probabilities: NDArray[np.float32]
    """Calibrated, of the judged scans, (n, 6)."""
    temperature: float
    seconds: float
    """Of training and calibration."""
    curves: list[EpochDone]
    versions: dict[str, str]


TrialEnd = TrialResult | ValueError
"""What a run came to, or why it cannot be done."""


def in_this_process(jobs: Iterable[Job]) -> Iterator[tuple[int, TrialEnd]]:
    """Do runs one after the other in this process, which keeps the memory that they filled.

    Args:
        jobs: taken one at a time.

    Yields:
        The place of each job among the others, from 0, and what became of it.
    """
    for place, job in enumerate(jobs):
        try:
            yield place, attempt(job)
        except ValueError as error:
            yield place, error


def attempt(job: Job) -> TrialResult:
    """Train in one split, stop and calibrate on the next, and judge on the last.

    Args:
        job: A run; one that was killed goes on from its last epoch.

    Raises:
        ValueError: a patient is in two splits, or the weights to start from do not fit.
    """
    # Here, so that a process that hands trials on does not load TensorFlow.
    load_keras()
    import keras

    from fetal.training.calibrate import fit_temperature, to_chances
    from fetal.training.features.float32_inference import exact_copy, outputs_of
    from fetal.training.pipeline import train_network
    from fetal.training.stages.stage_context import Splits

    job.scratch.mkdir(parents=True, exist_ok=True)
    keras.utils.clear_session()
    settings = job.settings
    curves: list[EpochDone] = []

    def on_event(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone):
            curves.append(event)

    splits = Splits(_frames(*job.train), _frames(job.validation))
    began = time.monotonic()
    model = train_network(splits, settings, job.scratch, on_event, cache=job.features)
    exact = exact_copy(model, settings)
    _, logits = outputs_of(exact, settings, splits.validation)
    temperature = fit_temperature(logits, splits.validation.classes)
    seconds = time.monotonic() - began
    chances = to_chances(outputs_of(exact, settings, _frames(job.judged))[1], temperature)
    return TrialResult(
        np.asarray(chances, np.float32),
        temperature,
        seconds,
        curves,
        {"keras": keras.__version__, "backend": keras.backend.backend()},
    )


def _frames(*parts: FrameSelection) -> PreparedScans:
    return PreparedScans(
        np.concatenate([part.pixels() for part in parts]),
        np.array([one for part in parts for one in part.classes], np.int64),
        tuple(patient for part in parts for patient in part.patients),
        tuple(source for part in parts for source in part.sources),
    )
