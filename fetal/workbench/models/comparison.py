"""Two models side by side on the locked test set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from fetal.metrics import Evaluation, Interval, Judgement, evaluate, judge, paired_difference
from fetal.planes import PLANES, Plane
from fetal.progress import OnProgress, no_progress, within
from fetal.store.tables import ModelVersion
from fetal.workbench.catalogue import scans as views
from fetal.workbench.core.workbench import NoModelError, Workbench
from fetal.workbench.datasets.leakage import seen_by
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.datasets.test_set import HeldOutScan, TestSet, take_stock
from fetal.workbench.models.test_predictions import held_out_predictions

NOTHING_TO_COMPARE = (
    "No labelled scan is kept apart for testing yet, so the two cannot be compared."
)

_UNREADABLE = ". Left out, because their pictures are missing or damaged: {count}"


@dataclass(frozen=True)
class Disagreement:
    """A scan of the locked test set of which the two models say different things.

    Attributes:
        scan: the scan.
        label: what a person says it shows.
        first: what the first model says.
        second: what the second model says.
    """

    scan: views.ScanView
    label: Plane
    first: Plane
    second: Plane


@dataclass(frozen=True)
class ComparedScan:
    """What both models said of a scan of the locked test set.

    Attributes:
        scan_id: the scan.
        label: what a person says it shows.
        first: what the first model says.
        second: what the second model says.
    """

    scan_id: int
    label: Plane
    first: Plane
    second: Plane


@dataclass(frozen=True)
class Comparison:
    """Two models on the same scans.

    Attributes:
        first_id: the version that was compared with, as a rule the champion.
        second_id: the version that was judged.
        n_scans: scans of the locked test set that both were measured on.
        n_patients: patients that they show.
        first: the first model's figures; none without scans.
        second: the second model's.
        difference: how much more accurate the second is, as a share, with its interval.
        verdict: whether the second may take the first one's place; none without scans.
        disagreements: the scans on which the two differ.
        left_out: test scans that do not count, because one of the two was trained on them, on a
            copy, or on the same patient under another code.
        locked: the locked test set, with what joined it and what left it.
        words: the outcome, without a full stop at its end.
        answers: what both said of each of the scans.
        unreadable: scans that were left out because their pictures are missing or damaged.
    """

    first_id: int
    second_id: int
    n_scans: int
    n_patients: int
    first: Evaluation | None
    second: Evaluation | None
    difference: Interval | None
    verdict: Judgement | None
    disagreements: list[Disagreement]
    left_out: int
    locked: TestSet
    words: str
    answers: tuple[ComparedScan, ...] = ()
    unreadable: int = 0

    def taken_for(self, plane: Plane, said: Plane, *, by_second: bool) -> tuple[int, ...]:
        """Return the scans behind a cell of one model's confusion matrix.

        Args:
            plane: what they show.
            said: what the model named.
            by_second: whether it is the second model's matrix.
        """
        return tuple(
            one.scan_id
            for one in self.answers
            if one.label is plane and (one.second if by_second else one.first) is said
        )


def compare(
    workbench: Workbench,
    champion_id: int,
    challenger_id: int,
    on_progress: OnProgress = no_progress,
) -> Comparison:
    """Measure two models on the labelled scans of the patients kept apart for testing.

    Samples never count. Predictions that are missing are made on the way. Intervals come from
    resampling patients.

    Args:
        workbench: the open workbench.
        champion_id: the first version, as a rule the one that predicts.
        challenger_id: the second version.
        on_progress: called after every predicted scan, with the progress over both models.

    Returns:
        The comparison.

    Raises:
        NoModelError: the workspace has no such version.
    """
    note_learnt(workbench.store)
    locked = take_stock(workbench)
    with workbench.store.reading() as session:
        versions = [_version(session, number) for number in (champion_id, challenger_id)]
        known = {
            scan for one in versions for scan in seen_by(session, workbench.blobs, one).tolist()
        }
    fair = [scan for scan in locked.scans if scan.scan not in known]
    numbers = [scan.scan for scan in fair]
    if not fair:
        return _nothing(champion_id, challenger_id, locked)
    said = [
        held_out_predictions(
            workbench, version.id, numbers, within(on_progress, position, len(versions))
        )
        for position, version in enumerate(versions)
    ]
    left_out, unreadable = len(locked.scans) - len(fair), len(fair)
    fair = [scan for scan in fair if all(scan.scan in answers for answers in said)]
    unreadable -= len(fair)
    if not fair:
        return _nothing(champion_id, challenger_id, locked)
    first, second = (
        np.array([answers[scan.scan] for scan in fair], np.float64) for answers in said
    )
    labels = [PLANES.index(scan.plane) for scan in fair]
    patients = [scan.patient for scan in fair]
    difference = paired_difference(labels, first, second, patients)
    verdict = judge(difference)
    answers = _answers(fair, first, second)
    return Comparison(
        first_id=champion_id,
        second_id=challenger_id,
        n_scans=len(fair),
        n_patients=len(set(patients)),
        first=evaluate(labels, first, patients),
        second=evaluate(labels, second, patients),
        difference=difference,
        verdict=verdict,
        disagreements=_disagreements(workbench, answers),
        left_out=left_out,
        locked=locked,
        words=_words(versions[1].name, verdict, len(fair), len(set(patients)))
        + (_UNREADABLE.format(count=unreadable) if unreadable else ""),
        answers=answers,
        unreadable=unreadable,
    )


def _nothing(first: int, second: int, locked: TestSet) -> Comparison:
    return Comparison(
        first, second, 0, 0, None, None, None, None, [], len(locked.scans), locked,
        NOTHING_TO_COMPARE,
    )  # fmt: skip


def _answers(
    scans: Sequence[HeldOutScan], first: np.ndarray, second: np.ndarray
) -> tuple[ComparedScan, ...]:
    said = zip(scans, first.argmax(axis=1), second.argmax(axis=1), strict=True)
    return tuple(
        ComparedScan(scan.scan, scan.plane, PLANES[one], PLANES[other]) for scan, one, other in said
    )


def _disagreements(workbench: Workbench, answers: Sequence[ComparedScan]) -> list[Disagreement]:
    differing = [one for one in answers if one.first is not one.second]
    chosen = views.ScanFilter(ids=tuple(one.scan_id for one in differing))
    shown = {view.id: view for view in views.scans(workbench, chosen)}
    return [
        Disagreement(shown[one.scan_id], one.label, one.first, one.second)
        for one in differing
        # One may have been erased a moment ago.
        if one.scan_id in shown
    ]


def _words(name: str, verdict: Judgement, scans: int, patients: int) -> str:
    difference = verdict.difference
    ends = (difference.value, difference.low, difference.high)
    value, low, high = (_points(end) for end in ends)
    return (
        f"“{name}” {verdict.words}. Change in accuracy: {value} points ({low} to {high}) "
        f"on {scans} scan{_s(scans)} of {patients} patient{_s(patients)}"
    )


def _points(share: float) -> str:
    points = round(100 * share, 1)
    # A minus is not a hyphen, and nothing has no sign.
    return f"{points:+.1f}".replace("-", "−") if points else "0.0"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _version(session: Session, number: int) -> ModelVersion:
    version = session.get(ModelVersion, number)
    if version is None:
        raise NoModelError(f"This workspace has no model with the number {number}.")
    return version
