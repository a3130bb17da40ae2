"""Workspaces of version 0.1, whose codes have ten digits, keep filing new scans with the old."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from fetal.cli import main
from fetal.scans import Pseudonyms
from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.imports.import_run import import_csv
from fetal.workbench.ingest.patient_codes import patient_code
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from fetal.workbench.privacy import pseudonym_key
from fetal.workbench.privacy.erasure import UnknownCodeError, erase, outlook
from tests.privacy.with_tags import ultrasound
from tests.support.drawn import file

UID = "1.2.840.5"


def by_0_1(workbench: Workbench, patient: str) -> None:
    """Give the one patient and the scans the codes that version 0.1 made."""
    names = workbench.pseudonyms
    with workbench.store.session() as session:
        code = names.former_patient(patient)
        session.add(Patient(id=code, named=True))
        session.flush()
        session.execute(update(ScanRow).values(patient_id=code))
        for scan in session.scalars(select(ScanRow)):
            scan.name = f"S-{scan.digest[:10]}"
            scan.study = names.former_study(UID) if scan.study else None
        session.delete(session.get_one(Patient, names.patient(patient)))


def codes(workbench: Workbench) -> tuple[set[str], set[str | None]]:
    with workbench.store.reading() as session:
        scans = session.scalars(select(ScanRow)).all()
        return {scan.patient_id for scan in scans}, {scan.study for scan in scans}


def came_with(seed: int) -> list[UploadedFile]:
    return [ultrasound(seed, PatientID="4711", StudyInstanceUID=UID)]


def test_a_patient_and_an_examination_are_found_by_their_old_codes(workbench: Workbench) -> None:
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    add_scans(workbench, came_with(2), who="Ann")
    add_scans(workbench, [file(3)], who="Ann", patient=" 4711 ")
    import_csv(workbench, b"image,patient,plane\na,4711.0,brain\n", [file(4, "a.png")], "Ann")
    patients, studies = codes(workbench)
    assert patients == {workbench.pseudonyms.former_patient("4711")}
    assert studies == {workbench.pseudonyms.former_study(UID), None}


@pytest.mark.parametrize("renewals", [1, 2])
def test_they_are_found_after_the_key_was_renewed(
    reopen: Callable[[], Workbench], renewals: int
) -> None:
    workbench = reopen()
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    before = codes(workbench)
    for _ in range(renewals):
        pseudonym_key.renew_key(workbench.store, "Ann")
    workbench = reopen()
    add_scans(workbench, came_with(2), who="Ann")
    patients, studies = codes(workbench)
    assert (len(patients), len(studies)) == (1, 1)
    assert codes(workbench) != before
    assert patients == {patient_code(workbench, "4711")}


def test_scans_that_name_nobody_join_their_examination_of_0_1(workbench: Workbench) -> None:
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    add_scans(workbench, [ultrasound(2, PatientID="ANON", StudyInstanceUID=UID)], who="Ann")
    assert codes(workbench)[0] == {workbench.pseudonyms.former_patient("4711")}


def test_a_new_patient_of_an_old_workspace_gets_the_longer_code(workbench: Workbench) -> None:
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    add_scans(workbench, [file(2)], who="Ann", patient="4712")
    assert workbench.pseudonyms.patient("4712") in codes(workbench)[0]


def test_an_old_code_is_the_start_of_no_new_one_after_a_renewal() -> None:
    names = Pseudonyms(b"1" * 32).renewed()
    assert len(names.patient("4711")) == len("P-") + 16
    assert len(names.former_patient("4711")) == len("P-") + 10
    assert not names.patient("4711").startswith(names.former_patient("4711"))


def test_the_name_of_one_scan_erases_one_scan(workbench: Workbench) -> None:
    """Two names of which one is the start of the other are two scans."""
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    with workbench.store.session() as session:
        old = session.scalars(select(ScanRow)).one()
        twin = {column.name: getattr(old, column.name) for column in ScanRow.__table__.columns}
        twin |= {"id": None, "digest": old.digest[:10] + "0" * 54, "name": f"{old.name}000000"}
        session.add(ScanRow(**twin))
        name = old.name
    assert outlook(workbench, name).scans == 1
    assert erase(workbench, f"{name}.png", "Ann").scans == 1
    with workbench.store.reading() as session:
        assert session.scalars(select(ScanRow.name)).all() == [f"{name}000000"]
    with pytest.raises(UnknownCodeError):
        outlook(workbench, name)


def test_a_patient_of_0_1_is_erased_by_identifier(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_WORKSPACE", str(workbench.workspace.folder))
    add_scans(workbench, came_with(1), who="Ann")
    by_0_1(workbench, "4711")
    answer = CliRunner().invoke(main, ["forget", "--identifier", "--yes"], input="4711\n")
    assert "Erased 1 scan" in answer.output
    assert codes(workbench) == (set(), set())
