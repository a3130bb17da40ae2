import pytest
from sqlalchemy import select

from fetal.evaluation import NothingToMeasureError
from fetal.planes import PLANES
from fetal.progress import Progress
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import NoModelError, Workbench
from fetal.workbench.models.model_evaluation import evaluate
from tests.support.labelling import add_version, label_scans
from tests.support.tiny_model import tiny_model


def keep_apart(workbench: Workbench, patients: int) -> None:
    with workbench.store.session() as session:
        named = session.scalars(select(Patient).order_by(Patient.id)).all()
        for patient in named[:patients]:
            patient.split = "test"


@pytest.fixture
def locked(workbench: Workbench) -> Workbench:
    """Fifteen labelled scans of five patients who are kept apart, of two machines."""
    label_scans(workbench)
    keep_apart(workbench, 5)
    with workbench.store.session() as session:
        for scan in session.scalars(select(ScanRow).order_by(ScanRow.id)).all()[::2]:
            scan.machine = "Voluson E6"
    return workbench


def test_a_version_is_measured_on_the_patients_kept_apart(locked: Workbench) -> None:
    champion = locked.champion().version
    told: list[Progress] = []
    found = evaluate(locked, champion.id, told.append)
    report = found.report
    assert (report.scans, report.patients) == (15, 5)
    assert (report.model, report.left_out) == (champion.name, {})
    assert {group.name for group in report.machines} == {"Voluson E6", "not named"}
    assert sum(group.scans for group in report.doubts) == 15
    assert told[-1] == Progress(15, 15)
    assert [one.mistake for one in found.exhibits] == list(report.worst)
    for i, plane in enumerate(PLANES):
        behind = [found.taken_for(plane, said) for said in PLANES]
        assert [len(one) for one in behind] == list(report.six.confusion[i])
    bins = [found.in_bin(position) for position in range(len(report.reliability))]
    assert [len(one) for one in bins] == [one.n for one in report.reliability]
    stated = {one.scan_id: one.confidence for one in found.answers}
    for scans, one in zip(bins, report.reliability, strict=True):
        assert sum(stated[scan] for scan in scans) / one.n == pytest.approx(one.confidence)
    assert all(one.scan.startswith(b"\xff\xd8") for one in found.exhibits)


def test_its_page_holds_scans_only_when_asked(locked: Workbench) -> None:
    found = evaluate(locked, locked.champion().version.id)
    assert found.exhibits
    assert "data:image" in found.page(pictures=True)
    assert "data:image" not in found.page(pictures=False)
    assert found.card_text().startswith("# Model card: tiny")


def test_scans_that_a_version_has_learnt_from_are_left_out_and_counted(locked: Workbench) -> None:
    with locked.store.reading() as session:
        apart = session.scalars(
            select(ScanRow.digest).join(Patient).where(Patient.split == "test").order_by(ScanRow.id)
        ).all()
    cheat = add_version(locked, tiny_model(3, "cheat", tuple(apart[:6])))
    report = evaluate(locked, cheat).report
    assert (report.scans, list(report.left_out.values())) == (9, [6])


def test_without_locked_scans_it_says_so(workbench: Workbench) -> None:
    with pytest.raises(NothingToMeasureError, match="Label scans of more patients"):
        evaluate(workbench, workbench.champion().version.id)


def test_an_unknown_version_is_named(workbench: Workbench) -> None:
    with pytest.raises(NoModelError, match="number 99"):
        evaluate(workbench, 99)
