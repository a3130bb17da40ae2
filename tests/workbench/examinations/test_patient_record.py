from sqlalchemy import update

from fetal.store.tables import ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.examinations.patient_record import patient_record
from fetal.workbench.ingest.upload import add_scans
from tests.support.drawn import file


def filed(workbench: Workbench, scans: list[int], study: str, day: int) -> None:
    with workbench.store.session() as session:
        session.execute(update(ScanRow).where(ScanRow.id.in_(scans)).values(study=study, day=day))


def test_a_patients_scans_come_by_examination_in_the_order_of_their_days(
    workbench: Workbench, five_scans: list[int]
) -> None:
    other = add_scans(workbench, [file(99)], who="Ann", patient="4712")
    # Days are counted round: 36,520 comes before 3.
    filed(workbench, five_scans[:2], "E-2", 3)
    filed(workbench, five_scans[3:], "E-1", 36_520)
    review.annotate(workbench, five_scans[3], "femur", "Ann")
    found = patient_record(workbench, workbench.pseudonyms.patient("4711"))
    assert found is not None
    assert [(one.code, one.days) for one in found.examinations] == [
        ("E-1", 0),
        ("E-2", 8),
        (None, None),
    ]
    seen = [[scan.id for scan in one.scans] for one in found.examinations]
    assert seen == [five_scans[3:], five_scans[:2], five_scans[2:3]]
    assert found.examinations[0].scans[0].label == "femur"
    assert (found.split, found.held_out, found.before) == (None, frozenset(), None)
    assert other[0].scan_id not in five_scans


def test_many_scans_are_read_a_part_at_a_time(workbench: Workbench, five_scans: list[int]) -> None:
    code = workbench.pseudonyms.patient("4711")
    newest = patient_record(workbench, code, most=2)
    assert newest is not None
    assert [scan.id for scan in newest.examinations[0].scans] == five_scans[3:]
    older = patient_record(workbench, code, newest.before, most=3)
    assert older is not None
    assert [scan.id for scan in older.examinations[0].scans] == five_scans[:3]
    assert older.before is None
    assert patient_record(workbench, "P-nobody") is None
