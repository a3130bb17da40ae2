"""The way of files into the workspace: read, de-identified, predicted and stored."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fetal.bundle import BundleError
from fetal.predict import Prediction
from fetal.predict.model import BATCH
from fetal.scans import Scan, ScanError
from fetal.scans.deidentification.machines import machine_named
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.workbench.core.workbench import Champion, NoModelError, Workbench
from fetal.workbench.ingest.cine_upload import film_frames
from fetal.workbench.ingest.deid_policy import (
    OPEN,
    DeidentificationCheck,
    QuarantinedScan,
    doubt_about,
)
from fetal.workbench.ingest.files import IngestItem, IngestOutcome, IngestResult, PatientRef
from fetal.workbench.ingest.patient_codes import owner_of, owner_of_study, patient_code
from fetal.workbench.ingest.recognition import already_there, stored_scans
from fetal.workbench.ingest.store_scan import NewScan, store_scans

_ERASED = "This scan was erased at the same moment: please bring it in again if it is to be stored."
_FILM = ReadFile(None, None, None, frames=2)
"""Stands for a film that need not be read to tell that it is one."""

Read = tuple[IngestItem, ReadFile]


@dataclass
class _Group:
    """A few files on their way, whose scans are being predicted.

    Attributes:
        items: the files.
        results: what became of each; None where its scan is to be stored.
        reads: what reading each gave.
        new: the scans that are to be stored, by place.
        finish: waits for what the model says of them, in their order.
    """

    items: list[IngestItem]
    reads: list[ReadFile]
    results: list[list[IngestResult] | None]
    new: dict[int, NewScan]
    finish: Callable[[], Sequence[Prediction | None]]


class Ingest:
    """Brings files into a workspace for one person.

    Files are read ahead in sandbox processes on all cores. While the model predicts a few scans
    together, those before them are stored in one transaction, and those after them are read. The
    order of the files is kept, and memory does not grow with their number.

    Args:
        workbench: the workbench.
        who: the person.
        owner: the patient of files that name none. If None, one new unknown patient for all.
        source: `upload`, `import` or `sample`.
        check: which scans may be stored without being looked at.
        predict: whether the champion predicts the scans; it is looked up once.

    Example:
        >>> ingest = Ingest(workbench, "Ann")  # doctest: +SKIP
        >>> for results in ingest.take([IngestItem("a.png", path.read_bytes)]):  # doctest: +SKIP
        ...     print(results)
    """

    def __init__(
        self,
        workbench: Workbench,
        who: str,
        *,
        owner: PatientRef | None = None,
        source: str = "upload",
        check: DeidentificationCheck = OPEN,
        predict: bool = True,
    ) -> None:
        self._workbench = workbench
        self._who = who
        self._owner = owner or owner_of(workbench, None)
        self._source = source
        self._check = check
        self._champion = predicting(workbench) if predict else None

    def take(
        self, items: Iterable[IngestItem], stop: Callable[[], bool] | None = None
    ) -> Iterator[list[list[IngestResult]]]:
        """Read files, and store their scans with what the model says of them.

        Args:
            items: the files; taken as they can be read.
            stop: asked again and again; once it is true, no other file is read, and those that
                were only read are not stored.

        Yields:
            What became of a few files that follow one another: a list for each, with one entry,
            or one for each frame of a film. Where it was stopped, the last files are missing.
        """
        stopping = _Stopping(stop)
        under_way: _Group | None = None
        for group in client.readers().read_groups(stopping.until(items), _load, BATCH):
            if stopping():
                break
            begun = self._begin(group)
            # The bytes of its files go before its scans are through.
            del group
            if under_way is not None:
                yield self._finish(under_way)
            under_way = begun
        if under_way is not None:
            yield self._finish(under_way)

    def store(
        self, reads: Sequence[Read], known: Mapping[str, Prediction] | None = None
    ) -> list[IngestResult]:
        """Store a few scans that were read already.

        Args:
            reads: the scans.
            known: what the model said of some of them before, by digest.

        Returns:
            What became of each, in their order.
        """
        return [result for [result] in self._finish(self._begin(reads, known or {}))]

    def _begin(
        self, reads: Sequence[Read], known: Mapping[str, Prediction] | None = None
    ) -> _Group:
        """Look what becomes of files, and let the model look at the scans that are to be stored."""
        group = _Group([], [], [], {}, list)
        stored = self._stored([read.scan for _, read in reads if read.scan is not None])
        for place, (item, read) in enumerate(reads):
            found = self._looked_up(item, read, stored)
            if isinstance(found, NewScan):
                group.new[place] = found
            group.items.append(replace(item, load=item.load if _is_film(read) else None))
            group.reads.append(read)
            group.results.append([found] if isinstance(found, IngestResult) else None)
        group.finish = self._predicting([new.scan for new in group.new.values()], known or {})
        return group

    def _predicting(
        self, scans: Sequence[Scan], known: Mapping[str, Prediction]
    ) -> Callable[[], Sequence[Prediction | None]]:
        if self._champion is None:
            return lambda: [None] * len(scans)
        finish = self._champion.model.begin([one for one in scans if one.digest not in known])

        def finished() -> list[Prediction | None]:
            said = iter(finish())
            return [known.get(one.digest) or next(said) for one in scans]

        return finished

    def _stored(self, scans: Sequence[Scan]) -> set[str]:
        """The digests of those scans whose pictures are stored already."""
        if not scans:
            return set()
        with self._workbench.store.reading() as session:
            known = stored_scans(session, self._workbench, scans)
        return {one.digest for one, row in zip(scans, known, strict=True) if row is not None}

    def _looked_up(
        self, item: IngestItem, read: ReadFile, stored: set[str]
    ) -> NewScan | IngestResult | None:
        """The scan, if it is to be stored; else what became of it, or None for a film."""
        if _is_film(read):
            return None
        if read.scan is None or read.png is None:
            return IngestResult(item.name, IngestOutcome.REFUSED, None, read.refusal or "")
        facts = {"operator": item.operator} if item.operator is not None else {}
        machine = read.scan.machine or machine_named(item.machine)
        scan = replace(read.scan, facts={**read.scan.facts, **facts}, machine=machine)
        png, read = read.png, replace(read, scan=scan)
        owner, source = self._owner_of(item, scan), item.source or self._source
        held = QuarantinedScan(
            item.name, read, owner, source, self._who, doubt_about(scan), _then(item), item.place
        )
        known = (
            already_there(self._workbench, item.name, read, owner, self._who, item.place)
            if scan.digest in stored
            else None
        )
        return (
            known
            or self._check.stop(held)
            or NewScan(item.name, scan, png, owner, source, self._who, item.decided, item.place)
        )

    def _owner_of(self, item: IngestItem, scan: Scan) -> PatientRef:
        owner = item.owner or self._owner
        if scan.patient is not None:
            return PatientRef(patient_code(self._workbench, scan.patient), named=True)
        if scan.study is None or owner.named:
            return owner
        with self._workbench.store.reading() as session:
            return owner_of_study(session, self._workbench, scan.study) or owner

    def _finish(self, group: _Group) -> list[list[IngestResult]]:
        """Store the scans of files, and take the films among them."""
        model_id = self._champion.version.id if self._champion is not None else None
        new = [
            replace(one, prediction=said, model_id=model_id)
            for one, said in zip(group.new.values(), group.finish(), strict=True)
        ]
        stored = dict(zip(group.new, store_scans(self._workbench, new), strict=True))
        for place, item in enumerate(group.items):
            if place in stored:
                one = group.new[place]
                read = replace(group.reads[place], scan=one.scan)
                result = stored[place] or self._stored_meanwhile(one, read)
                self._check.show(result, read)
                group.results[place] = [result]
            elif group.results[place] is None:
                group.results[place] = self._take_film(item)
        return [results or [] for results in group.results]

    def _stored_meanwhile(self, new: NewScan, read: ReadFile) -> IngestResult:
        """What became of a scan that somebody else stored while it was predicted."""
        found = already_there(self._workbench, new.file, read, new.owner, self._who, new.place)
        return found or IngestResult(new.file, IngestOutcome.REFUSED, None, _ERASED)

    def _take_film(self, item: IngestItem) -> list[IngestResult]:
        """Store frames of a film, each as a scan of its own."""
        model = self._champion.model if self._champion is not None else None
        try:
            data = item.load() if item.load is not None else b""
            frames = film_frames(data, item.name, item.frames, model)
        except OSError as error:
            return [_refused_film(item, f"The file cannot be read ({error.strerror}).")]
        except ScanError as error:
            return [_refused_film(item, str(error))]
        reads = [
            (replace(item, name=frame.name, load=None, film=True, place=frame.place), frame.read)
            for frame in frames
        ]
        known = {
            frame.read.scan.digest: frame.prediction
            for frame in frames
            if frame.read.scan is not None and frame.prediction is not None
        }
        return [
            replace(result, sentence=f"{result.sentence} {frame.words}", of_film=True)
            for result, frame in zip(self.store(reads, known), frames, strict=True)
        ]


def _then(item: IngestItem) -> Callable[[int], None] | None:
    then, of_film = item.then, item.film
    return (lambda scan_id: then(scan_id, of_film)) if then is not None else None


def _refused_film(item: IngestItem, sentence: str) -> IngestResult:
    return IngestResult(item.name, IngestOutcome.REFUSED, None, sentence, of_film=True)


def predicting(workbench: Workbench) -> Champion | None:
    """Return the champion; None if the workspace has no model yet, or its files are damaged."""
    try:
        return workbench.champion()
    except (NoModelError, BundleError):
        # Scans are kept all the same: a model can look at them later.
        return None


class _Stopping:
    """Whether somebody has asked to stop; once they have, it is not asked again."""

    def __init__(self, stop: Callable[[], bool] | None) -> None:
        self._stop = stop
        self._stopped = False

    def __call__(self) -> bool:
        self._stopped = self._stopped or (self._stop is not None and self._stop())
        return self._stopped

    def until(self, items: Iterable[IngestItem]) -> Iterator[IngestItem]:
        """The items that come before somebody asks to stop."""
        for item in items:
            if self():
                return
            yield item


def _load(item: IngestItem) -> tuple[bytes, str] | ReadFile:
    if item.film or item.load is None:
        return _FILM
    return item.load(), item.name


def _is_film(read: ReadFile) -> bool:
    return read.scan is None and read.frames > 1
