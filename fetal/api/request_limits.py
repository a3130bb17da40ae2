"""Limits of the API: how many requests a minute, and how large one may be.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import math
import threading
import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

_MOST_KEYS = 10_000


class RequestRate:
    """Gives everybody so many requests a minute, all of which may come at once (token bucket).

    Args:
        per_minute: tells how many.
        clock: tells the time in seconds.

    Example:
        >>> rate = RequestRate(lambda: 1, lambda: 0.0)
        >>> rate.take("ana"), rate.take("ana"), rate.take("ben")
        (0, 60, 0)
    """

    def __init__(
        self, per_minute: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> int:
        """Count a request.

        Args:
            key: whose it is.

        Returns:
            0 where it may be answered; else after how many seconds the next one may.
        """
        most, now = self._per_minute(), self._clock()
        with self._lock:
            left, since = self._left.pop(key, (float(most), now))
            left = min(float(most), left + (now - since) * most / 60)
            # The key that was used last goes to the end; those unused for longest go first.
            self._left[key] = (max(left - 1, left if left < 1 else 0.0), now)
            while len(self._left) > _MOST_KEYS:
                del self._left[next(iter(self._left))]
        return 0 if left >= 1 else math.ceil((1 - left) * 60 / most)


class BodyTooLargeError(HTTPException):
    """A request is larger than the API takes."""

    def __init__(self, most: int) -> None:
        super().__init__(
            413,
            f"Expected a request of at most {most // 1_000_000} MB, received more. Send fewer "
            "files at once; an administrator can raise FETAL_API_MEGABYTES.",
        )


def bounded(receive: Receive, most: int) -> Receive:
    """Return what hands a request's body on and raises once there is too much of it.

    Args:
        receive: gives the body.
        most: the largest body, in bytes.
    """
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            raise BodyTooLargeError(most)
        return message

    return counted
