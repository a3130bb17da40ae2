"""Two models side by side on the locked test set."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.jobs.score import Progress, score
from fetal.metrics import Evaluation, Interval, evaluate, paired_difference
from fetal.planes import PLANES, Plane
from fetal.splits import TEST
from fetal.store.tables import ModelVersion, Patient, Prediction
from fetal.workbench import views
from fetal.workbench.bench import NoModelError, Workbench
from fetal.workbench.snapshot import SAMPLE, Labelled, labelled, trained_on

NOTHING_TO_COMPARE = (
    "No labelled scan is kept apart for testing yet, so the two cannot be compared."
)


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
class Comparison:
    """Two models on the same scans.

    Attributes:
        n_scans: scans of the locked test set that both were measured on.
        n_patients: patients that they show.
        first: the first model's figures; none without scans.
        second: the second model's.
        difference: how much more accurate the second is, as a share, with its interval.
        disagreements: the scans on which the two differ.
        left_out: test scans that one of the two was trained on, which therefore do not count.
        words: the outcome in one line.
    """

    n_scans: int
    n_patients: int
    first: Evaluation | None
    second: Evaluation | None
    difference: Interval | None
    disagreements: list[Disagreement]
    left_out: int
    words: str


def compare(
    bench: Workbench,
    champion_id: int,
    challenger_id: int,
    on_progress: Progress | None = None,
) -> Comparison:
    """Measure two models on the labelled scans of the patients kept apart for testing.

    Samples never count. Predictions that are missing are made on the way. Intervals come from
    resampling patients.

    Args:
        bench: the open workbench.
        champion_id: the first version, as a rule the one that predicts.
        challenger_id: the second version.
        on_progress: told how many scans are predicted, of how many, over both models.

    Returns:
        The comparison.

    Raises:
        NoModelError: the workspace has no such version.
    """
    with bench.store.reading() as session:
        versions = [_version(session, number) for number in (champion_id, challenger_id)]
        tests = _tests(session)
        known = frozenset[str]().union(*(trained_on(session, bench.blobs, one) for one in versions))
    fair = [scan for scan in tests if scan.digest not in known]
    if not fair:
        return Comparison(0, 0, None, None, None, [], len(tests), NOTHING_TO_COMPARE)
    numbers = [scan.scan for scan in fair]
    for position, version in enumerate(versions):
        score(
            bench.store,
            bench.model(version.id),
            version.id,
            numbers,
            on_progress=_share(on_progress, position, len(versions)),
        )
    first, second = (_probabilities(bench, version.id, numbers) for version in versions)
    return _judge(bench, versions[1].name, fair, first, second, len(tests) - len(fair))


def _judge(
    bench: Workbench,
    name: str,
    scans: Sequence[Labelled],
    first: np.ndarray,
    second: np.ndarray,
    left_out: int,
) -> Comparison:
    labels = [PLANES.index(scan.plane) for scan in scans]
    patients = [scan.patient for scan in scans]
    difference = paired_difference(labels, first, second, patients)
    count = len(set(patients))
    return Comparison(
        n_scans=len(scans),
        n_patients=count,
        first=evaluate(labels, first, patients),
        second=evaluate(labels, second, patients),
        difference=difference,
        disagreements=_disagreements(bench, scans, first, second),
        left_out=left_out,
        words=_words(name, difference, len(scans), count),
    )


def _disagreements(
    bench: Workbench, scans: Sequence[Labelled], first: np.ndarray, second: np.ndarray
) -> list[Disagreement]:
    pairs = zip(scans, first.argmax(axis=1), second.argmax(axis=1), strict=True)
    return [
        Disagreement(views.scan(bench, scan.scan), scan.plane, PLANES[one], PLANES[other])
        for scan, one, other in pairs
        if one != other
    ]


def _words(name: str, difference: Interval, scans: int, patients: int) -> str:
    on = f"on {scans} scan{_s(scans)} of {patients} patient{_s(patients)}"
    if difference.low <= 0 <= difference.high:
        return f"No clear difference {on}"
    values = sorted(abs(100 * value) for value in (difference.low, difference.high))
    points = f"{abs(100 * difference.value):.1f} points ({values[0]:.1f} to {values[1]:.1f})"
    return f"“{name}” is {'better' if difference.value > 0 else 'worse'}: {points} {on}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _version(session: Session, number: int) -> ModelVersion:
    version = session.get(ModelVersion, number)
    if version is None:
        raise NoModelError(f"This workspace has no model with the number {number}.")
    return version


def _tests(session: Session) -> list[Labelled]:
    apart = set(session.scalars(select(Patient.id).where(Patient.side == TEST)))
    return [scan for scan in labelled(session) if scan.patient in apart and scan.source != SAMPLE]


def _probabilities(bench: Workbench, model_id: int, scans: Sequence[int]) -> np.ndarray:
    with bench.store.reading() as session:
        rows = session.execute(
            select(Prediction.scan_id, Prediction.probabilities).where(
                Prediction.model_id == model_id
            )
        )
        said = {row.scan_id: row.probabilities for row in rows}
    return np.array([said[scan] for scan in scans], dtype=np.float64)


def _share(report: Progress | None, position: int, models: int) -> Progress | None:
    if report is None:
        return None
    return lambda done, of: report(position * of + done, models * of)
