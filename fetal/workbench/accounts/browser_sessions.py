"""What the program keeps for each browser: who is at it, fresh drops, and scans that wait."""

import threading
import time
from collections.abc import Callable

from sqlalchemy import select

from fetal.store.tables import Patient
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.ingest.quarantine import Memory
from fetal.workbench.ingest.upload_batch import UploadQueue
from fetal.workbench.privacy.erasure import generation

HOURS_UNSEEN = 24
"""After how long without a visit what is kept for a browser goes."""


class BrowserSession:
    """What is kept for one browser, in memory alone.

    Attributes:
        number: which one it is; it tells nothing of the browser's token.
        who: the name of the person at it; empty until it was given.
        desk: takes its drops; scans that wait are there too.
        seen: when it was here last, by `time.monotonic`.
    """

    def __init__(self, number: int, desk: UploadQueue) -> None:
        self.number = number
        self.who = ""
        self.desk = desk
        self.seen = time.monotonic()


class BrowserSessions:
    """Finds what is kept for a browser by its secret token, and by nothing else.

    A name is no secret: whoever types the name of a colleague must not see scans that nobody has
    blanked yet. A reload and a second tab of the same browser send the same token.

    Args:
        workbench: the workbench.
        clock: tells the time in seconds.
    """

    def __init__(self, workbench: Workbench, clock: Callable[[], float] = time.monotonic) -> None:
        self._workbench = workbench
        self._clock = clock
        self._memory = Memory()
        self._sessions: dict[str, BrowserSession] = {}
        self._number = 0
        self._generation = generation(workbench)
        self._stored: set[str] = set()
        self._lock = threading.Lock()

    def of(self, token: str) -> BrowserSession:
        """Return what is kept for a browser; a new one begins empty.

        Args:
            token: the browser's secret token.
        """
        with self._lock:
            now = self._clock()
            for other, session in list(self._sessions.items()):
                if now - session.seen > HOURS_UNSEEN * 3600 and not session.desk.busy:
                    session.desk.quarantine.let_go()
                    del self._sessions[other]
            if token not in self._sessions:
                self._number += 1
                desk = UploadQueue(self._workbench, self._memory)
                self._sessions[token] = BrowserSession(self._number, desk)
            found = self._sessions[token]
            found.seen = now
            return found

    def heed_erasures(self) -> int:
        """Let go of what was erased since the last call, by this process or another one.

        Returns:
            The number that `erasure.generation` gives; another one than before where something
            was erased.
        """
        now = generation(self._workbench)
        with self._lock:
            desks = [session.desk for session in self._sessions.values()]
            waiting = {patient for desk in desks for patient in desk.quarantine.patients()}
            there = self._in_workspace(waiting)
            if now != self._generation:
                # Of a patient who was never stored nothing was erased: those scans wait on.
                for desk in desks:
                    desk.forget_erased((self._stored & waiting) - there)
                self._generation = now
            self._stored = there
        return now

    def _in_workspace(self, patients: set[str]) -> set[str]:
        if not patients:
            return set()
        with self._workbench.store.reading() as session:
            return set(session.scalars(select(Patient.id).where(Patient.id.in_(patients))))
