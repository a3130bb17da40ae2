"""Every version on the locked scans as they are now."""

import pytest
from sqlalchemy import func, select

from fetal.progress import Progress
from fetal.store.tables import ModelVersion, PredictionRow
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import digest_of
from fetal.workbench.datasets.test_set import HeldOutScan, take_stock
from fetal.workbench.models import promotion
from tests.support.labelling import WHO, add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model


@pytest.fixture
def locked(workbench: Workbench) -> list[HeldOutScan]:
    """Fifteen locked scans of five patients."""
    label_scans(workbench, patients=5)
    keep_apart(workbench, 5)
    return take_stock(workbench).scans


def test_all_versions_are_measured_on_the_same_scans(
    workbench: Workbench, locked: list[HeldOutScan]
) -> None:
    add_version(workbench, tiny_model(2, "v2 · 23 Nov 2026"))
    told: list[Progress] = []
    rows = promotion.scores(workbench, told.append)
    assert [row.version.name for row in rows] == ["tiny", "v2 · 23 Nov 2026"]
    assert {(row.n_scans, row.n_patients, row.seen) for row in rows} == {(15, 5, 0)}
    assert told[-1] == Progress(30, 30)
    comparison = promotion.compare(workbench, rows[0].version.id, rows[1].version.id)
    for row, figures in zip(rows, (comparison.first, comparison.second), strict=True):
        assert figures is not None
        assert row.accuracy == figures.accuracy


def test_a_version_is_not_asked_what_it_has_learnt_by_heart(
    workbench: Workbench, locked: list[HeldOutScan]
) -> None:
    seen = tuple(digest_of(workbench, scan.scan) for scan in locked[:6])
    add_version(workbench, tiny_model(3, "cheat", seen))
    add_version(
        workbench,
        tiny_model(5, "cheats all", tuple(digest_of(workbench, scan.scan) for scan in locked)),
    )
    rows = {row.version.name: row for row in promotion.scores(workbench)}
    assert (rows["cheat"].n_scans, rows["cheat"].seen) == (9, 6)
    assert (rows["cheats all"].accuracy, rows["cheats all"].seen) == (None, 15)
    assert (rows["tiny"].n_scans, rows["tiny"].seen) == (15, 0)


def test_a_label_that_changes_changes_the_scores_without_predicting_anew(
    workbench: Workbench, locked: list[HeldOutScan]
) -> None:
    (before,) = promotion.scores(workbench)
    with workbench.store.reading() as session:
        predictions = session.scalar(select(func.count(PredictionRow.id)))
    seen = [scans.scan(workbench, scan.scan) for scan in locked]
    wrong = next(scan for scan in seen if not scan.agrees)
    assert wrong.predicted is not None
    annotate(workbench, wrong.id, wrong.predicted, WHO)
    (after,) = promotion.scores(workbench)
    assert before.accuracy is not None
    assert after.accuracy is not None
    assert after.accuracy.value == pytest.approx(before.accuracy.value + 1 / 15)
    with workbench.store.reading() as session:
        assert session.scalar(select(func.count(PredictionRow.id))) == predictions


def test_a_damaged_version_does_not_hide_the_others(
    workbench: Workbench, locked: list[HeldOutScan]
) -> None:
    number = add_version(workbench, tiny_model(6, "broken"))
    with workbench.store.reading() as session:
        place = session.get_one(ModelVersion, number).location
    graph = workbench.blobs.local_folder(place) / "graph.bin"
    graph.write_bytes(b"no weights")
    broken, fine = sorted(promotion.scores(workbench), key=lambda row: row.accuracy is not None)
    assert broken.accuracy is None
    assert broken.problem
    assert fine.n_scans == 15


def test_without_locked_scans_there_is_no_accuracy(workbench: Workbench) -> None:
    (row,) = promotion.scores(workbench)
    assert (row.accuracy, row.n_scans) == (None, 0)
