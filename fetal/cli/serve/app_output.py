"""What the app writes on standard error: kept while it starts, passed on afterwards."""

import contextlib
import os
import subprocess
import threading
from typing import IO

PATIENCE_SECONDS = 20
"""How long to wait for the last words of an app that has ended."""


class AppOutput:
    """What the app writes on standard error: kept while it starts, then passed on.

    Args:
        app: the app, whose standard error is a pipe.
    """

    def __init__(self, app: subprocess.Popen[bytes]) -> None:
        self._kept: list[bytes] = []
        self._passing = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, args=(app.stderr,), daemon=True)
        self._reader.start()

    def pass_on(self) -> None:
        """Pass on what was kept, and all that comes."""
        with self._lock:
            self._passing = True
            self._write(b"".join(self._kept))

    def last(self) -> str:
        """The last line of an app that has ended: with Python's errors, the error itself."""
        self.close()
        lines = b"".join(self._kept).decode(errors="replace").strip().splitlines()
        return lines[-1].strip().rstrip(".") if lines else "it ended without a word"

    def close(self) -> None:
        """Wait until all is read."""
        self._reader.join(PATIENCE_SECONDS)

    def _read(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in pipe:
                with self._lock:
                    if self._passing:
                        self._write(line)
                    else:
                        self._kept.append(line)

    def _write(self, words: bytes) -> None:
        with contextlib.suppress(OSError):
            os.write(2, words)
