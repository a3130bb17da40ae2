"""What the gate before the app asks: whether somebody has to sign in, and who has.

It is asked at every request, so answers are kept for a second.
"""

import threading
import time
from collections.abc import Callable, Collection

from fetal.configuration.declared import WITHOUT_ACCOUNTS
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.workbench.accounts import password_sign_in
from fetal.workbench.accounts.sign_ins import SignedIn, SignIns, digest_of, everybody_signs_in
from fetal.workbench.core.actor import Origin

KEPT_SECONDS = 1.0
"""How old an answer may be: an ended sign-in opens nothing after that."""

_TOUCH_SECONDS = 20.0
_TELL_SECONDS = 60.0
_MOST_KEYS = 500
"""How many addresses are told apart in one minute; who asks from more is told as one."""


class Gatekeeper:
    """Knows who may pass; safe to share between threads.

    Args:
        store: the workspace's database.
        clock: tells the time in seconds.

    Attributes:
        store: the workspace's database.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._clock = clock
        self._sign_ins = SignIns(store)
        self._lock = threading.Lock()
        self._closed = False
        self._looked = float("-inf")
        self._found: dict[str, tuple[float, SignedIn]] = {}
        self._touched: dict[str, float] = {}
        self._refusals: dict[tuple[str, str], int] = {}
        self._told = float("-inf")

    def closed(self) -> bool:
        """Return whether everybody has to sign in; once true it stays so."""
        if not self._closed and self._clock() - self._looked > KEPT_SECONDS:
            self._closed = everybody_signs_in(self.store)
            self._looked = self._clock()
        return self._closed

    @staticmethod
    def lets_all_in() -> bool:
        """Return whether the app may be reached from anywhere though nobody has to sign in."""
        return WITHOUT_ACCOUNTS.value() == "yes"

    def is_quick(self, token: str | None) -> bool:
        """Return whether the next answer needs no look into the database."""
        at = self._clock() - KEPT_SECONDS
        if not self._closed:
            return self._looked >= at
        if token is None:
            return True
        kept = self._found.get(digest_of(token))
        return kept is not None and kept[0] >= at

    def find(self, token: str | None) -> SignedIn | None:
        """Return the sign-in that a browser shows; None where it has none that holds.

        Args:
            token: the text in the browser's cookie.
        """
        return None if token is None else self.find_by_digest(digest_of(token))

    def find_by_digest(self, digest: str) -> SignedIn | None:
        """Return the sign-in with a digest, which only the gate gives to pages."""
        kept = self._found.get(digest)
        if kept is not None and self._clock() - kept[0] <= KEPT_SECONDS:
            return kept[1]
        found = self._sign_ins.find(digest)
        with self._lock:
            if found is None:
                self._found.pop(digest, None)
            else:
                self._found[digest] = (self._clock(), found)
        return found

    def standing(self, digests: Collection[str]) -> set[str]:
        """Return those of some digests whose sign-ins hold; asked for open pages."""
        return self._sign_ins.standing(digests) if digests else set()

    def note_activity(self, signed_in: SignedIn) -> bool:
        """Note that a person did something, unless that was noted a moment ago.

        Returns:
            Whether it was written down.
        """
        with self._lock:
            last = self._touched.get(signed_in.digest, float("-inf"))
            if self._clock() - last < _TOUCH_SECONDS:
                return False
            self._touched[signed_in.digest] = self._clock()
        self._sign_ins.touch(signed_in.digest)
        return True

    def enter(self, name: str, password: str, address: str, before: str | None) -> str:
        """Let a person in (`password_sign_in.enter`)."""
        return password_sign_in.enter(self.store, name, password, address, before=before)

    def leave(self, signed_in: SignedIn) -> None:
        """Sign a person out (`password_sign_in.leave`)."""
        password_sign_in.leave(self.store, signed_in)
        with self._lock:
            self._found.pop(signed_in.digest, None)
            self._touched.pop(signed_in.digest, None)

    def note_refusal(self, reason: str, address: str) -> None:
        """Count a request that was turned away; the audit is told once a minute.

        Args:
            reason: why, in a few words of this program's own.
            address: from where.
        """
        with self._lock:
            key = (reason, address[:64])
            if key not in self._refusals and len(self._refusals) >= _MOST_KEYS:
                key = (reason, "many addresses")
            self._refusals[key] = self._refusals.get(key, 0) + 1

    def tell_refusals(self, *, now: bool = False) -> None:
        """Write down what was counted, at most once a minute.

        Args:
            now: write it in any case, such as when the program ends.
        """
        with self._lock:
            if not self._refusals or (not now and self._clock() - self._told < _TELL_SECONDS):
                return
            counted, self._refusals = self._refusals, {}
            self._told = self._clock()
        with self.store.session() as session:
            for (reason, address), requests in counted.items():
                audit_chain.append(
                    session,
                    EventKind.REFUSED,
                    "somebody",
                    origin=Origin.GATE,
                    what=reason,
                    address=address,
                    requests=requests,
                )
