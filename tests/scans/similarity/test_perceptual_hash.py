from pathlib import Path

import cv2
import numpy as np
import pytest

from fetal.evaluation.corruptions import corrupt
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.scans import encode_png, read_scan
from fetal.scans.similarity.perceptual_hash import (
    ALIKE,
    REACH,
    SAME,
    SIDE,
    TURNS,
    Grey,
    distances,
    fingerprint,
    from_texts,
    similarity,
    small_square,
    to_text,
)


def square(pixels: Grey) -> Grey:
    scan = read_scan(encode_png(np.ascontiguousarray(pixels)), "a.png")
    return small_square(scan.pixels, scan.sector)


@pytest.fixture(scope="module")
def brain() -> Grey:
    return simulate(Plane.BRAIN, 3).pixels


def apart(one: Grey, other: Grey) -> int:
    return int(distances(fingerprint(one), fingerprint(other)[None])[0])


@pytest.mark.parametrize(
    "how", ["brighter", "darker", "speckle", "JPEG, quality 25", "256 pixels wide", "mirrored"]
)
def test_a_copy_is_recognised_however_it_was_stored(brain: Grey, how: str) -> None:
    copy = square(corrupt(brain, how))
    assert apart(square(brain), copy) <= REACH
    assert similarity(square(brain), copy) >= ALIKE


def test_a_copy_is_recognised_when_two_in_a_hundred_of_it_are_cut_away(brain: Grey) -> None:
    height, width = brain.shape
    cut = brain[round(0.02 * height) :, round(0.02 * width) :]
    assert apart(square(brain), square(cut)) <= REACH
    assert similarity(square(brain), square(cut)) >= ALIKE


def test_a_turned_copy_is_recognised_when_it_is_looked_at_from_several_angles(brain: Grey) -> None:
    whole = square(brain)
    turned = cv2.warpAffine(
        whole, cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), 15, 1), (SIDE, SIDE)
    )
    assert similarity(whole, np.asarray(turned, np.uint8), TURNS) >= ALIKE


def test_another_picture_of_the_same_plane_is_no_copy(brain: Grey) -> None:
    other = simulate(Plane.BRAIN, 4).pixels
    assert similarity(square(brain), square(other)) < ALIKE


def test_the_same_picture_correlates_fully(brain: Grey) -> None:
    assert similarity(square(brain), square(brain)) >= SAME


def test_a_blank_square_is_like_nothing(brain: Grey) -> None:
    blank = np.zeros((SIDE, SIDE), np.uint8)
    assert similarity(blank, square(brain)) < ALIKE
    assert similarity(blank, blank) < ALIKE


def test_fingerprints_survive_being_written_down(brain: Grey) -> None:
    one = fingerprint(square(brain))
    assert from_texts([to_text(one)]).tolist() == [one.tolist()]
    assert from_texts([]).shape == (0, 4)


def test_the_known_pairs_of_real_scans_are_found(real_collection: Path) -> None:
    def read(name: str) -> Grey:
        scan = read_scan((real_collection / "images" / f"{name}.webp").read_bytes(), name)
        return small_square(scan.pixels, scan.sector)

    for one, other in (
        ("Patient00786_Plane2_1_of_1", "Patient00799_Plane2_1_of_1"),
        ("Patient00786_Plane3_2_of_3", "Patient00799_Plane3_1_of_3"),
        ("Patient00820_Plane6_5_of_5", "Patient00830_Plane6_2_of_3"),
    ):
        assert apart(read(one), read(other)) <= REACH
        assert similarity(read(one), read(other)) >= SAME
