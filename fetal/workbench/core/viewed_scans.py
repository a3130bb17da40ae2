"""Which scans people looked at, for the audit: told once a minute for each person, not each time.

A program that is killed loses what the last minute held.
"""

import threading
import time
from collections.abc import Callable, Iterable

from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.workbench.core.actor import Actor, Origin

SECONDS = 60.0
_MOST = 500
"""How many scans one event names."""


class ViewedScans:
    """What people looked at since the audit was told; safe to share between threads.

    Args:
        store: the workspace's database.
        clock: tells the time in seconds.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[int, str, Origin], set[int]] = {}
        self._since = clock()

    def note(self, actor: Actor, numbers: Iterable[int]) -> None:
        """Note scans that are shown to somebody; without accounts nothing is noted.

        Args:
            actor: who looks.
            numbers: the scans.
        """
        if actor.account_id is None:
            return
        with self._lock:
            if not self._seen:
                self._since = self._clock()
            self._seen.setdefault((actor.account_id, actor.name, actor.origin), set()).update(
                numbers
            )

    def tell(self, *, now: bool = False) -> None:
        """Write down what was noted, once it is a minute old.

        Args:
            now: write it in any case, such as when the program ends.
        """
        with self._lock:
            if not self._seen or (not now and self._clock() - self._since < SECONDS):
                return
            seen, self._seen = self._seen, {}
        with self._store.session() as session:
            for (account_id, name, origin), numbers in seen.items():
                ordered = sorted(numbers)
                for start in range(0, len(ordered), _MOST):
                    audit_chain.append(
                        session,
                        EventKind.VIEWED,
                        name,
                        origin=origin,
                        account_id=account_id,
                        scans=ordered[start : start + _MOST],
                    )
