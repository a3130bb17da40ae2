"""What a retraining would train on now, or what is missing for one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from fetal.planes import Plane
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.store.blobs import Blobs
from fetal.store.tables import ModelVersion, Run
from fetal.training.settings import PRESETS, TrainingSettings
from fetal.workbench.core.champion import champion_id
from fetal.workbench.datasets.leakage import held_back
from fetal.workbench.datasets.lineage import learnt_scans
from fetal.workbench.datasets.snapshot import Labelled, count_splits, labelled, plan_splits

FEWEST_SCANS = 20
FEWEST_PATIENTS = 4

Counts = Mapping[str, Mapping[Plane, int]]


@dataclass(frozen=True)
class RetrainingPlan:
    """What would be trained on.

    Attributes:
        champion: the version to start from.
        scans: the labelled scans.
        splits: the split of each of their patients.
        counts: scans of each plane in each split.
        new: scans to learn from that the champion has not seen, or has seen labelled otherwise.
        held_back: labelled scans that are left out, because scans kept apart look like them or
            show the same patient (`fetal.workbench.datasets.leakage`).
    """

    champion: ModelVersion | None
    scans: list[Labelled]
    splits: dict[str, str]
    counts: dict[str, dict[Plane, int]]
    new: int
    held_back: int = 0

    def learning(self) -> list[Labelled]:
        """The scans to learn from, and to check on during training."""
        return [scan for scan in self.scans if self.splits[scan.patient] != TEST]

    def patients(self) -> int:
        """How many patients the scans to learn from show."""
        return len({scan.group for scan in self.learning()})

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
        learning = self.learning()
        reasons = []
        if self.champion is None:
            reasons.append("There is no model to start from.")
        if len(learning) < FEWEST_SCANS:
            apart = len(self.scans) - len(learning)
            besides = f", besides {apart} kept apart for testing" if apart else ""
            if self.held_back:
                besides += f"; look-alikes of scans kept apart, held back: {self.held_back}"
            reasons.append(
                f"At least {FEWEST_SCANS} labelled scans are needed to train on; "
                f"there are {len(learning)} so far{besides}."
            )
        if self.patients() < FEWEST_PATIENTS:
            reasons.append(
                f"Labelled scans of at least {FEWEST_PATIENTS} patients are needed to train on; "
                f"there are {self.patients()} so far."
            )
        return reasons


def plan_now(session: Session, blobs: Blobs) -> RetrainingPlan:
    """Look at all labels and work out what a retraining would use; nothing is written.

    Args:
        session: the transaction.
        blobs: the files.

    Returns:
        The plan.
    """
    number = champion_id(session)
    champion = session.get(ModelVersion, number) if number is not None else None
    seen = learnt_scans(session, blobs, champion)
    every = labelled(session)
    splits = plan_splits(session, every, seen)
    held = held_back(session, every, splits)
    scans = [scan for scan in every if scan.scan not in held]
    since = _since(session, champion)
    learning = (scan for scan in scans if splits[scan.patient] != TEST)
    new = _new(learning, seen, since)
    return RetrainingPlan(champion, scans, splits, count_splits(scans, splits), new, len(held))


def _new(learning: Iterable[Labelled], seen: frozenset[str], since: datetime | None) -> int:
    return sum(
        scan.digest not in seen or (since is not None and scan.labelled_at > since)
        for scan in learning
    )


def _since(session: Session, champion: ModelVersion | None) -> datetime | None:
    """The moment up to which labels could reach the champion's training."""
    if champion is None:
        return None
    run = session.get(Run, champion.run_id) if champion.run_id else None
    return run.asked_at if run else champion.added_at


def _unbalanced(counts: Counts) -> list[str]:
    planes = {plane for split in (TRAIN, VALIDATION) for plane in Plane if counts[split][plane]}
    if len(planes) == 1:
        return ["All labels to train on name one plane; label scans of another plane too."]
    if sum(count > 0 for count in counts[TRAIN].values()) == 1:
        return ["The scans to learn from show one plane; label scans of another plane too."]
    if sum(counts[TRAIN].values()) and not sum(counts[VALIDATION].values()):
        return ["No patient is there to check on during training; label scans of more patients."]
    return []
