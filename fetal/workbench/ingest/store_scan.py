"""Writes scans that were read into the workspace: all of each, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.jobs.batch_prediction import kept_values
from fetal.predict import Prediction
from fetal.scans import Scan as ReadScan
from fetal.scans.similarity.perceptual_hash import REACH, distances, fingerprint, small_square
from fetal.store import audit
from fetal.store.contents import holds_pixels
from fetal.store.tables import PredictionRow, ScanRow
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.files import FramePlace, IngestOutcome, IngestResult, PatientRef
from fetal.workbench.ingest.patient_codes import ensure_patient, owner_of_study, study_code
from fetal.workbench.ingest.recognition import (
    exported_name,
    origin_digest,
    picture_key,
    stored_scans,
)
from fetal.workbench.near_duplicates.detect_pairs import Look, look


@dataclass(frozen=True, eq=False)
class NewScan:
    """A scan that is to be stored, with all that its rows tell.

    Attributes:
        file: its file's name, of which a keyed hash is kept.
        scan: the scan.
        png: its pixels as the store keeps them.
        owner: its patient.
        source: `upload`, `import` or `sample`.
        who: the person who brings it.
        decided: how often that person changed what is blanked, for the audit trail; None where
            nobody was asked.
        place: which frame of which film it is; None of a still.
        prediction: what the model says of it; None without a model.
        model_id: the model's version.
    """

    file: str
    scan: ReadScan
    png: bytes
    owner: PatientRef
    source: str
    who: str
    decided: Mapping[str, int] | None = None
    place: FramePlace | None = None
    prediction: Prediction | None = None
    model_id: int | None = None

    @property
    def blob(self) -> str:
        """The key of its pixels."""
        return f"scans/{self.scan.digest[:2]}/{self.scan.digest}.png"

    @cached_property
    def square(self) -> NDArray[np.uint8]:
        """Its sector as `small_square` makes it: to scale a scan down takes longer than a query."""
        return small_square(self.scan.pixels, self.scan.sector)


def store_scans(workbench: Workbench, scans: Sequence[NewScan]) -> list[IngestResult | None]:
    """Store a few scans.

    The pixels are stored first, under their digest: a program that is killed in between leaves a
    file that no row names, and the next attempt uses it. Then come the rows, those of several
    scans in one transaction. Scans that look alike do not share one, since each is compared with
    what is stored.

    Args:
        workbench: the workbench.
        scans: the scans; a few at a time, since nobody else writes meanwhile.

    Returns:
        What became of each, in their order; None where somebody else has stored the same picture
        since it was looked up.
    """
    stored: list[IngestResult | None] = []
    for together in _unlike_each_other(scans):
        stored += _store_together(workbench, together)
    return stored


def _unlike_each_other(scans: Sequence[NewScan]) -> Iterator[list[NewScan]]:
    together: list[NewScan] = []
    digests: set[str] = set()
    hashes: list[np.ndarray] = []
    for new in scans:
        own = fingerprint(new.square)
        alike = hashes and (distances(own, np.stack(hashes)) <= REACH).any()
        if alike or digests & new.scan.digests:
            yield together
            together, digests, hashes = [], set(), []
        together.append(new)
        digests |= new.scan.digests
        hashes.append(own)
    if together:
        yield together


def _store_together(workbench: Workbench, scans: Sequence[NewScan]) -> list[IngestResult | None]:
    looks = []
    for new in scans:
        if not holds_pixels(workbench.blobs, new.blob, new.scan.digest):
            workbench.blobs.put(new.blob, new.png)
        looks.append(look(workbench, new.scan, new.owner.pseudonym, new.source, new.square))
    with workbench.store.reading() as session:
        origins = [origin_digest(session, workbench.blobs, new.scan, new.file) for new in scans]
    with workbench.store.session() as session:
        patients: set[str] = set()
        known = stored_scans(session, workbench, [new.scan for new in scans])
        rows = [
            _add(session, workbench, new, origin, seen, patients) if there is None else None
            for new, origin, seen, there in zip(scans, origins, looks, known, strict=True)
        ]
    return [
        _told(new, row, seen) if row is not None else None
        for new, row, seen in zip(scans, rows, looks, strict=True)
    ]


def _add(
    session: Session,
    workbench: Workbench,
    new: NewScan,
    origin: str | None,
    seen: Look | None,
    patients: set[str],
) -> ScanRow:
    """Add the rows of a scan whose picture is not stored.

    `patients` are those whose rows this transaction has looked for already.
    """
    read, owner = new.scan, new.owner
    if read.study is not None and not owner.named:
        owner = owner_of_study(session, workbench, read.study) or owner
    if owner.pseudonym not in patients:
        ensure_patient(session, workbench, owner)
        patients.add(owner.pseudonym)
    # Somebody may have erased the same picture since it was written.
    if not workbench.blobs.exists(new.blob):
        workbench.blobs.put(new.blob, new.png)
    scan = _row(session, workbench, replace(new, owner=owner), origin)
    session.add(scan)
    session.flush()
    if new.prediction is not None and new.model_id is not None:
        session.add(PredictionRow(**kept_values(scan.id, new.model_id, new.prediction)))
    if new.decided is not None:
        audit.record(session, new.who, "keep checked scan", scan=scan.name, **new.decided)
    if seen is not None:
        seen.keep(session, scan.id)
    return scan


def _told(new: NewScan, row: ScanRow, seen: Look | None) -> IngestResult:
    alike = [seen.words()] if seen is not None and seen.found else []
    sentence = " ".join([f"Added as {row.name}.", *new.scan.warnings, *alike])
    return IngestResult(new.file, IngestOutcome.ADDED, row.id, sentence)


def _row(session: Session, workbench: Workbench, new: NewScan, origin: str | None) -> ScanRow:
    read, patient, names = new.scan, new.owner.pseudonym, workbench.pseudonyms
    height, width = read.pixels.shape
    return ScanRow(
        digest=read.digest,
        name=_former_name(session, read, new.file) or f"S-{read.digest[:16]}",
        picture_key=picture_key(workbench, read),
        origin_digest=origin,
        file_key=names.file(new.file),
        cine=names.film(new.place.film) if new.place else None,
        frame=new.place.index if new.place else None,
        patient_id=patient,
        width=width,
        height=height,
        sector=[int(edge) for edge in read.sector],
        machine=read.machine,
        study=study_code(session, workbench, read.study) if read.study else None,
        day=names.day(read.day, patient) if read.day else None,
        facts=dict(read.facts),
        blob=new.blob,
        source=new.source,
        added_by=new.who,
    )


def _former_name(session: Session, read: ReadScan, file: str) -> str | None:
    """The name that an exported scan had, unless another one has it here."""
    name = exported_name(file, read.earlier[0]) if read.earlier else None
    taken = name is not None and session.scalar(select(ScanRow.id).where(ScanRow.name == name))
    return None if taken else name
