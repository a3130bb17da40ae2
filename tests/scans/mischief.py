"""What a file might do to the process that reads it, as functions that the process can import."""

from collections.abc import Callable

from fetal.scans import Limits
from fetal.scans.sandbox import sandbox_process


class Code:
    """Has code run by whoever unpickles it."""

    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return exec, (self.code,)


def spin(seconds: int) -> None:
    """Compute for ever, with a bound as for a file of so many seconds."""
    sandbox_process._bound(Limits(seconds=seconds))
    while True:
        pass
