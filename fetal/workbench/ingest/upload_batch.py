"""Drops of files that go on in the background, while pages are left and come back."""

import threading
from collections.abc import Iterator, Sequence
from functools import partial

from fetal.progress import BackgroundWork, OnProgress, Progress
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.workbench.catalogue.stored_pixels import digests_of
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.deid_policy import (
    DeidentificationCheck,
    DeidentificationPolicy,
    QuarantinedScan,
)
from fetal.workbench.ingest.files import IngestOutcome, IngestResult, UploadedFile
from fetal.workbench.ingest.original_previews import OriginalPreviews, marked, reduced
from fetal.workbench.ingest.quarantine import Memory, Quarantine
from fetal.workbench.ingest.upload import add_scans, warm_up

FINISHED_KEPT = 3
"""Of how many ended drops a person is told still what became of their files."""


class UploadBatch:
    """A drop of files on its way in; a page can leave it and come back.

    Args:
        workbench: the workbench.
        files: the drop; it is begun at once.
        quarantine: where scans wait that a person has to look at first.
        who: the person.
        patient: the patient's identifier for files that name none.
        every: let every scan wait until the person has looked at it.

    Attributes:
        who: the person who dropped them.
        before: the stored scans' pictures as they arrived.
    """

    def __init__(
        self,
        workbench: Workbench,
        files: Sequence[UploadedFile],
        quarantine: Quarantine,
        who: str,
        patient: str | None,
        *,
        every: bool,
    ) -> None:
        self.who = who
        self.before = OriginalPreviews()
        self._quarantine = quarantine
        self._given = len(files)
        self._taken: list[IngestResult] = []
        self._stop = threading.Event()
        task = partial(self._run, workbench, list(files), patient, every)
        self._work = BackgroundWork(task, "upload", self._stop)

    @property
    def progress(self) -> Progress:
        """How many files are through, of how many, those in archives too once they are known."""
        return self._work.progress if self._work.progress.total else Progress(0, self._given)

    @property
    def failure(self) -> str | None:
        """One sentence if something other than a file stopped it; None if nothing did."""
        if self._work.error is None:
            return None
        return (
            f"The drop stopped after {self.progress.done} of {self.progress.total} files "
            f"({self._work.error}). What was added is kept; drop the others again."
        )

    @property
    def results(self) -> list[IngestResult]:
        """What became of the files, and of the frames of films, that are through."""
        return list(self._taken)

    def settle(self, number: int, taken: IngestResult) -> None:
        """Put what became of a scan that waited in the place of its waiting.

        Args:
            number: the number under which it waited, in this drop or an earlier one.
            taken: what became of it.
        """
        places = [place for place, one in enumerate(self._taken) if one.waiting == number]
        for place in places:
            self._taken[place] = taken
        if not places:
            self._taken.append(taken)

    def hold(self, held: QuarantinedScan) -> int | None:
        """Let a scan wait (`Watch`)."""
        return self._quarantine.add(held)

    def show(self, scan_id: int, read: ReadFile) -> None:
        """Keep a stored scan's picture as it arrived for a while (`Watch`)."""
        if read.scan is not None and read.before is not None:
            self.before.add(read.scan.digest, reduced(marked(read.before, read.scan)))

    @property
    def finished(self) -> bool:
        """Whether it has ended: all files are through, or it was stopped, or it failed."""
        return self._work.finished

    def stop(self) -> None:
        """Stop after the present file; what is stored stays."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._work.stopping

    @property
    def not_read(self) -> int:
        """How many files were not read, because it was stopped before their turn."""
        return sum(one.outcome is IngestOutcome.NOT_READ for one in self._taken)

    def forget_erased(self, workbench: Workbench) -> bool:
        """Let go of what is kept of scans that were erased.

        Args:
            workbench: the workbench.

        Returns:
            Whether there were any.
        """
        mine = {one.scan_id for one in self._taken if one.scan_id is not None}
        there = digests_of(workbench, mine)
        gone = mine - set(there)
        if gone:
            # One by one, since the drop may go on and add to the end meanwhile.
            for place in reversed(range(len(self._taken))):
                if self._taken[place].scan_id in gone:
                    del self._taken[place]
            self.before.keep_only(set(there.values()))
        return bool(gone)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end.

        Args:
            seconds: at most so long. If None, without limit.

        Returns:
            Whether it has ended.
        """
        return self._work.wait(seconds)

    def _run(
        self,
        workbench: Workbench,
        files: list[UploadedFile],
        patient: str | None,
        every: bool,
        on_progress: OnProgress,
    ) -> None:
        add_scans(
            workbench,
            _each_let_go_of(files),
            who=self.who,
            patient=patient,
            stop=self._stop.is_set,
            on_taken=self._taken.append,
            on_progress=on_progress,
            gate=DeidentificationCheck(DeidentificationPolicy.from_environment(), self, every),
        )


class UploadQueue:
    """Takes the drops of one browser in the background, so that nobody need wait on the page.

    Args:
        workbench: the workbench.
        memory: what waiting scans may take, together with those at other desks. If None, this
            desk has the usual amount for itself.

    Attributes:
        quarantine: where scans wait that somebody has to look at first.
        workbench: the workbench, in the hands of whoever drops next.

    Example:
        >>> drop = UploadQueue(workbench).start([UploadedFile("a.png", data)], "Ann", None)
        >>> drop.wait()
        True
    """

    def __init__(self, workbench: Workbench, memory: Memory | None = None) -> None:
        self.workbench = workbench
        self.quarantine = Quarantine(memory)
        self._drops: list[UploadBatch] = []
        self._lock = threading.Lock()

    def start(
        self,
        files: Sequence[UploadedFile],
        who: str,
        patient: str | None = None,
        *,
        every: bool = False,
    ) -> UploadBatch:
        """Start taking a drop.

        Of the drops before it, those that go on are told of until they end, and after that the
        newest few. Their pictures as they arrived go.

        Args:
            files: the drop.
            who: the person.
            patient: the patient's identifier for files that name none.
            every: let every scan wait until the person has looked at it.

        Returns:
            The drop, at once.

        Raises:
            NotPermittedError: the person may not bring scans in.
        """
        who = self.workbench.permit(Permission.ADD, who)
        warm_up(len(files))
        with self._lock:
            for ended in [one for one in self._drops if one.finished]:
                ended.before.keep_only(())
            drop = UploadBatch(self.workbench, files, self.quarantine, who, patient, every=every)
            self._drops.append(drop)
            self._drop_oldest(who)
        return drop

    def drops(self, who: str) -> list[UploadBatch]:
        """Return the drops of a person that go on or ended last, the newest first.

        Args:
            who: the person.
        """
        with self._lock:
            self._drop_oldest(who)
            return [drop for drop in reversed(self._drops) if drop.who == who]

    @property
    def busy(self) -> bool:
        """Whether a drop goes on, of whomever."""
        with self._lock:
            return any(not drop.finished for drop in self._drops)

    def let_go(self, who: str) -> None:
        """Forget what became of a person's drops that have ended.

        Args:
            who: the person.
        """
        with self._lock:
            self._drops = [one for one in self._drops if one.who != who or not one.finished]

    def drop_of(self, number: int, who: str) -> UploadBatch | None:
        """Return the drop that a waiting scan came with.

        Args:
            number: the number under which the scan waits or waited.
            who: the person.

        Returns:
            That drop; the person's newest one if it is not known any more, or if the scan came
            with an import; None if there is none.
        """
        mine = self.drops(who)
        knows = (drop for drop in mine if any(one.waiting == number for one in drop.results))
        return next(knows, mine[0] if mine else None)

    def forget_erased(self, patients: set[str]) -> None:
        """Let go of all that is kept of scans and patients that were erased.

        A drop that brought an erased scan goes whole once it has ended: names of files are in it.

        Args:
            patients: the pseudonyms of patients who were in the workspace and no longer are.
        """
        self.quarantine.let_go(patients)
        with self._lock:
            drops = list(self._drops)
        touched = [drop for drop in drops if drop.forget_erased(self.workbench) and drop.finished]
        with self._lock:
            self._drops = [drop for drop in self._drops if drop not in touched]

    def _drop_oldest(self, who: str) -> None:
        ended = [drop for drop in self._drops if drop.who == who and drop.finished]
        for drop in ended[:-FINISHED_KEPT]:
            self._drops.remove(drop)


def _each_let_go_of(files: list[UploadedFile]) -> Iterator[UploadedFile]:
    """Each file, without keeping it: its bytes go once it is through."""
    while files:
        yield files.pop(0)
