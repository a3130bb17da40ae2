"""No model is judged on scans that it learnt from, under whatever pixels they come back."""

import io
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from fetal.bundle import write_bundle
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.scans import Scan as ReadScan
from fetal.scans import encode_png, pixel_digest, read_scan
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text
from fetal.splits import TEST, TRAIN
from fetal.store.learnt_tables import LearntScan
from fetal.store.tables import ModelVersion, Patient, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.datasets.leakage import seen_by
from fetal.workbench.datasets.lineage import note_learnt
from fetal.workbench.ingest.deid_policy import OPEN
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from fetal.workbench.models import promotion
from fetal.workbench.models.model_evaluation import evaluate
from fetal.workbench.privacy.erasure import erase, outlook
from fetal.workbench.retraining.plan import plan_now
from tests.support.drawn import file, once
from tests.support.labelling import WHO, add_version
from tests.support.tiny_model import tiny_model

Screen = tuple[Plane, int]
Pixels = NDArray[np.uint8]

LEARNT = [(Plane.FEMUR, 2032), (Plane.OTHER, 2033), (Plane.BRAIN, 2042), (Plane.OTHER, 2050)]
"""Simulated screens, of which version 0.1 blanked less than this one does."""


@cache
def screen(one: Screen) -> Pixels:
    return simulate(*one).pixels


@cache
def scan(one: Screen) -> ReadScan:
    return read_scan(encode_png(screen(one)), "a.png")


def packed(pixels: Pixels, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def halved(pixels: Pixels) -> Pixels:
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS))


WAYS: dict[str, Callable[[Screen], bytes]] = {
    "the same file": lambda one: encode_png(screen(one)),
    "another format": lambda one: packed(screen(one), "BMP"),
    "an export": lambda one: encode_png(scan(one).pixels),
    "an export of version 0.1": lambda one: encode_png(once(screen(one))),
    "a JPEG of the file": lambda one: packed(screen(one), "JPEG", quality=70),
    "a JPEG of an export": lambda one: packed(scan(one).pixels, "JPEG", quality=70),
    "an export of half the size": lambda one: encode_png(halved(scan(one).pixels)),
    "an export, mirrored": lambda one: encode_png(scan(one).pixels[:, ::-1]),
}


class ShipModel(Protocol):
    """Ships the model with the list of what it has learnt from."""

    def __call__(self, *, hashes: bool) -> None: ...


@pytest.fixture
def learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ShipModel:
    """Ships a tiny model that was trained on the screens; `hashes` false is as 0.1 wrote it."""

    def ship(*, hashes: bool) -> None:
        bundle = tiny_model()
        scans = [scan(one) for one in LEARNT]
        digests = [one.digest for one in scans]
        if not hashes:
            digests = [pixel_digest(once(screen(one))) for one in LEARNT]
        looks = [to_text(near_duplicate_hash(one.pixels, one.sector)) for one in scans]

        def copy_graph(place: Path) -> None:
            for name in ("graph.xml", "graph.bin"):
                (place / name).write_bytes((bundle.folder / name).read_bytes())

        folder = tmp_path / f"learnt-{hashes}"
        write_bundle(
            folder,
            bundle.card,
            copy_graph,
            digests,
            hashes=looks if hashes else (),
        )
        monkeypatch.setenv("FETAL_MODEL", str(folder))

    return ship


def bring(workbench: Workbench, contents: Iterable[bytes]) -> list[int]:
    """Store pictures, each of a patient of its own who is kept apart for testing."""
    numbers = []
    for index, content in enumerate(contents):
        (taken,) = add_scans(
            workbench, [UploadedFile("a.png", content)], who=WHO, patient=f"p{index}", gate=OPEN
        )
        assert taken.outcome is IngestOutcome.ADDED
        assert taken.scan_id is not None
        annotate(workbench, taken.scan_id, PLANES[index % 2], WHO)
        numbers.append(taken.scan_id)
    with workbench.store.session() as session:
        for patient in session.scalars(select(Patient)):
            patient.split = "test"
    return numbers


def unseen(workbench: Workbench) -> list[int]:
    with workbench.store.reading() as session:
        version = session.get_one(ModelVersion, workbench.champion().version.id)
        known = seen_by(session, workbench.blobs, version)
        return [number for number in session.scalars(select(ScanRow.id)) if number not in known]


@pytest.mark.parametrize("way", WAYS)
def test_scans_of_its_training_count_as_seen_however_they_come(
    learnt: ShipModel, reopen: Callable[[], Workbench], way: str
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    *numbers, stranger = bring(workbench, [*(WAYS[way](one) for one in LEARNT), file(1).data])
    assert unseen(workbench) == [stranger]
    version = workbench.champion().version.id
    assert evaluate(workbench, version).report.scans == 1
    comparison = promotion.compare(workbench, version, add_version(workbench, tiny_model(2)))
    assert (comparison.n_scans, comparison.left_out) == (1, len(numbers))


@pytest.mark.parametrize("way", ["the same file", "another format", "an export of version 0.1"])
def test_a_list_that_version_0_1_wrote_knows_its_scans_by_their_digests(
    learnt: ShipModel, reopen: Callable[[], Workbench], way: str
) -> None:
    learnt(hashes=False)
    workbench = reopen()
    bring(workbench, [WAYS[way](one) for one in LEARNT])
    assert unseen(workbench) == []


def test_a_workspace_of_version_0_1_knows_by_the_list_that_came_with_this_one(
    learnt: ShipModel, reopen: Callable[[], Workbench]
) -> None:
    learnt(hashes=False)
    reopen().close()
    learnt(hashes=True)
    workbench = reopen()
    assert [version.origin for version in promotion.versions(workbench)] == ["shipped"]
    bring(workbench, [WAYS["a JPEG of the file"](one) for one in LEARNT])
    assert unseen(workbench) == []


def splits_without_any_given(workbench: Workbench) -> list[str]:
    """The split that each patient would get by whether the model has learnt from the scan."""
    with workbench.store.session() as session:
        for patient in session.scalars(select(Patient)):
            patient.split = None
    with workbench.store.reading() as session:
        planned = plan_now(session, workbench.blobs)
    return list(planned.split_of().values())


def test_patients_of_its_training_learn_and_are_not_tested_on(
    learnt: ShipModel, reopen: Callable[[], Workbench]
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    again = [WAYS["a JPEG of the file"](one) for one in LEARNT]
    bring(workbench, [*again, *(file(seed).data for seed in range(12))])
    splits = splits_without_any_given(workbench)
    assert splits[: len(LEARNT)] == [TRAIN] * len(LEARNT)
    assert TEST in splits


def test_an_erasure_names_the_model_that_learnt_from_the_picture(
    learnt: ShipModel, reopen: Callable[[], Workbench]
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    bring(workbench, [WAYS["a JPEG of the file"](LEARNT[0])])
    with workbench.store.reading() as session:
        name = session.scalars(select(ScanRow.name)).one()
    assert outlook(workbench, name).models == ("tiny",)


def test_a_model_whose_files_are_damaged_keeps_no_scan_out(
    learnt: ShipModel, reopen: Callable[[], Workbench]
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    for path in (workbench.workspace.folder / "blobs" / "models").rglob("trained_on.txt"):
        path.write_bytes(b"\xff damaged")
    again = encode_png(once(screen(LEARNT[0])))
    (taken,) = add_scans(workbench, [UploadedFile("a.png", again)], who=WHO, gate=OPEN)
    assert taken.outcome is IngestOutcome.ADDED


def scan_that(workbench: Workbench, number: int) -> str:
    with workbench.store.reading() as session:
        return session.get_one(ScanRow, number).name


@pytest.mark.parametrize("way", ["the same file", "a JPEG of the file"])
def test_a_scan_that_was_erased_is_known_again(
    learnt: ShipModel, reopen: Callable[[], Workbench], way: str
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    first, stranger = bring(workbench, [encode_png(screen(LEARNT[0])), file(1).data])
    note_learnt(workbench.store)
    erase(workbench, scan_that(workbench, first), WHO)
    bring(workbench, [WAYS[way](LEARNT[0])])
    assert unseen(workbench) == [stranger]


def test_what_was_noted_is_what_the_list_says_of_scans_that_come_later(
    learnt: ShipModel, reopen: Callable[[], Workbench]
) -> None:
    learnt(hashes=True)
    workbench = reopen()
    (stranger,) = bring(workbench, [file(1).data])
    note_learnt(workbench.store)
    bring(workbench, [WAYS["a JPEG of an export"](one) for one in LEARNT[:2]])
    assert unseen(workbench) == [stranger]
    note_learnt(workbench.store)
    with workbench.store.reading() as session:
        assert len(session.scalars(select(LearntScan.scan_id)).all()) == 2
    assert unseen(workbench) == [stranger]
