"""What it means for a person when the workspace, its disk or its database cannot be used."""

import errno
from collections.abc import Iterator

_DISK_FULL = "The disk is full, so nothing was written. Make room on it, then try again."
_READ_ONLY = (
    "The workspace cannot be written. Give the account that runs this program the right to write "
    "in its folder, or name another one with FETAL_WORKSPACE."
)
_LOCKED = (
    "Another program has kept the workspace's database to itself for too long, so nothing was "
    "written. Try again in a minute; if it stays so, restart the app and its workers."
)
_DAMAGED = (
    "The workspace's database is damaged. Bring it back from the backup; the scans are in files "
    "of their own."
)
_DISK_FAILS = (
    "The disk that holds the workspace does not answer as it should. Look after the disk before "
    "you go on."
)
_UNREACHABLE = (
    "The database server of FETAL_DATABASE_URL cannot be used: {0}. Check the address, and that "
    "the server runs."
)
_SQL_FAILURES = {
    "database or disk is full": _DISK_FULL,
    "no space left on device": _DISK_FULL,
    "readonly database": _READ_ONLY,
    "unable to open database file": _READ_ONLY,
    "database is locked": _LOCKED,
    "database table is locked": _LOCKED,
    "malformed": _DAMAGED,
    "not a database": _DAMAGED,
    "disk i/o error": _DISK_FAILS,
}
_FILE_FAILURES = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.EIO: _DISK_FAILS,
}
_DATABASE_MODULES = ("sqlite3", "sqlalchemy", "psycopg")


def sentence_for(error: BaseException) -> str | None:
    """Return in one sentence what went wrong, where this program knows it.

    Args:
        error: what was raised.

    Returns:
        What this program's own errors say; and of a disk, a file or a database what is wrong and
        what to do, without SQL and without values that were to be stored. None for an error of
        another kind, which is a fault of this program.
    """
    if type(error).__module__.partition(".")[0] == "fetal":
        return str(error)
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno is not None:
            return _FILE_FAILURES.get(cause.errno) or _about_file(cause)
        if type(cause).__module__.partition(".")[0] in _DATABASE_MODULES:
            sentence = _about_database(cause)
            if sentence is not None:
                return sentence
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it, the innermost first."""
    chain = [error]
    while (before := chain[-1].__cause__) is not None and before not in chain:
        chain.append(before)
    return reversed(chain)


def _about_file(error: OSError) -> str:
    reason = (error.strerror or "unknown").lower()
    if error.filename is None:
        return f"A file or a connection cannot be used: {reason}."
    name = str(error.filename).encode("utf-8", "backslashreplace").decode()
    return f"“{name}” cannot be used: {reason}."


def _about_database(error: BaseException) -> str | None:
    told = str(error).lower()
    for words, sentence in _SQL_FAILURES.items():
        if words in told:
            return sentence
    kind = type(error).__name__
    if kind == "OperationalError" and type(error).__module__.startswith("psycopg"):
        return _UNREACHABLE.format(str(error).splitlines()[0])
    return None
