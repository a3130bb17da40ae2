"""One version measured on the locked test set: the report that a reviewer reads."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from fetal.bundle import Card
from fetal.evaluation import (
    Case,
    Exhibit,
    NothingToMeasureError,
    Report,
    exhibits,
    measure,
    to_html,
    to_markdown,
)
from fetal.evaluation.reviewing.checklist import checklist_of
from fetal.planes import FETAL_PLANES, PLANES, Plane
from fetal.predict import Doubt, SecondOpinion
from fetal.progress import OnProgress, no_progress
from fetal.scans import Scan
from fetal.store import tables
from fetal.store.bulk import any_of, batches
from fetal.store.tables import ModelVersion, PredictionRow
from fetal.workbench.catalogue import scans as views
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.leakage import seen_by
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.datasets.test_set import HeldOutScan, locked_scans
from fetal.workbench.models.test_predictions import held_out_predictions

DATA = "the locked test set of this workspace"
NOTHING = (
    "No labelled scan is kept apart that this version has not learnt from, so there is nothing to "
    "measure it on. Label scans of more patients: each training keeps some of them apart."
)
UNREADABLE = "its picture is missing or damaged"
_AT_ONCE = 5000
"""Scans in one statement."""
LEARNT = "the model, or one that it came from, was trained on it or on its like"


@dataclass(frozen=True)
class Answer:
    """What the version said of one scan.

    Attributes:
        scan_id: the scan.
        plane: what a person says that it shows.
        said: the plane that the version named.
        confidence: the probability that it stated for it.
    """

    scan_id: int
    plane: Plane
    said: Plane
    confidence: float


@dataclass(frozen=True)
class Evaluated:
    """A version's report, with what is needed to write it out.

    Attributes:
        report: the figures.
        card: what the version says about itself.
        exhibits: the worst errors with their pictures, which are patients' scans.
        numbers: the numbers of their scans here, by digest.
        answers: what was said of each scan.
    """

    report: Report
    card: Card
    exhibits: tuple[Exhibit, ...]
    numbers: dict[str, int]
    answers: tuple[Answer, ...]

    def taken_for(self, plane: Plane, said: Plane) -> tuple[int, ...]:
        """Return the scans behind a cell of the confusion matrix.

        Args:
            plane: what they show.
            said: what the version named.
        """
        return tuple(one.scan_id for one in self.answers if one.plane is plane and one.said is said)

    def in_bin(self, position: int) -> tuple[int, ...]:
        """Return the scans behind a point of the reliability diagram.

        Args:
            position: which of `report.reliability`, from 0.
        """
        counted = [one for one in self.answers if not self.report.four or one.plane in FETAL_PLANES]
        counted.sort(key=lambda one: one.confidence)
        before = sum(one.n for one in self.report.reliability[:position])
        inside = counted[before : before + self.report.reliability[position].n]
        return tuple(one.scan_id for one in inside)

    def page(self, *, pictures: bool) -> str:
        """The report as one HTML file, with or without patients' scans in it."""
        return to_html(self.report, self.card, self.exhibits if pictures else ())

    def card_text(self) -> str:
        """The model card in Markdown, with these figures."""
        return to_markdown(self.report, self.card)

    def checklists(self) -> str:
        """Which question of which reporting guideline is answered where, as JSON."""
        answered = checklist_of(self.report, self.card)
        return json.dumps(answered.to_json(), indent=1, ensure_ascii=False)


def evaluate(
    workbench: Workbench, model_id: int, on_progress: OnProgress = no_progress
) -> Evaluated:
    """Measure a version on the labelled scans of the patients kept apart for testing.

    Samples never count. Predictions that are missing are made on the way. Scans that the version,
    or one that it came from, was trained on are left out.

    Args:
        workbench: the open workbench.
        model_id: the version.
        on_progress: called after every predicted scan.

    Returns:
        The report and what belongs to it.

    Raises:
        NoModelError: the workspace has no such version.
        BundleError: its files are damaged.
        NothingToMeasureError: no labelled scan is kept apart that it has not learnt from.

    Example:
        >>> evaluate(workbench, version.id).report.six.accuracy.percent()  # doctest: +SKIP
        '98.3 % (97.1 to 99.3)'
    """
    model = workbench.model(model_id)
    note_learnt(workbench.store)
    locked = locked_scans(workbench)
    with workbench.store.reading() as session:
        version = session.get_one(ModelVersion, model_id)
        known = set(seen_by(session, workbench.blobs, version).tolist())
    fair = [scan for scan in locked if scan.scan not in known]
    if not fair:
        raise NothingToMeasureError(NOTHING)
    cases, number = _cases(workbench, version, fair, on_progress)
    if not cases:
        raise NothingToMeasureError(NOTHING)
    left_out = {LEARNT: len(locked) - len(fair), UNREADABLE: len(fair) - len(cases)}
    report = measure(cases, model.bundle, DATA, left_out=left_out)
    # A version goes by its workspace's name, which may not be the one that its card was given.
    report = replace(report, model=version.name)
    shown = exhibits(model, report.worst, lambda digest: _picture(workbench, number[digest]))
    worst = {one.mistake.digest: number[one.mistake.digest] for one in shown}
    answers = tuple(
        Answer(number[case.digest], case.plane, case.said, case.confidence) for case in cases
    )
    return Evaluated(report, model.bundle.card, shown, worst, answers)


def _picture(workbench: Workbench, scan_id: int) -> Scan | None:
    try:
        return views.stored_scan(workbench, scan_id)
    except (views.DamagedScanError, views.UnknownScanError):
        return None


def _cases(
    workbench: Workbench,
    version: ModelVersion,
    scans: Sequence[HeldOutScan],
    on_progress: OnProgress,
) -> tuple[list[Case], dict[str, int]]:
    """What the version said of each scan, and the scans' numbers by their digests."""
    numbers = [scan.scan for scan in scans]
    said_of = held_out_predictions(workbench, version.id, numbers, on_progress)
    check_below = float(version.card["calibration"]["check_below"])
    found: dict[int, Any] = {}
    with workbench.store.reading() as session:
        for some in batches(numbers, _AT_ONCE):
            rows = session.execute(
                select(
                    tables.ScanRow.id,
                    tables.ScanRow.digest,
                    tables.ScanRow.machine,
                    PredictionRow.unfamiliarity,
                    PredictionRow.second_opinion,
                )
                .join(PredictionRow, PredictionRow.scan_id == tables.ScanRow.id)
                .where(
                    PredictionRow.model_id == version.id,
                    any_of(PredictionRow.scan_id, some),
                )
            )
            found |= {row.id: row for row in rows}
    cases = []
    for scan in scans:
        # A scan that was erased meanwhile, or cannot be read, has none.
        if scan.scan not in said_of or scan.scan not in found:
            continue
        said, row = found[scan.scan], said_of[scan.scan]
        shares = dict(zip(PLANES, row, strict=True))
        # Rows of an older program have none.
        far = said.unfamiliarity or 0.0
        second = SecondOpinion.from_json(said.second_opinion)
        cases.append(
            Case(
                digest=said.digest,
                plane=scan.plane,
                patient=scan.patient,
                machine=said.machine,
                probabilities=tuple(row),
                doubt=Doubt.of(shares, check_below, far, second),
                unfamiliarity=far,
            )
        )
    return cases, {row.digest: row.id for row in found.values()}
