"""Trainings that have ended, written as a worker would leave them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from fetal.jobs.register_model import register
from fetal.jobs.run_events import row_of
from fetal.store.tables import PredictionRow, Run
from fetal.training.events import EpochDone
from fetal.training.settings import PRESETS, TrainingSettings
from fetal.workbench import Workbench
from fetal.workbench.retraining import service
from tests.support.labelling import WHO
from tests.support.tiny_model import tiny_model


def ended_run(
    workbench: Workbench,
    settings: TrainingSettings = PRESETS["default"],
    accuracies: Sequence[float] = (0.5, 0.8, 0.75),
    minutes: float = 6,
) -> int:
    """Start a training and end it without a model."""
    run = service.start(workbench, WHO, settings)
    with workbench.store.session() as session:
        row = session.get_one(Run, run.id)
        row.status, row.slot, row.attempts = "done", None, 1
        row.device = service.outlook(workbench).device
        row.started_at = row.asked_at + timedelta(seconds=5)
        row.ended_at = row.started_at + timedelta(minutes=minutes)
        for epoch, accuracy in enumerate(accuracies, start=1):
            point = EpochDone("Last layer", epoch, 20, 1 / epoch, accuracy, 1.2 / epoch, accuracy)
            session.add(row_of(run.id, point))
    return run.id


def with_model(workbench: Workbench, run_id: int, seed: int) -> int:
    """Give a training the model that it made."""
    with workbench.store.reading() as session:
        row = session.get_one(Run, run_id)
    return register(workbench.store, tiny_model(seed, f"v{seed}").folder, row).id


def has_said(workbench: Workbench, model_id: int, planes: Mapping[int, str]) -> None:
    """Have a model say a plane of each scan."""
    with workbench.store.session() as session:
        for scan, plane in planes.items():
            session.add(
                PredictionRow(
                    scan_id=scan,
                    model_id=model_id,
                    plane=plane,
                    probabilities=[1 / 6] * 6,
                    confidence=0.5,
                )
            )
