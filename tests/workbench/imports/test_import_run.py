from pathlib import Path

import pytest
from sqlalchemy import select

from fetal.progress import Progress
from fetal.store.audit import entries
from fetal.store.tables import Patient
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scan_table, scans
from fetal.workbench.imports import import_run
from fetal.workbench.imports.import_run import NoFolderError
from fetal.workbench.ingest import upload
from fetal.workbench.label_tables import label_table
from fetal.workbench.label_tables.label_table import read_label_table
from tests.conftest import RealScan
from tests.support.drawn import fan, file
from tests.support.films import film


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder with images a.png, b.bmp and deep/c.tif."""
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    for seed, (name, kind) in enumerate(
        [("a.png", "PNG"), ("b.bmp", "BMP"), ("deep/c.tif", "TIFF")]
    ):
        (folder / name).write_bytes(file(seed, kind=kind).data)
    return folder


def labels(workbench: Workbench) -> list[tuple[str, str | None]]:
    return sorted(
        (scan.label, scan.label_kind) for scan in scans.scans(workbench) if scan.label is not None
    )


def splits(workbench: Workbench) -> dict[str, str | None]:
    with workbench.store.reading() as session:
        return dict(session.execute(select(Patient.id, Patient.split)).all())


def test_a_simple_table_labels_its_images_and_names_what_is_missing(
    workbench: Workbench, images: Path
) -> None:
    table = (
        b"image,plane,patient\n"
        b"a,Fetal brain,4711\nb.bmp,femur,4711\nc.png,unusable,4712\n"
        b"gone.png,brain,4713\n../../etc/passwd,brain,4713\na,liver,4711\n"
    )
    report = import_run.import_csv(workbench, table, images, "Ann")
    assert labels(workbench) == [("brain", "import"), ("femur", "import"), ("unusable", "import")]
    assert report.labelled == 3
    assert report.missing == ["gone.png", "../../etc/passwd"]
    assert len(report.refused) == 1
    assert "Line 7" in report.refused[0]
    assert "liver" in report.refused[0]
    patients = {scan.patient for scan in scans.scans(workbench)}
    assert patients == {workbench.pseudonyms.patient(name) for name in ("4711", "4712")}


def test_the_official_table_puts_its_test_patients_on_the_test_side(
    workbench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for seed in range(3):
        name = f"Patient0000{seed + 1}_Plane3_1_of_1.png"
        (folder / name).write_bytes(file(seed).data)
    table = (
        b"Image_name;Patient_num;Plane;Brain_plane;Operator;US_Machine;Train \n"
        b"Patient00001_Plane3_1_of_1;1;Fetal brain;Other;Op. 1;Aloka;1 \n"
        b"Patient00002_Plane3_1_of_1;2;Fetal thorax;Not A Brain;Op. 1;Voluson E6;0 \n"
        b"Patient00003_Plane3_1_of_1;3;Maternal cervix;Not A Brain;Op. 1;Other;0 \n"
        b"Patient00004_Plane3_1_of_1;4;Fetal femur;Not A Brain;Op. 1;Aloka;0 \n"
    )
    patients = [workbench.pseudonyms.patient(f"Patient0000{number}") for number in (1, 2, 3)]
    with workbench.store.session() as session:
        session.add(Patient(id=patients[2], named=True, split="train"))
    report = import_run.import_csv(workbench, table, folder, "Ann")
    assert splits(workbench) == dict(zip(patients, (None, "test", "train"), strict=True))
    assert labels(workbench) == [("brain", "import"), ("cervix", "import"), ("thorax", "import")]
    assert report.missing == ["Patient00004_Plane3_1_of_1"]
    assert {scan.machine for scan in scans.scans(workbench)} == {"Aloka", "Voluson E6", "Other"}


def test_frames_of_a_film_come_without_the_label_of_its_folder(
    workbench: Workbench, tmp_path: Path
) -> None:
    (tmp_path / "brain").mkdir()
    (tmp_path / "brain" / "a.png").write_bytes(file(1).data)
    (tmp_path / "brain" / "clip.dcm").write_bytes(film([fan(2), fan(3)]))
    report = import_run.import_folder(workbench, tmp_path, "Ann")
    assert report.files == ["brain/a.png", "brain/clip.dcm", "brain/clip.dcm"]
    assert report.planes == ["brain", None, None]
    assert [one.outcome for one in report.taken] == [upload.IngestOutcome.ADDED] * 3
    assert [scan.label for scan in scans.scans(workbench)].count("brain") == 1


def test_an_import_that_comes_again_adds_nothing_and_overrules_nobody(
    workbench: Workbench, images: Path
) -> None:
    table = b"image,plane\na,brain\nb,femur\n"
    import_run.import_csv(workbench, table, images, "Ann")
    corrected = next(scan.id for scan in scans.scans(workbench) if scan.label == "femur")
    review.annotate(workbench, corrected, "abdomen", "Ben")
    again = import_run.import_csv(workbench, table, images, "Ann")
    assert {one.outcome for one in again.taken} == {upload.IngestOutcome.ALREADY_THERE}
    assert (again.labelled, again.kept) == (0, 1)
    assert scans.scan(workbench, corrected).label == "abdomen"
    changed = import_run.import_csv(workbench, table.replace(b"femur", b"thorax"), images, "Ann")
    assert changed.labelled == 1
    assert scans.scan(workbench, corrected).label == "thorax"


def test_a_table_alone_labels_scans_that_came_from_files_of_these_names(
    workbench: Workbench,
) -> None:
    (taken,) = upload.add_scans(workbench, [file(1, "ward/Scan 7.PNG")], who="Ann")
    assert taken.scan_id is not None
    name = scans.scan(workbench, taken.scan_id).name
    report = import_run.import_csv(
        workbench, b"file,label\nscan 7.jpg,brain\nscan 8,brain\n", None, "Ben"
    )
    assert scans.scan(workbench, taken.scan_id).label == "brain"
    assert report.missing == ["scan 8"]
    import_run.import_csv(workbench, f"image,plane\n{name}.png,femur\n".encode(), None, "Ben")
    assert scans.scan(workbench, taken.scan_id).label == "femur"


def test_a_name_that_two_scans_share_labels_neither(workbench: Workbench) -> None:
    upload.add_scans(workbench, [file(1, "1.png"), file(2, "1.png")], who="Ann")
    report = import_run.import_csv(workbench, b"image,plane\n1.png,brain\n", None, "Ann")
    assert labels(workbench) == []
    assert "2 stored scans" in report.refused[0]


def test_images_of_the_same_name_are_told_apart_by_their_folder(
    workbench: Workbench, tmp_path: Path
) -> None:
    for seed, place in enumerate(("one", "two")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "x.png").write_bytes(file(seed).data)
    report = import_run.import_csv(
        workbench, b"image,plane\none/x.png,brain\ntwo/x.png,femur\nx.png,other\n", tmp_path, "Ann"
    )
    assert [label for label, _ in labels(workbench)] == ["brain", "femur"]
    assert "2 files" in report.refused[0]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "columns image and plane"),
        (b"name,colour\na,red\n", "name, colour"),
        (b"PK\x03\x04\0\0\0", "save the table as CSV"),
    ],
)
def test_what_is_no_table_of_labels_is_refused_in_one_sentence(
    workbench: Workbench, table: bytes, words: str
) -> None:
    with pytest.raises(label_table.LabelTableError, match=words):
        import_run.import_csv(workbench, table, None, "Ann")


def test_a_patients_number_of_thousands_of_digits_is_a_name_like_any_other() -> None:
    table = b"Image_name;Patient_num;Plane\na;" + b"9" * 5000 + b";Fetal brain\nb;7;Other\n"
    rows = read_label_table(table)
    assert [row.patient for row in rows] == ["9" * 5000, "Patient00007"]


def test_tables_as_spreadsheets_write_them_are_read(workbench: Workbench, images: Path) -> None:
    table = "\ufeffImage;Plane;Patient\r\n\r\na;Fetal brain;Müller\r\nb;;\r\n".encode()
    report = import_run.import_csv(workbench, table, images, "Ann")
    assert labels(workbench) == [("brain", "import")]
    assert len(report.taken) == 2
    windows = "image;plane;patient\nc;femur;Müller\n".encode("cp1252")
    import_run.import_csv(workbench, windows, images, "Ann")
    named = {scan.patient for scan in scans.scans(workbench) if scan.named_patient}
    assert named == {workbench.pseudonyms.patient("Müller")}


def test_a_folder_for_each_plane_is_imported(workbench: Workbench, tmp_path: Path) -> None:
    for seed, place in enumerate(("brain", "Fetal abdomen", "femur/patient 7", "liver")):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / f"{seed}.png").write_bytes(file(seed).data)
    (tmp_path / "brain" / "broken.png").write_bytes(b"no image")
    (tmp_path / "brain" / "notes.txt").write_text("not looked at")
    (tmp_path / "brain" / ".DS_Store").write_bytes(b"")
    reported: list[Progress] = []
    report = import_run.import_folder(workbench, tmp_path, "Ann", on_progress=reported.append)
    assert [label for label, _ in labels(workbench)] == ["abdomen", "brain", "femur"]
    assert len(report.refused) == 2
    assert any("liver" in sentence for sentence in report.refused)
    assert any(sentence.startswith("broken.png: ") for sentence in report.refused)
    assert reported[-1] == Progress(4, 4)
    assert {scan.source for scan in scans.scans(workbench)} == {"import"}


def test_a_folder_that_is_none_or_holds_none_says_so(workbench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(NoFolderError):
        import_run.import_folder(workbench, tmp_path / "nothing", "Ann")
    with pytest.raises(NoFolderError):
        import_run.import_csv(workbench, b"image,plane\n", tmp_path / "nothing", "Ann")
    (report,) = [import_run.import_folder(workbench, tmp_path, "Ann")]
    assert "found none" in report.refused[0]


def test_an_import_leaves_a_line_in_the_audit_trail_without_names(
    workbench: Workbench, images: Path
) -> None:
    import_run.import_csv(workbench, b"image,plane\na,brain\ngone,brain\n", images, "Ann")
    with workbench.store.reading() as session:
        (line,) = entries(session, action="import table")
    assert line.who == "Ann"
    assert (line.detail["added"], line.detail["labelled"], line.detail["missing"]) == (1, 1, 1)
    assert "gone" not in str(line.detail)


def test_real_scans_come_in_with_the_official_table(
    workbench: Workbench,
    real_scans: list[RealScan],
    real_collection: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FETAL_UNSURE", "keep")
    folder = tmp_path / "images"
    folder.mkdir()
    by_side: dict[str, list[RealScan]] = {"0": [], "1": []}
    for path, row in real_scans:
        by_side[row["Train"]].append((path, row))
    chosen = [*by_side["0"][:3], *by_side["1"][:3]]
    for path, _ in chosen:
        (folder / path.name).symlink_to(path)
    table = real_collection / "FETAL_PLANES_DB_data.csv"
    report = import_run.import_csv(workbench, table, folder, "Ann")
    assert len(report.taken) == report.labelled == 6
    assert len(report.missing) == 12_400 - 6
    assert report.refused == []
    for path, row in chosen:
        patient = workbench.pseudonyms.patient(path.name.split("_")[0])
        assert splits(workbench)[patient] == ("test" if row["Train"] == "0" else None)
    titles = scan_table.table(workbench)["label"]
    assert sorted(titles) == sorted(
        row["Plane"] if row["Plane"] != "Other" else "Other" for _, row in chosen
    )
