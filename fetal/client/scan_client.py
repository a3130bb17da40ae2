"""What a program does with scans, labels and what waits."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fetal.api.records.label_records import AnnotationRecord, Given, History, NewLabel, NewNote
from fetal.api.records.scan_records import (
    Label,
    PredictionRecord,
    Scan,
    TakenFile,
    TakenFiles,
    Waiting,
    WaitingScans,
)
from fetal.api.records.shared_records import Page
from fetal.client.sending import Connection

MOST_FILES = 100
MOST_BYTES = 100_000_000
"""What goes in one request: more takes memory at both ends, and nothing is quicker."""

_PAGE = 500


class ScanClient:
    """Scans, labels and what waits; `Client` has them all.

    Args:
        connection: the way to the app.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_scans(
        self, files: Sequence[str | Path], *, patient: str | None = None
    ) -> list[TakenFile]:
        """Bring files in.

        Args:
            files: pictures, DICOM files, films, or ZIP archives of them.
            patient: the patient's identifier, for files that name none; only its pseudonym is
                kept.

        Returns:
            What became of each file, in order, and of each frame of a film.

        Raises:
            ApiError: nothing of a request was taken, such as for want of a scope.
            NotReachedError: the app did not answer. What was taken until then is there: to send
                all again adds nothing twice.
            OSError: a file cannot be read.
        """
        fields = {"patient": patient} if patient else None
        found: list[TakenFile] = []
        for some in _in_requests(files):
            form = [("files", (path.name, path.read_bytes())) for path in some]
            taken = self._connection.post("/scans", TakenFiles, form=form, fields=fields)
            found += taken.results
        return found

    def scans(self, **chosen: Any) -> Iterator[Scan]:
        """Go through stored scans, the newest first.

        Args:
            chosen: which, as docs/api.md has them: `plane`, `source`, `doubt`, `labelled`,
                `agreement`, `since`, `until`, `order`.
        """
        after: str | None = None
        while True:
            page = self._connection.get("/scans", Page[Scan], limit=_PAGE, after=after, **chosen)
            yield from page.items
            if page.next is None:
                return
            after = page.next

    def scan(self, scan_id: int) -> Scan:
        """Return one scan."""
        return self._connection.get(f"/scans/{scan_id}", Scan)

    def picture(self, scan_id: int) -> bytes:
        """Return a scan's picture as a PNG file."""
        return self._connection.send("GET", f"/scans/{scan_id}/picture").content

    def prediction(self, scan_id: int) -> PredictionRecord:
        """Return what the model says of a scan, with its heat map."""
        return self._connection.get(f"/scans/{scan_id}/prediction", PredictionRecord)

    def annotations(self, scan_id: int) -> list[AnnotationRecord]:
        """Return all that was said of a scan, the newest first."""
        return self._connection.get(f"/scans/{scan_id}/annotations", History).items

    def label(self, scan: Scan, label: Label, note: str = "") -> Given:
        """Label a scan that was looked at.

        Args:
            scan: the scan as it was seen, so that another person's label is not lost unseen.
            label: a plane or `unusable`.
            note: a note to leave with it.
        """
        new = NewLabel(label=label, note=note, seen=scan.label_id)
        return self._connection.post(f"/scans/{scan.id}/annotations", Given, new)

    def accept(self, scan: Scan) -> Given:
        """Say that the model is right.

        Raises:
            ValueError: no model has said anything of the scan.
        """
        if scan.predicted is None:
            raise ValueError(
                f"Expected a scan with a model's opinion, received {scan.name} without one. Label "
                "it instead."
            )
        return self.label(scan, scan.predicted.value)

    def note(self, scan_id: int, text: str) -> Given:
        """Leave a note on a scan; its label stays."""
        return self._connection.post(f"/scans/{scan_id}/notes", Given, NewNote(note=text))

    def undo(self, annotation_id: int) -> Given:
        """Take back a label or note of one's own."""
        return self._connection.post(f"/annotations/{annotation_id}/undo", Given)

    def waiting(self) -> list[Waiting]:
        """Return the scans that wait, since a name may be left on them."""
        return self._connection.get("/quarantine", WaitingScans).items

    def waiting_picture(self, number: int) -> bytes:
        """Return a waiting scan's picture as it would be stored, as a PNG file."""
        return self._connection.send("GET", f"/quarantine/{number}/picture").content

    def keep(self, number: int) -> TakenFile:
        """Store a scan that waits: somebody has looked at it."""
        return self._connection.post(f"/quarantine/{number}/keep", TakenFile)

    def leave_out(self, number: int) -> TakenFile:
        """Let go of a scan that waits."""
        return self._connection.post(f"/quarantine/{number}/leave-out", TakenFile)


def _in_requests(files: Sequence[str | Path]) -> Iterator[list[Path]]:
    """The files in groups that one request can carry."""
    some: list[Path] = []
    size = 0
    for path in map(Path, files):
        more = path.stat().st_size
        if some and (len(some) == MOST_FILES or size + more > MOST_BYTES):
            yield some
            some, size = [], 0
        some.append(path)
        size += more
    if some:
        yield some
