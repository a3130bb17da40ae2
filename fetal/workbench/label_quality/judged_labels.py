"""The labels that a check judges, with what heads may be fitted to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fetal.splits import TEST
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_index import label_index
from fetal.workbench.label_quality.feature_network import FeatureNetwork
from fetal.workbench.label_quality.stored_features import Numbers, read_features


@dataclass(frozen=True, eq=False)
class JudgedLabels:
    """Labelled scans in columns, n of them, those that came first first.

    Attributes:
        scan: int64 (n,), their numbers.
        label_id: int64 (n,), the annotation by which each label stands.
        classes: int64 (n,), the labels as places in `fetal.planes.PLANES`.
        patients: whose each scan is, (n,): one name for all codes that a person called one.
        teaches: bool (n,), false for scans of the held-out test set: no head is fitted to them.
    """

    scan: Numbers
    label_id: Numbers
    classes: NDArray[np.int64]
    patients: tuple[str, ...]
    teaches: NDArray[np.bool_]

    def only(self, chosen: NDArray[np.bool_]) -> "JudgedLabels":
        """Return some of the scans.

        Args:
            chosen: bool (n,).
        """
        return JudgedLabels(
            self.scan[chosen],
            self.label_id[chosen],
            self.classes[chosen],
            tuple(np.array(self.patients, object)[chosen]),
            self.teaches[chosen],
        )


def judged_labels(workbench: Workbench) -> JudgedLabels:
    """Read all labels that name a plane, without samples and what a person called a copy.

    Args:
        workbench: the workbench.
    """
    columns = label_index(workbench).columns()
    labels, decisions = columns.labels, columns.decisions
    chosen = ~labels.sample & ~np.isin(labels.scan, decisions.copies)
    kept = labels.only(chosen)
    codes = [columns.patients.codes[place] for place in kept.patient.tolist()]
    return JudgedLabels(
        kept.scan,
        kept.given,
        kept.plane.astype(np.int64),
        tuple(decisions.together.get(code, code) for code in codes),
        ~columns.is_in(TEST)[chosen],
    )


def with_features(
    session: Session, network: FeatureNetwork, labels: JudgedLabels
) -> tuple[JudgedLabels, NDArray[np.float16]]:
    """Return the labels whose scans have features, and these, float16 (n, c).

    Args:
        session: the transaction.
        network: whose features.
        labels: the labels.
    """
    there, features = read_features(session, network, labels.scan.tolist())
    return labels.only(np.isin(labels.scan, there)), features
