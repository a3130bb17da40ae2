"""What a worker does while the database is locked or away: it waits and tries again."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
"""How long a worker waits before it asks a database again that was locked or away."""

_PASSING_SQLITE_CODES = frozenset({5, 6, 10, 13, 14})
"""SQLite's BUSY, LOCKED, IOERR, FULL and CANTOPEN; others, such as a missing table, stay."""

Result = TypeVar("Result")


def is_passing(error: BaseException) -> bool:
    """Return whether an error of the database may be gone a moment later.

    Args:
        error: what a call of SQLAlchemy raised.

    Returns:
        True if the database is locked, full, or cannot be reached.
    """
    if isinstance(error, PoolTimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # The lower byte is the kind; the rest only says more of it.
        return code & 0xFF in _PASSING_SQLITE_CODES
    return error.connection_invalidated or isinstance(error, OperationalError)


def patiently(
    act: Callable[[], Result], check: Callable[[], None], wait: Callable[[float], object]
) -> Result:
    """Call something that uses the database; call it again while the database is locked or away.

    Args:
        act: what to do; called again from its beginning.
        check: raises as soon as it makes no sense to go on.
        wait: waits so many seconds, or less where `check` has something new to say.

    Returns:
        What `act` returned.
    """
    while True:
        try:
            return act()
        except Exception as error:
            if not is_passing(error):
                raise
            logger.warning("The database is locked or away; it is tried again.")
        check()
        wait(RETRY_SECONDS)
        check()
