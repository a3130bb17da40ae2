"""GDCM in a process of its own: a damaged stream may end that process, and not the app.

GDCM is written in C++ and calls `abort` on some damaged streams, which nothing in Python can catch.
The process is started for the first such picture and stays for the next ones.
"""

import atexit
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels.decoders.base import get_decoder

from fetal.scans.dicom.bits import AS_DECODED
from fetal.scans.errors import ScanError
from fetal.scans.limits import Limits
from fetal.scans.sandbox.sandbox_process import SandboxProcess, serve


class GdcmEndedError(RuntimeError):
    """GDCM could not decode a frame, took too long, or ended with its process."""


class GdcmProcess:
    """The process that decodes; it may be asked from several threads.

    Example:
        >>> samples = GdcmProcess().decode(dataset)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._process = SandboxProcess("fetal.scans.dicom.gdcm_worker")
        atexit.register(self._process.kill)

    def decode(self, dataset: pydicom.Dataset) -> NDArray[Any]:
        """Decode a frame.

        Args:
            dataset: of one frame, with its `file_meta`.

        Returns:
            Its samples, (H, W) or (H, W, 3), before any conversion of colours.

        Raises:
            GdcmEndedError: there is no answer within half the time that reading a file may take,
                or it is that it cannot be.
        """
        limits = Limits.from_environment()
        # Whoever asks is bounded too, and would be ended first.
        sooner = replace(limits, seconds=max(1, limits.seconds // 2))
        with self._one_at_a_time:
            try:
                [samples] = self._process.ask(sooner, _decoded, dataset)
            except ScanError as error:
                raise GdcmEndedError("GDCM cannot decode this frame.") from error
        return np.asarray(samples)


def main() -> None:
    """Decode what comes until nothing more comes; run in a process of its own."""
    serve()


def _decoded(dataset: pydicom.Dataset) -> NDArray[Any]:
    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    samples, _ = decoder.as_array(dataset, index=0, decoding_plugin="gdcm", **AS_DECODED)
    return samples
