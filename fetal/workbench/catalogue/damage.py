"""Searches the workspace's files for what is missing or damaged."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from fetal.bundle import Bundle, BundleError
from fetal.progress import OnProgress, Progress, no_progress
from fetal.store.blobs import BlobError, BlobMissingError
from fetal.store.contents import EXAMPLES, HELD_OUT, read_pixels, snapshot_entries
from fetal.store.tables import ModelVersion, Run, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_AT_ONCE = 500
"""Scans that are listed in one query."""


@dataclass(frozen=True)
class Damage:
    """Something that the database names and that is not as it was stored.

    Attributes:
        name: what people call it: a scan's name, a training's or a model's.
        missing: whether it is gone; otherwise it is damaged.
        advice: one sentence on what to do.
    """

    name: str
    missing: bool
    advice: str

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        return f"{self.name} is {'missing' if self.missing else 'damaged'}. {self.advice}"


@dataclass(frozen=True)
class Extent:
    """How much there is to check."""

    scans: int
    trainings: int
    models: int

    @property
    def all(self) -> int:
        """All of it."""
        return self.scans + self.trainings + self.models


def extent(workbench: Workbench) -> Extent:
    """Count what `find_damage` looks at.

    Args:
        workbench: the workbench.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        scans = session.scalar(select(func.count(ScanRow.id))) or 0
        trainings = session.scalar(select(func.count(Run.id)).where(Run.snapshot != "")) or 0
        models = session.scalar(select(func.count(ModelVersion.id))) or 0
    return Extent(scans, trainings, models)


def find_damage(workbench: Workbench, on_progress: OnProgress = no_progress) -> Iterator[Damage]:
    """Hold every stored file against the digest that it was stored under.

    Nothing is changed. Some milliseconds a scan, and a tenth of a second a model.

    Args:
        workbench: the workbench.
        on_progress: called after each thing.

    Yields:
        What is missing or damaged: scans first, then the trainings' lists, then models.
    """
    of = extent(workbench).all
    checks = (check(workbench) for check in (_scans, _snapshots, _models))
    for done, found in enumerate((found for check in checks for found in check), start=1):
        if found is not None:
            yield found
        on_progress(Progress(min(done, of), of))


def _scans(workbench: Workbench) -> Iterator[Damage | None]:
    for row in _rows(workbench):
        try:
            read_pixels(workbench.blobs, row.blob, row.digest)
            yield None
        except BlobError as error:
            yield Damage(
                f"The picture of {row.name}",
                isinstance(error, BlobMissingError),
                f"Bring the same file in again, or restore “{row.blob}” from a backup.",
            )


def _rows(workbench: Workbench) -> Iterator[ScanRow]:
    last = 0
    while rows := _rows_after(workbench, last):
        yield from rows
        last = rows[-1].id


def _rows_after(workbench: Workbench, last: int) -> list[ScanRow]:
    with workbench.store.reading() as session:
        query = select(ScanRow).where(ScanRow.id > last).order_by(ScanRow.id).limit(_AT_ONCE)
        return list(session.scalars(query))


def _snapshots(workbench: Workbench) -> Iterator[Damage | None]:
    with workbench.store.reading() as session:
        runs = session.scalars(select(Run).where(Run.snapshot != "").order_by(Run.id)).all()
    for run in runs:
        try:
            for _ in snapshot_entries(workbench.blobs, run.snapshot, EXAMPLES, HELD_OUT):
                pass
            yield None
        except BlobError as error:
            yield Damage(
                f"The list of scans of training {run.id}",
                isinstance(error, BlobMissingError),
                f"Its model works without it; restore “{run.snapshot}” from a backup to see "
                f"again what it learnt from.",
            )


def _models(workbench: Workbench) -> Iterator[Damage | None]:
    with workbench.store.reading() as session:
        versions = session.scalars(select(ModelVersion).order_by(ModelVersion.id)).all()
    for version in versions:
        # The store's own files count, not a copy of them.
        workbench.blobs.drop_copy(version.location)
        try:
            Bundle.open(workbench.blobs.local_folder(version.location))
            yield None
        except (BlobError, BundleError) as error:
            yield Damage(
                f"The model “{version.name}”",
                isinstance(error, BlobMissingError),
                f"Restore the folder “{version.location}” from a backup; if it came with this "
                f"program, start the app, which stores it again.",
            )
