"""Brings scans in: dropped files, or the built-in samples."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from fetal import scans
from fetal.bundle import BundleError
from fetal.phantom import samples
from fetal.scans import encode_png
from fetal.scans.archives.zip_archive import is_archive
from fetal.scans.deidentification.placeholders import is_placeholder
from fetal.scans.sandboxed_reading import client
from fetal.workbench.core.workbench import Champion, NoModelError, Workbench
from fetal.workbench.ingest.cine_upload import holds_film, take_film
from fetal.workbench.ingest.crowded_patients import crowded_patients
from fetal.workbench.ingest.deid_policy import DeidentificationCheck, DeidentificationPolicy
from fetal.workbench.ingest.file_sources import SourceFile, open_source
from fetal.workbench.ingest.patient_codes import owner_of
from fetal.workbench.ingest.store_scan import (
    IngestOutcome,
    IngestResult,
    PatientRef,
    UploadedFile,
    store_file,
)

__all__ = [
    "IngestOutcome",
    "IngestResult",
    "UploadedFile",
    "add_samples",
    "add_scans",
    "names_patient",
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

Progress = Callable[[int, int], None]
"""Told after each file: how many are done, of how many."""


def names_patient(incoming: UploadedFile) -> bool:
    """Tell whether a file says itself which patient it shows, so that nobody need be asked.

    Args:
        incoming: the file; of a DICOM file only the header is read.

    Returns:
        True for a DICOM file with a PatientID, and for a file name such as `Patient00042_1.png`.
    """
    return client.names_patient(incoming.data, incoming.file)


def warm_up() -> None:
    """Start what reads files, in the background, so that the first file need not wait for it."""
    client.warm_up()


def add_scans(
    workbench: Workbench,
    files: Iterable[UploadedFile],
    *,
    who: str,
    patient: str | None = None,
    source: str = "upload",
    on_progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    on_taken: Callable[[IngestResult], None] | None = None,
    gate: DeidentificationCheck | None = None,
) -> list[IngestResult]:
    """Take a drop of files into the workspace, each by itself, and predict them.

    A scan belongs to the patient that its file names; else to the patient given for the drop;
    else to one unknown patient that stands for the whole drop, so that no split runs through it.
    Of a film come the frames that a person picked, else those that look most like a plane.

    Args:
        workbench: the workbench.
        files: the drop; of a ZIP archive come the scans in it. Each is let go of once it is
            through, so that an iterator need not keep them all to the end.
        who: the person.
        patient: the patient's identifier as the person gave it; only its pseudonym is kept. A
            placeholder such as ANONYMOUS names nobody.
        source: `upload`, `import` or `sample`.
        on_progress: told after each file how many are done, of how many, those in archives too.
        stop: asked before each file; true ends the drop there, and what is stored stays.
        on_taken: told after each scan what became of it.
        gate: which scans may be stored without being looked at; none is what the environment
            says, with nobody to ask.

    Returns:
        What became of each file, in order, and of each frame of a film; where it was stopped,
        the files that come after were not read.
    """
    owner = owner_of(workbench, patient)
    champion = predicting(workbench)
    gate = gate or DeidentificationCheck(DeidentificationPolicy.from_environment())
    taken: list[IngestResult] = []
    parts = deque(part for incoming in files for part in _unpacked(incoming))
    total, stopped = len(parts), False
    while parts:
        stopped = stopped or (stop is not None and stop())
        found = (
            [_not_read(parts.popleft())]
            if stopped
            else _take_part(
                workbench,
                parts.popleft(),
                who=who,
                owner=owner,
                source=source,
                champion=champion,
                gate=gate,
            )
        )
        for one in found:
            one = _remarked(workbench, one, patient)
            taken.append(one)
            if on_taken is not None:
                on_taken(one)
        if on_progress is not None and not stopped:
            on_progress(total - len(parts), total)
    return taken


def _remarked(workbench: Workbench, taken: IngestResult, patient: str | None) -> IngestResult:
    """What became of a file, with what a person should know of its patient."""
    if taken.outcome is not IngestOutcome.ADDED or taken.scan_id is None:
        return taken
    remarks = [taken.sentence]
    if patient is not None and patient.strip() and is_placeholder(patient):
        remarks.append(_NOBODY)
    with workbench.store.reading() as session:
        remarks += crowded_patients(session, [taken.scan_id])
    return replace(taken, sentence=" ".join(remarks))


def _not_read(part: UploadedFile | SourceFile | IngestResult) -> IngestResult:
    if isinstance(part, IngestResult):
        return part
    name = part.file if isinstance(part, UploadedFile) else part.label
    said = "Not read, because you stopped before its turn. Drop it again to add it."
    return IngestResult(name, IngestOutcome.NOT_READ, None, said)


def _unpacked(incoming: UploadedFile) -> list[UploadedFile | SourceFile | IngestResult]:
    """The file itself, or what is in an archive: to be read when its turn comes, or refused."""
    if not is_archive(incoming.data):
        return [incoming]
    source = open_source([incoming])
    refused = [
        IngestResult(name, IngestOutcome.REFUSED, None, sentence)
        for name, sentence in source.refused
    ]
    if not source.pieces and not refused:
        return [IngestResult(incoming.file, IngestOutcome.REFUSED, None, _NO_SCANS)]
    return [*refused, *source.pieces]


def _take_part(
    workbench: Workbench,
    part: UploadedFile | SourceFile | IngestResult,
    *,
    who: str,
    owner: PatientRef,
    source: str,
    champion: Champion | None,
    gate: DeidentificationCheck,
) -> Iterator[IngestResult]:
    if isinstance(part, IngestResult):
        yield part
        return
    if isinstance(part, SourceFile):
        try:
            part = UploadedFile(part.label, part.read())
        except scans.ScanError as error:
            yield IngestResult(part.name, IngestOutcome.REFUSED, None, str(error))
            return
    one_by_one = take_film if holds_film(part) else _take_still
    yield from one_by_one(
        workbench, part, who=who, owner=owner, source=source, champion=champion, gate=gate
    )


def _take_still(
    workbench: Workbench,
    incoming: UploadedFile,
    *,
    who: str,
    owner: PatientRef,
    source: str,
    champion: Champion | None,
    gate: DeidentificationCheck,
) -> Iterator[IngestResult]:
    yield store_file(
        workbench, incoming, who=who, owner=owner, source=source, champion=champion, gate=gate
    )


def predicting(workbench: Workbench) -> Champion | None:
    """Return the champion; None if the workspace has no model yet, or its files are damaged."""
    try:
        return workbench.champion()
    except (NoModelError, BundleError):
        # Scans are kept all the same: a model can look at them later.
        return None


def add_samples(workbench: Workbench, who: str) -> list[IngestResult]:
    """Bring the built-in phantoms in, each as a patient of its own.

    Args:
        workbench: the workbench.
        who: the person.

    Returns:
        What became of each; those that are there from before are not added again.
    """
    champion = predicting(workbench)
    return [
        store_file(
            workbench,
            UploadedFile(f"sample-{phantom.plane}-{phantom.seed}.png", encode_png(phantom.pixels)),
            who=who,
            owner=PatientRef(f"P-sample-{phantom.plane}-{phantom.seed}", named=True),
            source="sample",
            champion=champion,
        )
        for phantom in samples(SAMPLES)
    ]
