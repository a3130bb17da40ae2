"""Every version on the present locked test set."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select

from fetal.bundle import BundleError
from fetal.metrics import Interval, share
from fetal.planes import PLANES
from fetal.progress import OnProgress, no_progress, within
from fetal.store.blobs import BlobError
from fetal.store.tables import ModelVersion
from fetal.workbench.core.champion import ModelView, model_view
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.leakage import seen_by
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.datasets.test_set import HeldOutScan, take_stock
from fetal.workbench.models.test_predictions import held_out_predictions


@dataclass(frozen=True)
class Score:
    """One version on the scans of the locked test set that it was not trained on.

    Attributes:
        version: the version.
        n_scans: on how many scans it was measured.
        n_patients: how many patients they show.
        seen: how many scans of the set it was trained on, or on their like, which do not count
            for it.
        accuracy: the share of right answers; none without scans, or where the version's files
            are damaged.
        problem: why it could not be measured; empty otherwise.
    """

    version: ModelView
    n_scans: int
    n_patients: int
    seen: int
    accuracy: Interval | None
    problem: str = ""


def scores(workbench: Workbench, on_progress: OnProgress = no_progress) -> list[Score]:
    """Measure every version on the locked test set as it is now.

    All are measured on the same scans, but for those that a version was trained on: see
    `Score.seen`. Predictions that are missing are made on the way.

    Args:
        workbench: the open workbench.
        on_progress: called after every predicted scan, with the progress over all versions.

    Returns:
        The champion first, then the newest.
    """
    note_learnt(workbench.store)
    scans = take_stock(workbench).scans
    with workbench.store.reading() as session:
        rows = session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc())).all()
        views = [model_view(session, row) for row in rows]
    views.sort(key=lambda view: not view.is_champion)
    return [
        _score(workbench, view, scans, within(on_progress, position, len(views)))
        for position, view in enumerate(views)
    ]


def _score(
    workbench: Workbench, view: ModelView, scans: list[HeldOutScan], on_progress: OnProgress
) -> Score:
    try:
        with workbench.store.reading() as session:
            version = session.get_one(ModelVersion, view.id)
            known = set(seen_by(session, workbench.blobs, version).tolist())
        fair = [scan for scan in scans if scan.scan not in known]
        if not fair:
            return Score(view, 0, 0, len(scans), None)
        said = held_out_predictions(workbench, view.id, [scan.scan for scan in fair], on_progress)
    except (BundleError, BlobError) as error:
        return Score(view, 0, 0, 0, None, str(error))
    seen = len(scans) - len(fair)
    fair = [scan for scan in fair if scan.scan in said]
    if not fair:
        return Score(view, 0, 0, seen, None)
    right = [PLANES[int(np.argmax(said[scan.scan]))] is scan.plane for scan in fair]
    patients = [scan.patient for scan in fair]
    return Score(
        version=view,
        n_scans=len(fair),
        n_patients=len(set(patients)),
        seen=seen,
        accuracy=share(right, patients),
    )
