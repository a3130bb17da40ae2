"""Labelled scans of several patients, for tests of what needs many."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import select

from fetal.bundle import Bundle
from fetal.jobs.register_model import register
from fetal.planes import PLANES, Plane
from fetal.scans import read_scan
from fetal.store.tables import Annotation, ModelVersion, Patient, Run, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from tests.support.begun import begin
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model

WHO = "Ann"


def drop_of(patient: int, each: int = 3) -> list[UploadedFile]:
    """The files of one patient."""
    return [
        UploadedFile(f"Patient{patient:05d}_{index}.png", file(100 * patient + index).data)
        for index in range(each)
    ]


def digests_of(patient: int, each: int = 3) -> list[str]:
    """The digests that the scans of one patient will have."""
    return [read_scan(one.data, one.name).digest for one in drop_of(patient, each)]


def label_scans(
    workbench: Workbench,
    patients: int = 12,
    each: int = 3,
    first: int = 0,
    planes: Sequence[Plane] = PLANES[:3],
) -> list[int]:
    """Store `each` scans of every patient and label them, each patient with all planes in turn.

    Storing takes seconds, so an empty workspace becomes a copy of one that was filled once.
    """
    if not _is_empty(workbench):
        return _store_and_label(workbench, patients, each, first, planes)
    made, numbers = _filled_once(patients, each, first, tuple(planes))
    skip = shutil.ignore_patterns("fetal.db*")
    shutil.copytree(made, workbench.workspace.folder, dirs_exist_ok=True, ignore=skip)
    with (
        closing(sqlite3.connect(made / "fetal.db")) as source,
        closing(sqlite3.connect(workbench.workspace.folder / "fetal.db")) as target,
    ):
        source.backup(target)
    vars(workbench).pop("pseudonyms", None)  # the copy brought a key of its own
    return list(numbers)


def _is_empty(workbench: Workbench) -> bool:
    """Say whether a workspace with its database in its folder holds nothing but the tiny model."""
    set_here = {name for name in os.environ if name.startswith("FETAL_")}
    at_home = workbench.workspace == Workspace.at(workbench.workspace.folder)
    if not at_home or set_here - {"FETAL_MODEL", "FETAL_WORKSPACE", "FETAL_SHARED"}:
        return False
    with workbench.store.reading() as session:
        if any(
            session.scalars(select(table.id).limit(1)).first() for table in (ScanRow, Patient, Run)
        ):
            return False
        return session.scalars(select(ModelVersion.digest)).all() == [tiny_model().digest]


@cache
def _filled_once(
    patients: int, each: int, first: int, planes: tuple[Plane, ...]
) -> tuple[Path, tuple[int, ...]]:
    """Fill a workspace; returns its folder and the numbers of the scans."""
    folder = Path(mkdtemp(prefix="labelled-")) / "workspace"
    workbench = open_workbench(Workspace.at(begin(folder)))
    numbers = _store_and_label(workbench, patients, each, first, planes)
    workbench.close()
    return folder, tuple(numbers)


def _store_and_label(
    workbench: Workbench, patients: int, each: int, first: int, planes: Sequence[Plane]
) -> list[int]:
    numbers = []
    for patient in range(first, first + patients):
        for index, taken in enumerate(add_scans(workbench, drop_of(patient, each), who=WHO)):
            assert taken.scan_id is not None
            annotate(workbench, taken.scan_id, planes[(patient + index) % len(planes)], WHO)
            numbers.append(taken.scan_id)
    return numbers


def labelled_rows(workbench: Workbench, patients: int = 12, each: int = 3) -> None:
    """Write rows of labelled scans without pictures, for tests that look at none."""
    with workbench.store.session() as session:
        for patient in range(patients):
            session.add(Patient(id=f"P-{patient:04d}", named=True))
            for index in range(each):
                digest = sha256(f"{patient}.{index}".encode()).hexdigest()
                scan = ScanRow(
                    digest=digest,
                    name=f"S-{digest[:16]}",
                    patient_id=f"P-{patient:04d}",
                    source="upload",
                    width=160,
                    height=120,
                    sector=[0, 0, 160, 120],
                    blob=f"scans/{digest[:2]}/{digest}.png",
                    added_by=WHO,
                )
                session.add(scan)
                session.flush()
                plane = PLANES[(patient + index) % 3].value
                session.add(Annotation(scan_id=scan.id, label=plane, kind="label", who=WHO))


def keep_apart(workbench: Workbench, patients: int) -> None:
    """Put the first patients in the split of the locked test set."""
    with workbench.store.session() as session:
        named = session.scalars(select(Patient).order_by(Patient.id)).all()
        for patient in named[:patients]:
            patient.split = "test"


def add_version(workbench: Workbench, bundle: Bundle) -> int:
    """Register a model as the result of a run that has just been asked for."""
    with workbench.store.session() as session:
        run = Run(
            status="done",
            settings={},
            snapshot="",
            snapshot_counts={},
            parent_id=workbench.champion().version.id,
            who=WHO,
        )
        session.add(run)
    return register(workbench.store, bundle.folder, run).id
