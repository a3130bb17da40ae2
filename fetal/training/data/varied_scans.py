"""The scans of a batch, varied in this process or beside it in others."""

from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.training.augmentation_settings import Augmentation
from fetal.training.data.augmentation import augment
from fetal.training.data.no_plane_frames import make_fragment

Grey = NDArray[np.uint8]


@dataclass(frozen=True)
class ScansToVary:
    """A batch's framed scans, and what their variation takes of other scans."""

    frames: Grey
    """uint8, (n, rows, columns)."""
    partners: Grey | None
    """For each, the scan whose grey levels or brightness it may take over; uint8, of the same
    shape. If None, they keep their own."""
    other_planes: Mapping[int, Grey]
    """A scan of another plane for each, by its place, that is to become a frame of no plane."""
    settings: Augmentation
    key: tuple[int, ...]
    """Where the draws come from: the same key gives the same pictures, in whatever process."""


Vary = Callable[[ScansToVary], Grey]
"""Varies the scans of a batch: uint8, (n, rows, columns)."""


def vary_scans(scans: ScansToVary) -> Grey:
    """Vary the scans of a batch in this thread.

    Args:
        scans: the scans, and how far they may be varied.

    Returns:
        uint8, (n, rows, columns).
    """
    chance = np.random.default_rng(scans.key)
    varied = np.empty_like(scans.frames)
    for place, frame in enumerate(scans.frames):
        other = scans.other_planes.get(place)
        shown = frame if other is None else make_fragment(frame, other, chance)
        partner = None if scans.partners is None else scans.partners[place]
        varied[place] = augment(shown, scans.settings, chance, partner)
    return varied


IDLE_SECONDS = 20
"""After so long without work a process ends; it is started anew when there is some. Those of a
training that was killed end by this too, after twice as long at the most."""


def vary_in_processes(processes: int) -> Vary:
    """Vary batches in other processes, so that Python's lock is left to what feeds the GPU.

    Processes are those of loky, which joblib brings: they end when they idle, and import neither
    the main module nor Keras.

    Args:
        processes: how many there are at the most.

    Returns:
        What varies a batch as `vary_scans` does. It may be called by several threads; where a
        process is killed, the batch is varied by the thread that asked.
    """
    from joblib.externals.loky import get_reusable_executor

    def vary(scans: ScansToVary) -> Grey:
        try:
            pool = get_reusable_executor(processes, timeout=IDLE_SECONDS, initializer=_use_one_core)
            varied: Grey = pool.submit(vary_scans, scans).result()
        except BrokenExecutor:
            return vary_scans(scans)
        return varied

    return vary


def _use_one_core() -> None:
    # Else OpenCV divides each scan among all cores, in every process.
    cv2.setNumThreads(1)
