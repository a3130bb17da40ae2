"""How trainings' models do on the locked test set, kept until something that it rests on is new."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import func, select

from fetal.metrics import Interval, share
from fetal.store.tables import (
    Audit,
    Fingerprint,
    Lookalike,
    ModelVersion,
    PredictionRow,
    ScanRow,
)
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.prediction_rows import kept_predictions
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_index import label_index
from fetal.workbench.datasets.leakage import with_like
from fetal.workbench.datasets.lineage import learnt_scans, note_learnt
from fetal.workbench.datasets.test_set import HeldOutScan, locked_mark, locked_scans
from fetal.workbench.retraining.runs import RunView

_FIGURES_KEPT = 16
"""Choices of trainings whose figures on the locked test set stay in memory."""

Mark = tuple[object, ...]
"""What changes whenever figures on the locked test set may be others."""
Models = tuple[tuple[int, int], ...]
"""The number of each training and of its model."""


@dataclass(frozen=True)
class Tested:
    """How trainings' models do on the locked test set, all on the same scans.

    Attributes:
        scans: how many scans that is: none of the models has learnt from them, and each of those
            in `accuracy` has read them.
        patients: how many patients they show.
        accuracy: the share of right answers with its interval, by the training's number; only of
            those whose model has read locked scans.
    """

    scans: int
    patients: int
    accuracy: dict[int, Interval]


def tested(workbench: Workbench, runs: Sequence[RunView]) -> Tested:
    """Measure trainings' models on the locked test set, as far as they have read it.

    Nothing is predicted here: a model reads the locked scans at the end of its training, and those
    that have come since when it is compared. With a million scans it takes seconds, so a page asks
    `tested_before` and has this done beside it.

    Args:
        workbench: the open workbench.
        runs: the trainings.

    Returns:
        Their accuracies.

    Raises:
        BundleError: the files of a model are damaged.
    """
    workbench.permit(Permission.SEE)
    models = _models(runs)
    # Read first: what changes while the models are measured makes the next answer another one.
    mark = _mark(workbench)
    kept = _kept(workbench)
    before = kept.pop(models, None)
    found = before[1] if before and before[0] == mark else _measured(workbench, dict(models))
    kept[models] = mark, found
    for oldest in list(kept)[:-_FIGURES_KEPT]:
        kept.pop(oldest, None)
    return found


def tested_before(workbench: Workbench, runs: Sequence[RunView]) -> tuple[Tested | None, bool]:
    """Return what was measured last of some trainings; quick enough to be asked at each click.

    Args:
        workbench: the open workbench.
        runs: the trainings.

    Returns:
        Their accuracies, None if they were not measured yet; and whether they still hold, because
        no label, prediction, scan or near-duplicate has come since.
    """
    workbench.permit(Permission.SEE)
    mark, found = _kept(workbench).get(_models(runs), (None, None))
    return found, found is not None and mark == _mark(workbench)


def _models(runs: Sequence[RunView]) -> Models:
    return tuple(sorted((run.id, run.model_id) for run in runs if run.model_id is not None))


def _kept(workbench: Workbench) -> dict[Models, tuple[Mark, Tested]]:
    # The workbench is another object in each person's hands; this part of it is the same.
    return _KEPT_FIGURES.setdefault(workbench.fingerprints, {})


_KEPT_FIGURES: WeakKeyDictionary[FingerprintIndex, dict[Models, tuple[Mark, Tested]]] = (
    WeakKeyDictionary()
)


def _mark(workbench: Workbench) -> Mark:
    # Rows are only added to these tables, but for an erasure, which is counted, and patients get
    # other codes only by what the audit trail tells of.
    tables = (ScanRow, Fingerprint, PredictionRow, Lookalike, Audit)
    with workbench.store.reading() as session:
        newest = [session.scalar(select(func.max(one.id))) for one in tables]
        return (locked_mark(workbench), count_erasures(session), *newest)


def _measured(workbench: Workbench, models: Mapping[int, int]) -> Tested:
    note_learnt(workbench.store)
    scans = _fair(workbench, set(models.values()))
    said = {run: _said(workbench, model, scans) for run, model in models.items()}
    said = {run: planes for run, planes in said.items() if planes}
    shared = [scan for scan in scans.values() if all(scan.scan in one for one in said.values())]
    if not shared or not said:
        return Tested(0, 0, {})
    patients = [scan.patient for scan in shared]
    accuracy = {
        run: share(np.array([planes[scan.scan] == scan.plane for scan in shared]), patients)
        for run, planes in said.items()
    }
    return Tested(len(shared), len(set(patients)), accuracy)


def _fair(workbench: Workbench, models: Iterable[int]) -> dict[int, HeldOutScan]:
    """The locked scans that none of the models has learnt from."""
    locked = locked_scans(workbench)
    columns = label_index(workbench).columns()
    numbers = np.array([scan.scan for scan in locked], np.int64)
    fair = np.ones(len(numbers), np.bool_)
    with workbench.store.reading() as session:
        for number in models:
            learnt = learnt_scans(session, workbench.blobs, session.get(ModelVersion, number))
            known = with_like(session, learnt, columns.pairs.scans, columns.decisions)
            fair &= ~np.isin(numbers, known)
    return {scan.scan: scan for scan, is_fair in zip(locked, fair, strict=True) if is_fair}


def _said(workbench: Workbench, model: int, scans: Collection[int]) -> dict[int, str]:
    """What a model says that each of some scans shows, for those that it has read."""
    with workbench.store.reading() as session:
        return kept_predictions(session, model, list(scans), PredictionRow.plane)
