"""A word that stands for nobody makes no patient, wherever it is written."""

import pytest
from sqlalchemy import select

from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.import_run import import_csv, import_folder, import_scans, plan_import
from fetal.workbench.ingest import crowded_patients
from fetal.workbench.ingest.upload import add_scans
from tests.privacy.with_tags import ultrasound
from tests.support.drawn import file


def patients(workbench: Workbench) -> set[tuple[str, bool]]:
    with workbench.store.reading() as session:
        return {(row.id, row.named) for row in session.scalars(select(Patient))}


def test_a_deidentified_collection_is_no_one_patient(workbench: Workbench) -> None:
    """Two imports share no patient, though every file says ANONYMOUS."""
    for number in range(2):
        files = [
            ultrasound(
                seed, f"brain/{seed}.dcm", PatientID="ANONYMOUS", StudyInstanceUID=f"1.2.{seed}"
            )
            for seed in (2 * number, 2 * number + 1)
        ]
        report = import_folder(workbench, files, "Ann")
        assert report.placeholders == 2
        assert any("2 files have a placeholder such as ANONYMOUS" in one for one in report.remarks)
    assert len(patients(workbench)) == 2
    assert not any(named for _, named in patients(workbench))
    assert all(code.startswith("U-") for code, _ in patients(workbench))


def test_scans_of_one_examination_stay_together_though_nobody_is_named(
    workbench: Workbench,
) -> None:
    for seed in range(2):
        add_scans(
            workbench, [ultrasound(seed, PatientID="0", StudyInstanceUID="1.2.840.77")], who="Ann"
        )
    assert len(patients(workbench)) == 1


def test_a_file_with_a_placeholder_asks_for_the_patient(workbench: Workbench) -> None:
    assert not ultrasound(1, PatientID="UNKNOWN").inspection.names_patient
    assert ultrasound(1, PatientID="4711").inspection.names_patient


@pytest.mark.parametrize("typed", ["ANONYMOUS", "n/a", "?", "Unknown"])
def test_what_is_typed_names_nobody_and_that_is_said(workbench: Workbench, typed: str) -> None:
    [taken] = add_scans(workbench, [file(1)], who="Ann", patient=typed)
    [(code, named)] = patients(workbench)
    assert (code[:2], named) == ("U-", False)
    assert "stands for nobody" in taken.sentence
    [other] = add_scans(workbench, [file(2)], who="Ann", patient="4711")
    assert "nobody" not in other.sentence


def test_the_command_lines_patient_may_be_nobody(workbench: Workbench) -> None:
    plan = plan_import([file(1)], unlabelled=True)
    import_scans(workbench, plan, "Ann", patient="ANON")
    assert [named for _, named in patients(workbench)] == [False]


def test_a_tables_placeholders_name_nobody_and_are_counted(workbench: Workbench) -> None:
    table = b"image,patient,plane\na,ANON,brain\nb,000000,brain\nc,4711,brain\nd,,brain\n"
    files = [file(seed, f"{name}.png") for seed, name in enumerate("abcd")]
    report = import_csv(workbench, table, files, "Ann")
    assert sorted(named for _, named in patients(workbench)) == [False, True]
    note = "In 2 lines a placeholder stands for the patient (“ANON”, “000000”)"
    assert any(note in one for one in report.remarks)


def test_a_table_may_count_its_patients_from_nought(workbench: Workbench) -> None:
    table = b"image,patient,plane\na,0,brain\nb,1,brain\nc,0.0,brain\n"
    files = [file(seed, f"{name}.png") for seed, name in enumerate("abc")]
    report = import_csv(workbench, table, files, "Ann")
    assert [named for _, named in patients(workbench)] == [True, True]
    assert not any("placeholder" in one for one in report.remarks)


def test_a_patient_who_grows_beyond_belief_is_pointed_out(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowded_patients, "MOST_EXAMINATIONS", 2)
    tags = [{"PatientID": "KLINIK", "StudyInstanceUID": f"1.2.{seed}"} for seed in range(4)]
    files = [ultrasound(seed, f"brain/{seed}.dcm", **tags[seed]) for seed in range(3)]
    report = import_folder(workbench, files, "Ann")
    [sentence] = [one for one in report.remarks if "now has 3 scans of 3 examinations" in one]
    assert scans.scans(workbench)[0].patient in sentence
    [taken] = add_scans(workbench, [ultrasound(9, **tags[3])], who="Ann")
    assert "now has 4 scans of 4 examinations" in taken.sentence


def test_one_unknown_patient_of_many_scans_is_not_beyond_belief(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowded_patients, "MOST_SCANS", 1)
    report = import_folder(workbench, [file(seed, f"brain/{seed}.png") for seed in range(3)], "Ann")
    assert not any("now has" in one for one in report.remarks)
    with workbench.store.reading() as session:
        assert len(set(session.scalars(select(ScanRow.patient_id)))) == 1
