"""On which device a retraining would run, and about how long."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.jobs.device import describe_device
from fetal.jobs.heartbeats import Heartbeat
from fetal.planes import Plane
from fetal.splits import TRAIN, VALIDATION
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.training.data.examples import phantoms
from fetal.training.settings import TrainingSettings, completed

START_SECONDS = 45.0
"""Loading, calibrating, exporting and comparing, whatever the number of scans."""

FORWARD_SECONDS = 0.035
LEARN_SECONDS = {"head": 0.0, "all": 0.11}
UPPER_SECONDS = 0.07
"""Seconds a scan of 256 pixels takes ResNet50 on two CPU cores: to be looked at, to be learnt from
with all layers, and with the upper layers only. A learning head looks at each scan once."""

KEPT_LOOK_SECONDS = 0.012
KEPT_UPPER_SECONDS = 0.02
"""The same where what frozen layers see is kept: for each fixed variation of a scan once, and for
each scan that the upper layers learn from what was kept."""

SECOND_READER_SECONDS = 0.05
"""The same for each scan that the second reader learns from, whatever the first one's size."""

MEASURED_SIZE = 256
MEASURED_CORES = 2
GPU_SPEED = 40.0


def device_of(present: list[Heartbeat]) -> str:
    """On what a retraining would run: the newest live worker's device, else this machine's."""
    return present[0].device if present else describe_device()


def minutes_for(
    session: Session,
    settings: TrainingSettings,
    splits: Mapping[str, Mapping[Plane, int]],
    device: str,
) -> float:
    """Estimate how long a retraining takes.

    An earlier run with the same settings on the same device tells best; before there is one, a
    rule from measured seconds for each scan stands in.

    Args:
        session: the transaction.
        settings: what would be run.
        splits: scans of each plane in each split.
        device: on what.

    Returns:
        Minutes.
    """
    learning = sum(splits[TRAIN].values()) + sum(splits[VALIDATION].values())
    seconds = _as_before(session, settings, device, learning)
    return (seconds if seconds is not None else _by_rule(settings, splits, device)) / 60


def _as_before(
    session: Session, settings: TrainingSettings, device: str, scans: int
) -> float | None:
    runs = session.scalars(
        select(Run)
        .where(Run.status == RunState.DONE, Run.attempts == 1)
        .order_by(Run.id.desc())
        .limit(20)
    )
    for run in runs:
        if _alike(run, settings.to_json(), device) and run.started_at and run.ended_at:
            before = max(1, int(run.snapshot_counts.get("scans", 0)))
            taken = (run.ended_at - run.started_at).total_seconds()
            return START_SECONDS + max(0.0, taken - START_SECONDS) * scans / before
    return None


def _alike(run: Run, settings: dict[str, Any], device: str) -> bool:
    same = ("architecture", "size", "name", "phantoms", "early_phantoms", "second_reader", "stages")
    # The training says “GPU” where the worker says “GPU, its name”.
    kinds = {(name or "").partition(",")[0] for name in (run.device, device)}
    before, wanted = completed(run.settings), completed(settings)
    return len(kinds) == 1 and all(before[key] == wanted[key] for key in same)


def _by_rule(
    settings: TrainingSettings, splits: Mapping[str, Mapping[Plane, int]], device: str
) -> float:
    training = sum(splits[TRAIN].values()) + len(phantoms(settings))
    validation = sum(splits[VALIDATION].values())
    work = 0.0
    for stage in settings.stages:
        if settings.cache_features and stage.learn not in LEARN_SECONDS:
            looks = min(stage.epochs, settings.variants)
            work += KEPT_LOOK_SECONDS * (looks * training + validation)
            work += KEPT_UPPER_SECONDS * stage.epochs * training
            continue
        looks = 1 if stage.learn == "head" else stage.epochs
        learn = LEARN_SECONDS.get(stage.learn, UPPER_SECONDS) or FORWARD_SECONDS
        work += looks * (training * learn + validation * FORWARD_SECONDS)
    work *= (settings.size / MEASURED_SIZE) ** 2
    work += SECOND_READER_SECONDS * settings.second_reader * training
    return START_SECONDS + work / _speed(device)


def _speed(device: str) -> float:
    if device.startswith("GPU"):
        return GPU_SPEED
    cores = [int(word) for word in device.split() if word.isdigit()]
    return max(0.5, cores[0] / MEASURED_CORES) if cores else 1.0
