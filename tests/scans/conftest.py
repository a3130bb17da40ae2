"""What the tests of scans share: a drawn screen, and files made of it."""

import io
from typing import Any, Protocol

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

Screen = NDArray[np.uint8]


class Pack(Protocol):
    """Packs an image as a file of a format that Pillow writes."""

    def __call__(self, image: Image.Image | NDArray[Any], kind: str, **options: Any) -> bytes: ...


@pytest.fixture(scope="session")
def screen() -> Screen:
    """A fan of speckle on a black screen, with letters in the corner and a grey bar at the left."""
    height, width = 480, 640
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(columns - 320, rows + 60)
    angle = np.degrees(np.arctan2(columns - 320, rows + 60))
    fan = (distance > 130) & (distance < 500) & (np.abs(angle) < 33)
    speckle = np.random.default_rng(0).rayleigh(45, (height, width)) + 12
    smooth = cv2.GaussianBlur(speckle, (0, 0), 1.5)
    drawn = np.where(fan, smooth, 0).clip(0, 255).astype(np.uint8)
    for line in range(4):
        cv2.putText(
            drawn, "DOE JANE 4711", (520, 16 + 14 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 230
        )
    drawn[40:160, 4:14] = np.linspace(255, 30, 120, dtype=np.uint8)[:, None]
    return drawn


@pytest.fixture(scope="session")
def fan(screen: Screen) -> NDArray[np.bool_]:
    """Where the fan of `screen` is."""
    rows, columns = np.mgrid[: screen.shape[0], : screen.shape[1]]
    distance = np.hypot(columns - 320, rows + 60)
    angle = np.degrees(np.arctan2(columns - 320, rows + 60))
    return np.asarray((distance > 130) & (distance < 500) & (np.abs(angle) < 33), np.bool_)


@pytest.fixture(scope="session")
def packed() -> Pack:
    """Pack an image as a file of a format that Pillow writes."""

    def pack(image: Image.Image | NDArray[Any], kind: str, **options: Any) -> bytes:
        whole = image if isinstance(image, Image.Image) else Image.fromarray(image)
        file = io.BytesIO()
        whole.save(file, kind, **options)
        return file.getvalue()

    return pack
