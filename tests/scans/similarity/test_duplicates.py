import numpy as np
from numpy.typing import NDArray

from fetal.evaluation.corruptions import corrupt
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.progress import Progress
from fetal.scans import encode_png, read_scan
from fetal.scans.similarity.duplicates import ComparedImage, find_copies
from fetal.scans.similarity.perceptual_hash import small_square

BRAIN = simulate(Plane.BRAIN, 3).pixels


def seen(name: str, pixels: NDArray[np.uint8], patient: str | None) -> ComparedImage:
    scan = read_scan(encode_png(np.ascontiguousarray(pixels)), name)
    return ComparedImage(name, scan.digest, patient, small_square(scan.pixels, scan.sector))


def test_exact_copies_come_first_then_those_across_patients() -> None:
    scans = [
        seen("a", BRAIN, "1"),
        seen("b", corrupt(BRAIN, "JPEG, quality 25"), "2"),
        seen("c", BRAIN, "1"),
        seen("d", simulate(Plane.FEMUR, 3).pixels, "2"),
    ]
    reported: list[Progress] = []
    found = find_copies(scans, on_progress=reported.append)
    assert [(pair.one, pair.other, pair.exact, pair.same_patient) for pair in found] == [
        ("a", "c", True, True),
        ("a", "b", False, False),
        ("b", "c", False, False),
    ]
    assert reported[-1] == Progress(3, 3)


def test_scans_of_unknown_patients_are_judged_as_of_different_ones() -> None:
    small = corrupt(BRAIN, "256 pixels wide")
    [pair] = find_copies([seen("a", BRAIN, None), seen("b", small, None)])
    assert pair.same_patient is None


def test_what_somebody_points_at_is_looked_at_from_several_angles() -> None:
    scans = [seen("a", BRAIN, "1"), seen("b", corrupt(BRAIN, "rotated by 15°"), "2")]
    assert find_copies(scans) == []
    assert [pair.other for pair in find_copies(scans, [(1, 0), (1, 1)])] == ["b"]


def test_nothing_is_like_nothing() -> None:
    assert find_copies([]) == []
