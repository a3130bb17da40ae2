from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.phantom import samples
from fetal.scans import Box, encode_png, find_lettering, find_sector, read_scan
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool
from fetal.scans.sector.gray_bars import find_bars
from fetal.scans.sector.text_strokes import find_writing
from tests.scans.conftest import Screen


def written(pixels: Screen, words: str, place: tuple[int, int], grey: int = 230) -> Screen:
    drawn = pixels.copy()
    cv2.putText(drawn, words, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, grey, 1, cv2.LINE_AA)
    return drawn


def covers(boxes: Iterable[Box], pixels: Screen, drawn: Screen) -> float:
    ink = drawn.astype(int) - pixels > 60
    found = np.zeros(pixels.shape, np.bool_)
    for box in boxes:
        found[box.place] = True
    return float((ink & found).sum() / ink.sum())


@pytest.mark.parametrize("words", ["DOE JANE", "feto a", "1 D 46.2 mm", "+"])
def test_what_is_written_over_the_fan_is_found_and_said(screen: Screen, words: str) -> None:
    drawn = written(screen, words, (270, 260))
    scan = read_scan(encode_png(drawn), "a.png")
    assert covers(scan.lettering, screen, drawn) > 0.9
    assert any("no name" in warning for warning in scan.warnings)


def test_it_is_known_after_a_scan_was_read_in_a_process_of_its_own(screen: Screen) -> None:
    data = encode_png(written(screen, "DOE JANE", (270, 260)))
    with ReaderPool(1) as readers:
        ((_, read),) = readers.read(["a.png"], lambda name: (data, name))
    assert read.scan is not None
    assert read.scan.lettering == read_scan(data, "a.png").lettering != ()


def test_nothing_is_found_over_a_fan_without_writing(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    assert scan.lettering == ()
    assert scan.warnings == []


def test_phantoms_have_no_writing_over_them() -> None:
    alarms = sum(
        bool(find_lettering(one.pixels, find_sector(one.pixels).mask)) for one in samples(12)
    )
    assert alarms == 0


def test_writing_on_noise_is_found_and_noise_is_not() -> None:
    noise = np.random.default_rng(0).normal(1, 0.25, (300, 400))
    scan = (noise * 110).clip(0, 255).astype(np.uint8)
    assert find_writing(scan) == ()
    drawn = scan.copy()
    cv2.putText(drawn, "DOE", (150, 150), cv2.FONT_HERSHEY_SIMPLEX, 1, 255, 3)
    assert covers(find_writing(drawn), scan, drawn) > 0.9


def test_large_pictures_are_searched_too() -> None:
    scan = np.full((1500, 2000), 50, np.uint8)
    drawn = scan.copy()
    cv2.putText(drawn, "DOE", (900, 700), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, 4)
    boxes = find_writing(drawn)
    assert covers(boxes, scan, drawn) > 0.85
    assert all(box.height < 200 and box.width < 400 for box in boxes)


def test_a_bar_over_tissue_is_found_and_tissue_is_no_bar(screen: Screen) -> None:
    speckle = np.random.default_rng(3).rayleigh(45, (400, 600)) + 12
    grown = cv2.GaussianBlur(speckle, (0, 0), 1.5).clip(0, 255).astype(np.uint8)
    bar = np.linspace(240, 0, 130, dtype=np.uint8)[:, None]
    grown[30:160, 2:32] = bar
    assert find_bars(screen[:, 100:]) == ()
    (box,) = find_bars(grown)
    assert np.abs(np.array(box) - np.array([2, 30, 32, 160])).max() < 12


def test_margins_are_blanked_over_tissue_too() -> None:
    speckle = np.random.default_rng(3).rayleigh(45, (420, 640)) + 12
    tissue = cv2.GaussianBlur(speckle, (0, 0), 1.5).clip(0, 255).astype(np.uint8)
    drawn = written(tissue, "DOE 4711", (540, 30))
    mask = find_sector(drawn).mask
    assert not mask[drawn.astype(int) - tissue > 60].any()
    assert mask.mean() > 0.95


def test_a_box_can_be_moved() -> None:
    assert Box(1, 2, 3, 5).moved(10, 20) == Box(11, 22, 13, 25)


def test_the_outline_goes_around_the_fan(screen: Screen, fan: NDArray[np.bool_]) -> None:
    filled = np.zeros(screen.shape, np.uint8)
    cv2.fillConvexPoly(filled, np.rint(find_sector(screen).outline).astype(np.int32), 1)
    assert (fan & (filled == 0)).sum() < 0.01 * fan.sum()
