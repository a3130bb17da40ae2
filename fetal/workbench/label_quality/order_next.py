"""Puts the scans without a label into the order in which labels are worth most, with a forecast."""

from typing import Any

import numpy as np
from sqlalchemy import select

from fetal.metrics.labelling.feature_heads import (
    Scaling,
    TooFewLabelsError,
    fitted_probabilities,
)
from fetal.metrics.labelling.label_order import CURIOUS, label_order
from fetal.metrics.labelling.learning_curve import learning_curve
from fetal.planes import PLANES
from fetal.progress import OnProgress, Progress
from fetal.store.bulk import numbers_in_order
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import SAMPLE
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.feature_network import FeatureNetwork, feature_network
from fetal.workbench.label_quality.find_mistakes import Found
from fetal.workbench.label_quality.judged_labels import (
    JudgedLabels,
    judged_labels,
    with_features,
)
from fetal.workbench.label_quality.stored_features import (
    Half,
    Numbers,
    compute_missing,
    read_features,
)

ORDERING = "Putting them into order"

LONGEST = 500
"""So many scans are put into order; after as many labels, ask anew."""

MOST_CANDIDATES = 20_000
"""Among so many scans without a label, drawn at random where there are more."""

STEPS = (25, 50, 100, 200)
"""How many more labels are forecast."""

_AT_ONCE = 5_000


def order_next(workbench: Workbench, on_progress: OnProgress) -> Found:
    """Put scans without a label into order, and forecast what labels would bring.

    Scans of the held-out test set neither teach nor count in the forecast.

    Args:
        workbench: the workbench.
        on_progress: called often; what it raises ends it there.

    Returns:
        Figures of the whole, and the list.

    Raises:
        TooFewLabelsError: no scan is without a label.
        NoModelError: no model predicts in this workspace.
    """
    network = feature_network(workbench)
    every = judged_labels(workbench)
    labels = every.only(every.teaches)
    unlabelled = _drawn(_unlabelled(workbench))
    if not unlabelled:
        raise TooFewLabelsError("Every scan has a label. Add scans, and ask again.")
    compute_missing(workbench, network, [*labels.scan.tolist(), *unlabelled], on_progress)
    with workbench.store.reading() as session:
        labels, known = with_features(session, network, labels)
        numbers, asked = read_features(session, network, unlabelled)
    if not len(numbers):
        raise TooFewLabelsError("No scan without a label can be read. Add scans, and ask again.")
    figures = _figures(network, labels, known, on_progress)
    on_progress(Progress(0, 1, ORDERING))
    return figures | {"unlabelled": len(unlabelled)}, _listed(labels, known, numbers, asked)


def _figures(
    network: FeatureNetwork, labels: JudgedLabels, known: Half, on_progress: OnProgress
) -> dict[str, Any]:
    """The learning curve and the forecasts; without them where there are too few labels."""
    said: dict[str, Any] = {
        "scans": len(labels.scan),
        "network": network.name,
        "learnt": network.learnt,
    }
    try:
        curve = learning_curve(
            known,
            labels.classes,
            labels.patients,
            lambda done, total: on_progress(Progress(done, total, "Measuring what labels bring")),
        )
    except TooFewLabelsError as error:
        return said | {"too_few": str(error)}
    gains = [curve.forecast(more) for more in STEPS]
    return said | {
        "sizes": curve.sizes.round(1).tolist(),
        "right": curve.right.round(4).tolist(),
        "forecasts": [
            {"more": one.more, "value": one.gain.value, "low": one.gain.low, "high": one.gain.high}
            for one in gains
        ],
    }


def _listed(
    labels: JudgedLabels, known: Half, numbers: Numbers, asked: Half
) -> list[dict[str, Any]]:
    features = np.concatenate([known, asked]) if len(known) else asked
    given = len(labels.scan)
    classes = np.concatenate([labels.classes, np.zeros(len(numbers), np.int64)])
    candidates = np.arange(given, given + len(numbers))
    order = label_order(features, classes, np.arange(given), candidates, LONGEST) - given
    chances = np.full((len(numbers), len(PLANES)), 1 / len(PLANES))
    if len(np.unique(labels.classes)) >= 2:
        scaling = Scaling.of(features)
        chances = fitted_probabilities(
            scaling.apply(known), labels.classes, scaling.apply(asked), CURIOUS
        )
    return [
        {
            "scan_id": int(numbers[row]),
            "label": None,
            "label_id": None,
            "opinion": PLANES[chances[row].argmax()].value,
            "probability": float(chances[row].max()),
            "quality": 0.0,
        }
        for row in order.tolist()
    ]


def _unlabelled(workbench: Workbench) -> list[int]:
    query = select(ScanState.scan_id).where(ScanState.label.is_(None), ScanState.source != SAMPLE)
    return list(numbers_in_order(workbench.store, query, ScanState.scan_id, _AT_ONCE))


def _drawn(numbers: list[int]) -> list[int]:
    if len(numbers) <= MOST_CANDIDATES:
        return numbers
    chosen = np.random.default_rng(0).choice(numbers, MOST_CANDIDATES, replace=False)
    return sorted(chosen.tolist())
