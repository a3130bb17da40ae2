"""Labels are read off the folders of image data sets."""

import pytest
from sqlalchemy import select

from fetal.store.tables import Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.folder_layout import read_layout
from fetal.workbench.imports.import_run import import_folder, plan_import
from fetal.workbench.ingest.file_sources import open_source
from fetal.workbench.ingest.upload import UploadedFile
from tests.support.drawn import file


def layout(*labels: str) -> tuple[dict[str, tuple[str, bool]], dict[str, str]]:
    made = read_layout(open_source([UploadedFile(label, b"x") for label in labels]).pieces)
    return {one.piece.label: (one.label, one.test) for one in made.images}, dict(made.refused)


@pytest.mark.parametrize(
    ("label", "plane", "test"),
    [
        ("brain/a.png", "brain", False),
        ("Fetal brain/a.png", "brain", False),
        ("fetal-brain/a.png", "brain", False),
        ("train/Fetal thorax/a.png", "thorax", False),
        ("test/femur/a.png", "femur", True),
        ("data/val/Maternal cervix/a.png", "cervix", False),
        ("femur/testing/a.png", "femur", True),
        ("export/2026/Training set/other/a.png", "other", False),
        ("train/abdomen/machine 1/P7/a.png", "abdomen", False),
        ("P7/unusable/a.png", "unusable", False),
        ("held-out/brain/a.png", "brain", True),
    ],
)
def test_a_plane_is_found_wherever_its_folder_lies(label: str, plane: str, test: bool) -> None:
    images, refused = layout(label)
    assert images == {label: (plane, test)}
    assert not refused


def test_what_lies_in_no_planes_folder_is_left_out_folder_by_folder() -> None:
    images, refused = layout(
        "train/brain/a.png", "train/liver/b.png", "train/liver/c.png", "test/d.png", "e.png"
    )
    assert list(images) == ["train/brain/a.png"]
    assert "“liver” is no plane" in refused["train/liver"]
    assert set(refused) == {"train/liver", "test/d.png", "e.png"}


def test_folders_that_contradict_each_other_are_named() -> None:
    images, refused = layout("brain/femur/a.png", "train/test/brain/b.png", "brain/c.png")
    assert list(images) == ["brain/c.png"]
    assert "different planes (brain, femur)" in refused["brain/femur/a.png"]
    assert "for training and in one for testing" in refused["train/test/brain/b.png"]


def test_scans_in_a_folder_for_testing_never_train_though_nobody_names_their_patients(
    workbench: Workbench,
) -> None:
    files = [
        UploadedFile(f"data/{split}/brain/{seed}.png", file(seed).data)
        for seed, split in enumerate(("train", "test", "val", "test"))
    ]
    report = import_folder(workbench, files, "Ann")
    assert (report.kept_to_test, report.not_kept_to_test) == (2, 0)
    with workbench.store.reading() as session:
        splits = session.execute(
            select(ScanRow.id, Patient.split, Patient.named)
            .join(Patient, Patient.id == ScanRow.patient_id)
            .order_by(ScanRow.id)
        ).all()
    assert [split for _, split, _ in splits] == [None, "test", None, "test"]
    assert not any(named for _, _, named in splits)


def test_what_cannot_be_kept_to_test_any_more_is_told(workbench: Workbench) -> None:
    picture = file(1).data
    import_folder(workbench, [UploadedFile("brain/a.png", picture)], "Ann")
    report = import_folder(workbench, [UploadedFile("test/brain/a.png", picture)], "Ann")
    assert report.not_kept_to_test == 1
    assert any("1 of the scans that are marked to test" in one for one in report.remarks)
    assert len(scans.scans(workbench)) == 1


def test_a_spreadsheet_beside_the_folders_is_pointed_out() -> None:
    plan = plan_import([file(1, "brain/a.png"), UploadedFile("labels.xlsx", b"PK\3\4")])
    assert len(plan.images) == 1
    [note] = plan.notes
    assert note.startswith("“labels.xlsx” is not read")
    assert "save it as CSV" in note
    assert plan.refused == []
