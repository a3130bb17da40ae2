"""Finds the labels that are most likely wrong, by what heads say that have not seen the patient."""

from typing import Any

import numpy as np
from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from fetal.metrics.labelling.likely_mistakes import count_mistakes, label_quality
from fetal.metrics.labelling.out_of_fold import out_of_fold
from fetal.planes import PLANES
from fetal.progress import OnProgress, Progress
from fetal.store.labelling.labelling_tables import LabelCheck, ListedScan
from fetal.store.state.state_tables import ScanState
from fetal.store.states import CheckKind
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import feature_network
from fetal.workbench.label_quality.judged_labels import judged_labels, with_features
from fetal.workbench.label_quality.stored_features import compute_missing

FOLDING = "Holding labels against one another"

SHARE, FEWEST = 0.05, 64
"""The list is so many of the labels long, and at least so many."""

Found = tuple[dict[str, Any], list[dict[str, Any]]]
"""Figures of the whole, and the values of the list's rows in their order."""


def find_mistakes(workbench: Workbench, on_progress: OnProgress) -> Found:
    """Rank the labels of the workspace, the most doubtful first.

    Features of the network that has learnt from fewest of these scans; logistic regression on
    them, fitted without the patient that is judged and without the held-out test set; the ranking
    is cleanlab's. A label that a person confirmed on an earlier list is not listed again.

    Args:
        workbench: the workbench.
        on_progress: called often; what it raises ends it there.

    Returns:
        Figures of the whole, and the list.

    Raises:
        TooFewLabelsError: there is too little to hold labels against.
        NoModelError: no model predicts in this workspace.
    """
    network = feature_network(workbench)
    labels = judged_labels(workbench)
    compute_missing(workbench, network, labels.scan.tolist(), on_progress)
    with workbench.store.reading() as session:
        labels, features = with_features(session, network, labels)
        confirmed = confirmed_labels(session)
    chances = out_of_fold(
        features,
        labels.classes,
        labels.patients,
        labels.teaches,
        lambda done, total: on_progress(Progress(done, total, FOLDING)),
    )
    quality = label_quality(labels.classes, chances)
    guess = chances.argmax(axis=1)
    doubted = [
        row
        for row in np.argsort(quality, kind="stable").tolist()
        if guess[row] != labels.classes[row] and int(labels.label_id[row]) not in confirmed
    ]
    listed = [
        {
            "scan_id": int(labels.scan[row]),
            "label": PLANES[labels.classes[row]].value,
            "label_id": int(labels.label_id[row]),
            "opinion": PLANES[guess[row]].value,
            "probability": float(chances[row, guess[row]]),
            "quality": float(quality[row]),
        }
        for row in doubted[: max(FEWEST, round(SHARE * len(quality)))]
    ]
    figures = {
        "scans": len(quality),
        "patients": len(set(labels.patients)),
        "network": network.name,
        "learnt": network.learnt,
        "likely_wrong": count_mistakes(labels.classes, chances),
        "agreeing": int((guess == labels.classes).sum()),
    }
    return figures, listed


def confirmed_labels(session: Session) -> set[int]:
    """Return the annotations that gave a listed scan the very label again that was doubted.

    Args:
        session: the transaction.
    """
    listed = aliased(ListedScan)
    query = select(ScanState.label_id).where(
        exists()
        .where(
            listed.scan_id == ScanState.scan_id,
            listed.label == ScanState.label,
            listed.label_id < ScanState.label_id,
            LabelCheck.id == listed.check_id,
            LabelCheck.kind == CheckKind.MISTAKES,
        )
        .correlate(ScanState)
    )
    return {number for number in session.scalars(query) if number is not None}
