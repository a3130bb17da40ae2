"""What lists show of a scan: the database keeps it true, whoever does what at the same moment."""

from collections.abc import Sequence

import pytest
from sqlalchemy import delete, select, text, update

from fetal.jobs import follow_promotions
from fetal.progress import Progress
from fetal.store.state.derivation import (
    COUNTS,
    differing,
)
from fetal.store.state.state_tables import PatientCount, ScanCount, ScanState
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.state_rebuild import rebuild_state
from fetal.workbench.models import promotion
from fetal.workbench.privacy import erasure
from fetal.workbench.reading_queues import reservations
from fetal.workbench.reading_queues.reservations import Reader
from tests.support.at_once import at_once, raised
from tests.support.labelling import add_version, labelled_rows
from tests.support.tiny_model import tiny_model
from tests.workbench.training_rows import has_said

WHO = "Ann"


@pytest.fixture
def stored(each_workbench: Workbench) -> list[int]:
    """The numbers of 12 scans of 4 patients, all labelled."""
    labelled_rows(each_workbench, patients=4)
    with each_workbench.store.reading() as session:
        return list(session.scalars(select(ScanRow.id).order_by(ScanRow.id)))


def check(workbench: Workbench) -> None:
    """Compare every state and every count with what follows from the events."""
    with workbench.store.reading() as session:
        assert session.scalars(text(differing("scan.id > 0"))).all() == []
        kept = select(ScanState.scan_id).order_by(ScanState.scan_id)
        there = select(ScanRow.id).order_by(ScanRow.id)
        assert session.scalars(kept).all() == session.scalars(there).all()
        for derived, counted in COUNTS:
            rows = [sorted(map(tuple, session.execute(text(one)))) for one in (derived, counted)]
            assert rows[0] == rows[1]


def state(workbench: Workbench, scan: int) -> ScanState:
    with workbench.store.reading() as session:
        return session.get_one(ScanState, scan)


def shown(workbench: Workbench) -> Sequence[int | None]:
    """The models whose opinions lists show, scan by scan."""
    with workbench.store.reading() as session:
        return session.scalars(select(ScanState.model_id).order_by(ScanState.scan_id)).all()


def test_everything_that_happens_at_once_is_in_the_states_and_counts(
    each_workbench: Workbench, stored: list[int]
) -> None:
    workbench = each_workbench
    first, *_, last = stored
    second = add_version(workbench, tiny_model(2, "v2"))
    champion = workbench.champion().version.id

    def label(scan: int, caller: int) -> None:
        for plane in ("brain", "femur"):
            review.annotate(workbench, scan, plane, f"reader {caller}")
        review.note(workbench, scan, "look again", f"reader {caller}")
        review.undo_last(workbench, f"reader {caller}")
        review.undo_last(workbench, f"reader {caller}")

    def look() -> None:
        reservations.hold(workbench, stored[1], Reader("Ben", "b"))
        reservations.hold(workbench, stored[2], Reader("Ben", "b"))

    def predict(model: int, plane: str) -> None:
        has_said(workbench, model, dict.fromkeys(stored[:8], plane))

    def predict_and_promote() -> None:
        predict(champion, "femur")
        promotion.promote(workbench, second, WHO)

    def change() -> None:
        with workbench.store.session() as session:
            session.execute(update(PredictionRow).values(doubt="unknown"))
            session.execute(
                update(ScanRow).where(ScanRow.id == stored[3]).values(patient_id="P-0003")
            )

    name = scans.scan(workbench, last).name
    results = at_once(
        [
            lambda: label(first, 1),
            lambda: label(first, 2),
            lambda: label(stored[4], 3),
            look,
            lambda: predict(second, "brain"),
            predict_and_promote,
            change,
            lambda: erasure.erase(workbench, name, WHO),
        ]
    )
    assert raised(results) == []
    assert follow_promotions.follow_promotions(workbench.store)
    check(workbench)
    assert state(workbench, first).model_id == second
    assert state(workbench, stored[2]).reserved_by == "Ben"
    assert state(workbench, stored[1]).reserved_by is None


def test_what_was_written_past_the_triggers_is_derived_again(
    each_workbench: Workbench, stored: list[int]
) -> None:
    workbench = each_workbench
    has_said(workbench, workbench.champion().version.id, dict.fromkeys(stored, "brain"))
    assert rebuild_state(workbench) == 0
    with workbench.store.session() as session:
        session.execute(delete(ScanState).where(ScanState.scan_id == stored[0]))
        session.execute(
            update(ScanState)
            .where(ScanState.scan_id.in_(stored[1:3]))
            .values(label="femur", note="x", cell="upload/femur/brain/sure")
        )
        session.execute(update(ScanCount).values(scans=7))
        session.execute(update(PatientCount).values(labelled=7))
    told: list[Progress] = []
    assert rebuild_state(workbench, told.append) == 3
    assert told == [Progress(len(stored), len(stored))]
    check(workbench)
    assert rebuild_state(workbench) == 0


def test_an_erased_patient_is_in_no_count(each_workbench: Workbench, stored: list[int]) -> None:
    erasure.erase(each_workbench, "P-0000", WHO)
    check(each_workbench)
    with each_workbench.store.reading() as session:
        assert session.get(PatientCount, "P-0000") is None
        assert (
            session.scalars(select(Patient.id)).all()
            == session.scalars(
                select(PatientCount.patient_id).order_by(PatientCount.patient_id)
            ).all()
        )


def test_opinions_follow_a_promotion_in_small_steps_and_go_on_after_a_stop(
    each_workbench: Workbench, stored: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    workbench = each_workbench
    monkeypatch.setattr(follow_promotions, "AT_ONCE", 5)
    monkeypatch.setattr(promotion, "_FOLLOW_AT_ONCE", 5)
    champion = workbench.champion().version.id
    second = add_version(workbench, tiny_model(2, "v2"))
    has_said(workbench, champion, dict.fromkeys(stored, "brain"))
    has_said(workbench, second, dict.fromkeys(stored[:-1], "femur"))
    promotion.promote(workbench, second, WHO)
    assert shown(workbench).count(second) == 5
    stops = iter([False, True])
    assert not follow_promotions.follow_promotions(workbench.store, stop=lambda: next(stops))
    assert follow_promotions.promotion_to_follow(workbench.store) is not None
    assert follow_promotions.follow_promotions(workbench.store)
    assert follow_promotions.promotion_to_follow(workbench.store) is None
    check(workbench)
    assert shown(workbench) == [second] * (len(stored) - 1) + [champion]
    monkeypatch.setattr(promotion, "_FOLLOW_AT_ONCE", 2000)
    promotion.roll_back(workbench, WHO)
    check(workbench)
    assert shown(workbench) == [champion] * len(stored)
