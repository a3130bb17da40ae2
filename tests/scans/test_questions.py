"""How often a person is asked about text that is blanked already."""

import cv2
import numpy as np

from fetal.scans import encode_png, read_scan


def test_text_that_is_blanked_is_not_asked_about() -> None:
    speckle = np.random.default_rng(3).rayleigh(45, (420, 640)) + 12
    tissue = cv2.GaussianBlur(speckle, (0, 0), 1.5).clip(0, 255).astype(np.uint8)
    cv2.putText(tissue, "DOE 4711", (540, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 230, 1)
    scan = read_scan(encode_png(tissue), "a.png")
    assert not scan.pixels[20:31, 545:600].any()
    assert scan.lettering == ()
