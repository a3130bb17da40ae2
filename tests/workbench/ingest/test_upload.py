import io
import multiprocessing
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from sqlalchemy import func, select

from fetal.phantom import simulate
from fetal.progress import Progress
from fetal.scans import encode_png
from fetal.scans.errors import TooMuchMemoryError
from fetal.scans.inspection import Inspection
from fetal.scans.sandboxed_reading import client
from fetal.store.table_base import Table
from fetal.store.tables import Patient, PredictionRow, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest import upload
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, UploadedFile, add_scans
from fetal.workbench.ingest.upload_batch import UploadQueue
from tests.support.drawn import fan, file
from tests.support.tiny_model import tiny_model
from tests.workbench.conftest import number_of


def rows(workbench: Workbench, table: type[Table]) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def dicom(patient: str | None) -> UploadedFile:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = pydicom.uid.UltrasoundImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.UID("1.2.3")
    made = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    pixels = fan(99)
    made.Rows, made.Columns = pixels.shape
    made.SamplesPerPixel, made.BitsAllocated, made.BitsStored, made.HighBit = 1, 8, 8, 7
    made.PixelRepresentation, made.PhotometricInterpretation = 0, "MONOCHROME2"
    made.PixelData = pixels.tobytes()
    made.ManufacturerModelName = "Voluson E8"
    made.PatientName = "Ashdown^Jane"
    if patient is not None:
        made.PatientID = patient
    packed = io.BytesIO()
    made.save_as(packed, enforce_file_format=True)
    return UploadedFile("IM0001", packed.getvalue())


def test_a_dropped_scan_is_stored_predicted_and_shown(workbench: Workbench) -> None:
    (taken,) = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert taken.outcome is IngestOutcome.ADDED
    scan = scans.scan(workbench, number_of(taken))
    assert scan.name.startswith("S-")
    assert scan.predicted in scan.probabilities
    assert sum(scan.probabilities.values()) == pytest.approx(1)
    assert scan.confidence == max(scan.probabilities.values())
    assert (scan.added_by, scan.model_name, scan.label) == ("Ann", "tiny", None)
    assert np.array_equal(scans.pixels(workbench, scan.id) > 0, fan(1) > 0)


def test_one_bad_file_gets_one_sentence_and_the_others_go_on(workbench: Workbench) -> None:
    cmyk = io.BytesIO()
    Image.new("CMYK", (100, 100), (0, 255, 255, 0)).save(cmyk, "JPEG")
    files = [
        file(1),
        UploadedFile("empty.png", b""),
        UploadedFile("letter.png", b"Dear colleague, ..."),
        UploadedFile("cut.jpg", file(2, kind="JPEG").data[:500]),
        UploadedFile("colour.jpg", cmyk.getvalue()),
        UploadedFile("thumb.png", encode_png(np.eye(10, dtype=np.uint8) * 200)),
        file(3),
        file(1),
    ]
    taken = add_scans(workbench, files, who="Ann")
    refused = [one for one in taken if one.outcome is IngestOutcome.REFUSED]
    assert [one.outcome for one in (taken[0], taken[6], taken[7])] == [
        IngestOutcome.ADDED,
        IngestOutcome.ADDED,
        IngestOutcome.ALREADY_THERE,
    ]
    assert [one.file for one in refused] == [one.name for one in files[1:6]]
    assert all(one.sentence.endswith(".") and "\n" not in one.sentence for one in refused)
    assert rows(workbench, ScanRow) == len(list(workbench.blobs.keys("scans"))) == 2


def test_the_same_pixels_in_another_format_are_already_there(workbench: Workbench) -> None:
    first, second = add_scans(
        workbench, [file(1, "a.png"), file(1, "b.bmp", "BMP")], who="Ann", patient="4711"
    )
    assert second.outcome is IngestOutcome.ALREADY_THERE
    assert second.scan_id == first.scan_id
    assert scans.scan(workbench, number_of(first)).name in second.sentence


def test_no_name_of_a_patient_or_a_file_is_stored(workbench: Workbench) -> None:
    files = [
        file(1, "../../Jane Ashdown 19900427.png"),
        file(2, "C:\\scans\\Patient00042_Jane.png"),
        dicom("MRN-08154711"),
    ]
    taken = add_scans(workbench, files, who="Ann", patient="Jane Ashdown")
    assert [one.file for one in taken] == [
        "Jane Ashdown 19900427.png",
        "Patient00042_Jane.png",
        "IM0001",
    ]
    workbench.close()
    stored = b"".join(
        path.read_bytes() + path.name.encode()
        for path in workbench.workspace.folder.rglob("*")
        if path.is_file() and "models" not in path.parts
    )
    # Long enough that no digest holds them by chance, as it now and then holds four digits.
    for secret in (b"Jane", b"Ashdown", b"Patient00042", b"08154711", b"19900427", b"IM0001"):
        assert secret not in stored


def test_a_drop_without_names_is_one_unknown_patient(workbench: Workbench) -> None:
    first = add_scans(workbench, [file(1), file(2)], who="Ann")
    second = add_scans(workbench, [file(3)], who="Ann", patient="  ")
    found = [scans.scan(workbench, number_of(one)) for one in (*first, *second)]
    assert found[0].patient == found[1].patient != found[2].patient
    assert not any(scan.named_patient for scan in found)


def test_the_file_s_own_patient_comes_before_the_one_given(workbench: Workbench) -> None:
    taken = add_scans(
        workbench,
        [file(1, "Patient00042_a.png"), file(2), dicom("0815"), dicom(None)],
        who="Ann",
        patient="4711",
    )
    patients = [scans.scan(workbench, number_of(one)).patient for one in taken[:3]]
    expected = [workbench.pseudonyms.patient(name) for name in ("Patient00042", "4711", "0815")]
    assert patients == expected
    assert scans.scan(workbench, number_of(taken[2])).machine == "Voluson E8"
    assert "filed under another patient" in taken[3].sentence


def test_a_scan_of_an_unknown_patient_is_refiled_once_the_patient_is_known(
    workbench: Workbench,
) -> None:
    (first,) = add_scans(workbench, [file(1)], who="Ann")
    (again,) = add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert again.outcome is IngestOutcome.ALREADY_THERE
    assert "now filed under its patient" in again.sentence
    assert scans.scan(workbench, number_of(first)).patient == workbench.pseudonyms.patient("4711")


def test_a_scan_stays_with_an_unknown_patient_that_is_on_a_side_already(
    workbench: Workbench,
) -> None:
    (first,) = add_scans(workbench, [file(1)], who="Ann")
    unknown = scans.scan(workbench, number_of(first)).patient
    with workbench.store.session() as session:
        session.get_one(Patient, unknown).split = "train"
    add_scans(workbench, [file(1)], who="Ann", patient="4711")
    assert scans.scan(workbench, number_of(first)).patient == unknown


@pytest.mark.parametrize(
    ("incoming", "names"),
    [
        (UploadedFile("Patient00042_1.png", b""), True),
        (UploadedFile("folder/patient7.png", b""), True),
        (UploadedFile("scan.png", b"no dicom"), False),
        (UploadedFile("a/Patient1/scan.png", b""), False),
    ],
)
def test_it_is_told_whether_a_file_names_its_patient(incoming: UploadedFile, names: bool) -> None:
    assert incoming.inspection.names_patient is names


def test_a_dicom_file_names_its_patient_by_its_identifier() -> None:
    assert dicom("0815").inspection.names_patient
    assert not dicom(None).inspection.names_patient
    assert not dicom(" ").inspection.names_patient


def test_samples_are_two_dozen_phantoms_of_all_planes_and_come_once(workbench: Workbench) -> None:
    first = upload.add_samples(workbench, "Ann")
    again = upload.add_samples(workbench, "Ann")
    assert [one.outcome for one in first] == [IngestOutcome.ADDED] * 24
    assert [one.outcome for one in again] == [IngestOutcome.ALREADY_THERE] * 24
    found = scans.scans(workbench, scans.ScanFilter(sources=("sample",)))
    assert len({scan.patient for scan in found}) == 24
    assert all(scan.patient.startswith("P-sample-") for scan in found)


def test_the_machine_s_text_is_gone_before_a_scan_is_stored(workbench: Workbench) -> None:
    phantom = simulate("brain", seed=5)
    (taken,) = add_scans(workbench, [UploadedFile("p.png", encode_png(phantom.pixels))], who="Ann")
    kept = scans.pixels(workbench, number_of(taken))
    assert phantom.pixels[phantom.text].max() > 0
    assert kept[phantom.text & ~phantom.sector].max() == 0


def test_a_drop_goes_on_in_the_background_and_tells_how_far_it_is(workbench: Workbench) -> None:
    drop = UploadQueue(workbench).start([file(seed) for seed in range(6)], "Ann", "4711")
    assert drop.wait(60)
    assert (drop.progress, drop.finished, drop.failure) == (Progress(6, 6), True, None)
    assert [one.outcome for one in drop.results] == [IngestOutcome.ADDED] * 6


def test_a_drop_that_cannot_be_stored_says_so(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", _full)
    drop = UploadQueue(workbench).start([file(1)], "Ann")
    assert drop.wait(60)
    assert "disk full" in (drop.failure or "")
    assert rows(workbench, ScanRow) == 0


def _full(_: object) -> None:
    raise OSError("disk full")


def test_a_file_is_looked_at_once_however_often_the_page_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    real = client.inspect_file

    def inspect_file(*file: Any) -> Inspection:
        asked.append(file)
        return real(*file)

    monkeypatch.setattr(client, "inspect_file", inspect_file)
    incoming = dicom("0815")
    assert [incoming.inspection.names_patient for _ in range(3)] == [True] * 3
    assert not incoming.known_film
    assert len(asked) == 1


def test_two_threads_with_the_same_drop_store_each_scan_once(workbench: Workbench) -> None:
    files = [file(seed) for seed in range(6)]
    results: list[IngestResult] = []
    threads = [
        threading.Thread(
            target=lambda: results.extend(add_scans(workbench, files, who="Ann", patient="1"))
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(workbench, ScanRow) == rows(workbench, PredictionRow) == 6
    assert sum(one.outcome is IngestOutcome.ADDED for one in results) == 6
    assert sum(one.outcome is IngestOutcome.ALREADY_THERE for one in results) == 12


def test_two_processes_that_add_the_same_scan_at_once_store_it_once(workbench: Workbench) -> None:
    tiny_model()
    context = multiprocessing.get_context("spawn")
    files = [file(seed) for seed in range(4)]
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        parts = pool.map(_add, [workbench.workspace] * 2, [files] * 2)
        outcomes = [one for part in parts for one in part]
    assert sorted(outcomes) == [IngestOutcome.ADDED] * 4 + [IngestOutcome.ALREADY_THERE] * 4
    assert rows(workbench, ScanRow) == 4


def _add(workspace: Workspace, files: list[UploadedFile]) -> list[IngestOutcome]:
    return [one.outcome for one in add_scans(open_workbench(workspace), files, who="Ann")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems bound no process's memory")
@pytest.mark.parametrize("way", ["drop", "import"])
def test_a_file_that_needs_too_much_memory_gets_a_sentence_and_the_others_go_on(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    huge = UploadedFile("huge.png", encode_png(np.tile(np.arange(100, dtype=np.uint8), (6300, 63))))
    files = [file(1), huge, file(2)]
    # A reading process takes about 340 MB for itself.
    monkeypatch.setenv("FETAL_READING_MEGABYTES", "450")
    if way == "drop":
        taken = add_scans(workbench, files, who="Ann")
    else:
        taken = import_scans(workbench, plan_import(files, unlabelled=True), "Ann").taken
    assert [one.outcome for one in taken] == [
        IngestOutcome.ADDED,
        IngestOutcome.REFUSED,
        IngestOutcome.ADDED,
    ]
    assert taken[1].sentence == str(TooMuchMemoryError(450))
