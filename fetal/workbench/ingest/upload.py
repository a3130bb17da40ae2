"""Brings scans in: dropped files, or the built-in samples."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

from fetal.phantom import samples
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import ScanError, encode_png
from fetal.scans.archives.zip_archive import is_archive
from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.scans.sandboxed_reading import client
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.crowded_patients import crowded_patients
from fetal.workbench.ingest.deid_policy import DeidentificationCheck, DeidentificationPolicy
from fetal.workbench.ingest.file_sources import open_source
from fetal.workbench.ingest.files import (
    IngestItem,
    IngestOutcome,
    IngestResult,
    PatientRef,
    UploadedFile,
    last_part,
)
from fetal.workbench.ingest.ingest import Ingest, predicting
from fetal.workbench.ingest.patient_codes import owner_of

__all__ = [
    "IngestOutcome",
    "IngestResult",
    "UploadedFile",
    "add_samples",
    "add_scans",
    "predicting",
    "warm_up",
]

SAMPLES = 24
"""How many phantoms `add_samples` brings: four of each plane."""

_NO_SCANS = (
    "Expected an archive with scans in it, received one without: please pack PNG, JPEG, TIFF, BMP, "
    "WebP or DICOM files."
)

_NOBODY = (
    "What was given as the patient stands for nobody, so this scan counts as one of an unknown "
    "patient, unless its file names one."
)

_NOT_READ = "Not read, because you stopped before its turn. Drop it again to add it."


def warm_up(files: int = 1) -> None:
    """Start what reads files, in the background, so that the first files need not wait for it.

    Args:
        files: how many files are to be read; for several, all cores are made ready.
    """
    client.warm_up(files)


def add_scans(
    workbench: Workbench,
    files: Iterable[UploadedFile],
    *,
    who: str,
    patient: str | None = None,
    source: str = "upload",
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
    on_taken: Callable[[IngestResult], None] | None = None,
    gate: DeidentificationCheck | None = None,
) -> list[IngestResult]:
    """Take a drop of files into the workspace (`Ingest`), each by itself, and predict them.

    A scan belongs to the patient that its file names; else to the patient given for the drop;
    else to one unknown patient that stands for the whole drop, so that no split runs through it.
    Of a film come the frames that a person picked, else those that look most like a plane.

    Args:
        workbench: the workbench.
        files: the drop; of a ZIP archive come the scans in it. Each is let go of once it is
            read, so that an iterator need not keep them all to the end.
        who: the person.
        patient: the patient's identifier as the person gave it; only its pseudonym is kept. A
            placeholder such as ANONYMOUS names nobody.
        source: `upload`, `import` or `sample`.
        on_progress: called after each file; those in archives count too.
        stop: asked again and again; once it is true, the files that are not being predicted yet
            are left, and what is stored stays.
        on_taken: told after each scan what became of it.
        gate: which scans may be stored without being looked at. If None, that is what the
            environment says, with nobody to ask.

    Raises:
        NotPermittedError: the person may not bring scans in.

    Returns:
        What became of each file, in order, and of each frame of a film; where it was stopped,
        the files that come after were not read.
    """
    who = workbench.permit(Permission.ADD, who)
    ingest = Ingest(
        workbench,
        who,
        owner=owner_of(workbench, patient),
        source=source,
        check=gate or DeidentificationCheck(DeidentificationPolicy.from_environment()),
    )
    parts = deque(part for incoming in files for part in _unpacked(incoming))
    names = [name for name, _ in parts]
    taken: list[IngestResult] = []
    done = 0
    for group in ingest.take((parts.popleft()[1] for _ in names), stop):
        crowded = _crowded(workbench, group)
        for results in group:
            done += 1
            for one in results:
                one = _remarked(one, patient, crowded)
                taken.append(one)
                if on_taken is not None:
                    on_taken(one)
            on_progress(Progress(done, len(names)))
    for name in names[done:]:
        taken.append(IngestResult(name, IngestOutcome.NOT_READ, None, _NOT_READ))
        if on_taken is not None:
            on_taken(taken[-1])
    return taken


def _crowded(workbench: Workbench, group: list[list[IngestResult]]) -> dict[int, list[str]]:
    """What is to be said of the patients of new scans, by scan; nothing of most."""
    added = [
        one.scan_id
        for results in group
        for one in results
        if one.outcome is IngestOutcome.ADDED and one.scan_id is not None
    ]
    if not added:
        return {}
    with workbench.store.reading() as session:
        if not crowded_patients(session, added):
            return {}
        return {number: crowded_patients(session, [number]) for number in added}


def _remarked(
    taken: IngestResult, patient: str | None, crowded: dict[int, list[str]]
) -> IngestResult:
    """What became of a file, with what a person should know of its patient."""
    if taken.outcome is not IngestOutcome.ADDED or taken.scan_id is None:
        return taken
    remarks = [taken.sentence]
    if patient is not None and patient.strip() and is_placeholder(patient):
        remarks.append(_NOBODY)
    remarks += crowded.get(taken.scan_id, [])
    return replace(taken, sentence=" ".join(remarks))


def _unpacked(incoming: UploadedFile) -> Iterator[tuple[str, IngestItem]]:
    """The file itself, or what is in an archive, each with its name in full."""
    if not is_archive(incoming.data):
        yield incoming.file, _item(incoming)
        return
    source = open_source([incoming])
    refused = list(source.refused)
    if not source.pieces and not refused:
        refused = [(incoming.file, _NO_SCANS)]
    for name, sentence in refused:
        yield name, IngestItem(name, partial(_refuse, sentence))
    for piece in source.pieces:
        yield piece.label, IngestItem(last_part(piece.label), piece.read)


def _item(incoming: UploadedFile) -> IngestItem:
    # Only an archive's bytes or a person's choice tell it without a look: reading tells else.
    return IngestItem(
        incoming.file, incoming.read, film=incoming.known_film, frames=incoming.frames
    )


def _refuse(sentence: str) -> bytes:
    raise ScanError(sentence)


def add_samples(workbench: Workbench, who: str) -> list[IngestResult]:
    """Bring the built-in phantoms in, each as a patient of its own.

    Args:
        workbench: the workbench.
        who: the person.

    Returns:
        What became of each; those that are there from before are not added again.
    """
    who = workbench.permit(Permission.ADD, who)
    items = (
        IngestItem(
            f"sample-{phantom.plane}-{phantom.seed}.png",
            partial(encode_png, phantom.pixels),
            owner=PatientRef(f"P-sample-{phantom.plane}-{phantom.seed}", named=True),
        )
        for phantom in samples(SAMPLES)
    )
    ingest = Ingest(workbench, who, source="sample")
    return [one for group in ingest.take(items) for [one] in group]
