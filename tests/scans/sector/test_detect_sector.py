import hashlib
import json

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal.phantom import samples
from fetal.scans import Box, encode_png, find_sector, read_scan
from fetal.scans.sector.detect_sector import stored_sector
from tests.conftest import RealScan
from tests.scans.conftest import Screen


def test_the_fan_is_kept_and_what_is_written_beside_it_goes(
    screen: Screen, fan: NDArray[np.bool_]
) -> None:
    sector = find_sector(screen)
    assert sector.found
    assert (fan & ~sector.mask).sum() < 0.01 * fan.sum()
    assert not sector.mask[:, 515:].any() or not (screen[:70, 515:] * sector.mask[:70, 515:]).any()
    assert not (screen[40:160, 4:14] * sector.mask[40:160, 4:14]).any()


def test_a_read_scan_is_black_outside_its_sector(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    outside = np.ones(screen.shape, np.bool_)
    box = scan.sector
    outside[box.top : box.bottom, box.left : box.right] = False
    assert not scan.pixels[outside].any()
    assert scan.sector_found
    assert scan.warnings == []


def test_shadow_inside_the_fan_is_kept(screen: Screen, fan: NDArray[np.bool_]) -> None:
    shadowed = screen.copy()
    rows, columns = np.mgrid[: screen.shape[0], : screen.shape[1]]
    shadowed[(rows > 180) & (np.abs(columns - 300) < 60) & fan] = 0
    sector = find_sector(shadowed)
    assert (fan & ~sector.mask).sum() < 0.02 * fan.sum()


def test_a_rectangle_is_found_too() -> None:
    drawn = np.zeros((400, 600), np.uint8)
    speckle = np.random.default_rng(1).rayleigh(50, (300, 350)) + 10
    drawn[50:350, 100:450] = cv2.GaussianBlur(speckle, (0, 0), 1.2).clip(0, 255)
    cv2.putText(drawn, "8L5 VASCULAR", (470, 40), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 220)
    sector = find_sector(drawn)
    assert sector.found
    assert np.abs(np.array(sector.box) - np.array([100, 50, 450, 350])).max() <= 6


def test_a_picture_without_any_edge_is_kept_whole_and_says_so() -> None:
    rows, columns = np.mgrid[:360, :480]
    speckle = np.random.default_rng(2).rayleigh(40, (360, 480))
    light = np.zeros((360, 480))
    for row, column in ((90, 120), (250, 330), (180, 230)):
        light += np.exp(-(np.hypot(rows - row, columns - column) ** 2) / 1500)
    blobs = (speckle * light).clip(0, 255).astype(np.uint8)
    scan = read_scan(encode_png(blobs), "a.png")
    assert not scan.sector_found
    assert scan.sector == Box(0, 0, 480, 360)
    assert scan.warnings
    assert "check" in scan.warnings[0]


def test_the_sector_is_the_same_every_time(screen: Screen) -> None:
    first, second = find_sector(screen), find_sector(screen.copy())
    np.testing.assert_array_equal(first.mask, second.mask)


def test_phantoms_lose_little_of_the_sector_and_nearly_all_text() -> None:
    text_left = text_all = sector_lost = sector_all = 0
    for phantom in samples(12, seed=5):
        mask = find_sector(phantom.pixels).mask
        written = phantom.text & ~phantom.sector
        text_left += int((written & mask).sum())
        text_all += int(written.sum())
        sector_lost += int((phantom.sector & ~mask).sum())
        sector_all += int(phantom.sector.sum())
    assert sector_lost / sector_all < 0.02
    assert text_left / text_all < 0.005


def test_real_scans_have_a_sector_that_fills_much_of_the_screen(real_scans: list[RealScan]) -> None:
    found = 0
    chosen = real_scans[::70]
    for path, _ in chosen:
        with Image.open(path) as image:
            sector = find_sector(np.asarray(image.convert("L")))
        found += sector.found
        assert sector.mask.mean() > 0.25
    assert found >= 0.9 * len(chosen)


def test_the_digest_is_the_hash_of_shape_and_pixels(screen: Screen) -> None:
    scan = read_scan(encode_png(screen), "a.png")
    height, width = scan.pixels.shape
    expected = hashlib.sha256(f"{height}x{width}:".encode() + scan.pixels.tobytes()).hexdigest()
    assert scan.digest == expected
    assert json.dumps(scan.sector) == json.dumps(list(scan.sector))


def test_the_sector_of_a_stored_scan_is_the_one_that_was_found(screen: Screen) -> None:
    for pixels in (screen, *(phantom.pixels for phantom in samples(6, seed=5))):
        found = find_sector(pixels).mask
        again = stored_sector(np.where(found, pixels, np.uint8(0)))
        assert (found & again).sum() > 0.9 * (found | again).sum()


def test_a_blank_scan_has_no_sector() -> None:
    assert not stored_sector(np.zeros((5, 7), np.uint8)).any()
