"""GDCM in a process of its own: a damaged stream may end that process, and not the app.

GDCM is written in C++ and calls `abort` on some damaged streams, which nothing in Python can catch.
The process is started for the first such picture and stays for the next ones.
"""

import atexit
import os
import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder

_SECONDS = 30.0
_PROGRAM = "from fetal.scans.gdcm_process import main; main()"


class GdcmEndedError(RuntimeError):
    """GDCM could not decode a frame, took too long, or ended with its process."""


class GdcmProcess:
    """The process that decodes; it may be asked from several threads.

    Example:
        >>> samples = GdcmProcess().decode(dataset)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self._end)

    def decode(self, dataset: pydicom.Dataset) -> NDArray[Any]:
        """Decode a frame.

        Args:
            dataset: of one frame, with its `file_meta`.

        Returns:
            Its samples, (H, W) or (H, W, 3), before any conversion of colours.

        Raises:
            GdcmEndedError: there is no answer within half a minute, or it is that it cannot be.
        """
        with self._one_at_a_time:
            process = self._running()
            too_long = threading.Timer(_SECONDS, process.kill)
            too_long.start()
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                pickle.dump(dataset, process.stdin, pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()
                answer = pickle.load(process.stdout)
            except (EOFError, OSError, pickle.PickleError) as error:
                self._end()
                raise GdcmEndedError("GDCM ended while it decoded a frame.") from error
            finally:
                too_long.cancel()
        if not isinstance(answer, np.ndarray):
            raise GdcmEndedError("GDCM cannot decode this frame.")
        return answer

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # What decoders print may repeat values of the file.
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def main() -> None:
    """Decode what comes until nothing more comes; run in a process of its own."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever a decoder prints must not come between the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            dataset = pickle.load(sys.stdin.buffer)
            pickle.dump(_decoded(dataset), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()


def _decoded(dataset: pydicom.Dataset) -> NDArray[Any] | None:
    try:
        decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
        samples, _ = decoder.as_array(dataset, index=0, raw=True, decoding_plugin="gdcm")
    # A decoder may raise anything at all on a damaged frame.
    except Exception:
        return None
    return samples
