"""What a retraining would train on now, or what is missing for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.planes import PLANES, Plane
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.store.blobs import Blobs
from fetal.store.tables import Annotation, ModelVersion, Run
from fetal.training.settings import PRESETS, TrainingSettings
from fetal.workbench.core.champion import champion_id
from fetal.workbench.datasets.label_columns import (
    NO_SPLIT,
    SPLITS,
    Columns,
    Labels,
    Numbers,
    read_columns,
)
from fetal.workbench.datasets.leakage import held_back, with_like
from fetal.workbench.datasets.lineage import learnt_scans
from fetal.workbench.datasets.split_plan import Groups, groups_of, plan_splits

FEWEST_SCANS = 20
FEWEST_PATIENTS = 4

_TEST = SPLITS.index(TEST)

Counts = Mapping[str, Mapping[Plane, int]]


@dataclass(frozen=True, eq=False)
class RetrainingPlan:
    """What would be trained on.

    Attributes:
        champion: the version to start from.
        columns: the workspace as it was when the plan was made.
        labels: the labelled scans that take part.
        split: int8 (n,), the split of each of them by its place in `SPLITS`.
        groups: which patients are one.
        new_splits: the split of each patient with a labelled scan who has none yet.
        counts: scans of each plane in each split.
        new: scans to learn from that the champion has not seen, or has seen labelled otherwise.
        held_back: labelled scans that are left out, because scans kept apart look like them or
            show the same patient (`fetal.workbench.datasets.leakage`).
    """

    champion: ModelVersion | None
    columns: Columns
    labels: Labels
    split: NDArray[np.int8]
    groups: Groups
    new_splits: dict[str, str]
    counts: dict[str, dict[Plane, int]]
    new: int
    held_back: int

    def split_of(self) -> dict[int, str]:
        """Return the split of each scan, by its number."""
        names = (SPLITS[code] for code in self.split.tolist())
        return dict(zip(self.labels.scan.tolist(), names, strict=True))

    def learning(self) -> int:
        """Count the scans to learn from, and to check on during training."""
        return int((self.split != _TEST).sum())

    def patients(self) -> int:
        """How many patients the scans to learn from show."""
        return self._shown

    @cached_property
    def _shown(self) -> int:
        shown = np.bincount(self.groups.of[self.labels.patient[self.split != _TEST]])
        return int((shown > 0).sum())

    def reasons(self, settings: TrainingSettings) -> list[str]:
        """Why no retraining can start, one sentence each; empty where one can.

        Args:
            settings: what would be run; other settings than the usual may learn more from labels
                that are not new.
        """
        missing = [*self._too_few(), *_unbalanced(self.counts)]
        if not missing and not self.new and settings == PRESETS["default"]:
            return [
                "No label is new since the model that predicts now was trained. Label more scans, "
                "or choose other settings."
            ]
        return missing

    def _too_few(self) -> list[str]:
        learning, patients = self.learning(), self.patients()
        reasons = []
        if self.champion is None:
            reasons.append("There is no model to start from.")
        if learning < FEWEST_SCANS:
            apart = len(self.split) - learning
            besides = f", besides {apart} kept apart for testing" if apart else ""
            if self.held_back:
                besides += f"; look-alikes of scans kept apart, held back: {self.held_back}"
            reasons.append(
                f"At least {FEWEST_SCANS} labelled scans are needed to train on; "
                f"there are {learning} so far{besides}."
            )
        if patients < FEWEST_PATIENTS:
            reasons.append(
                f"Labelled scans of at least {FEWEST_PATIENTS} patients are needed to train on; "
                f"there are {patients} so far."
            )
        return reasons


def plan_now(
    session: Session,
    blobs: Blobs,
    columns: Columns | None = None,
    known: Numbers | None = None,
) -> RetrainingPlan:
    """Inspect all labels and work out what a retraining would use; nothing is written.

    Args:
        session: the transaction.
        blobs: the files.
        columns: the labels, splits and near-duplicates. If None, they are read in the transaction.
        known: the scans that the champion has learnt from, and their like. If None, they are
            looked up.

    Returns:
        The plan.
    """
    number = champion_id(session)
    champion = session.get(ModelVersion, number) if number is not None else None
    columns = columns or read_columns(session)
    if known is None:
        learnt = learnt_scans(session, blobs, champion)
        known = with_like(session, learnt, columns.pairs.scans, columns.decisions)
    copies = columns.decisions.copies
    labels = columns.labels.only(~np.isin(columns.labels.scan, copies))
    grouped = groups_of(columns)
    splits = plan_splits(session, columns, labels, grouped, known)
    new_splits = _new_splits(columns, splits)
    held = held_back(columns, labels, grouped, splits)
    labels = labels.only(~held)
    split = splits[labels.patient]
    later = labels.given >= _first_later(session, champion)
    new = (split != _TEST) & (later | ~np.isin(labels.scan, known))
    return RetrainingPlan(
        champion, columns, labels, split, grouped, new_splits, _counted(labels, split),
        int(new.sum()), int(held.sum()),
    )  # fmt: skip


def _new_splits(columns: Columns, splits: NDArray[np.int8]) -> dict[str, str]:
    new = np.flatnonzero((splits != NO_SPLIT) & (columns.splits == NO_SPLIT))
    return {columns.patients.codes[place]: SPLITS[splits[place]] for place in new.tolist()}


def _counted(labels: Labels, split: NDArray[np.int8]) -> dict[str, dict[Plane, int]]:
    cells = np.bincount(
        split.astype(np.int64) * len(PLANES) + labels.plane, minlength=len(SPLITS) * len(PLANES)
    ).reshape(len(SPLITS), -1)
    return {
        name: dict(zip(PLANES, row, strict=True))
        for name, row in zip(SPLITS, cells.tolist(), strict=True)
    }


def _first_later(session: Session, champion: ModelVersion | None) -> int:
    """The number of the first label that could not reach the champion's training any more."""
    nothing = int(np.iinfo(np.int64).max)
    if champion is None:
        return nothing
    run = session.get(Run, champion.run_id) if champion.run_id else None
    since = run.asked_at if run else champion.added_at
    # Labels have rising numbers and moments, since one writer at a time adds them.
    first = select(Annotation.id).where(Annotation.at > since).order_by(Annotation.at).limit(1)
    number = session.scalar(first)
    return number if number is not None else nothing


def _unbalanced(counts: Counts) -> list[str]:
    planes = {plane for split in (TRAIN, VALIDATION) for plane in Plane if counts[split][plane]}
    if len(planes) == 1:
        return ["All labels to train on name one plane; label scans of another plane too."]
    if sum(count > 0 for count in counts[TRAIN].values()) == 1:
        return ["The scans to learn from show one plane; label scans of another plane too."]
    if sum(counts[TRAIN].values()) and not sum(counts[VALIDATION].values()):
        return ["No patient is there to check on during training; label scans of more patients."]
    return []
