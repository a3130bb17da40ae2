"""Framed scans travel: small, blank around the sector, without the test set, and known again."""

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from fetal.packs import PackFile, read_pack
from fetal.packs.framed_folder import write_framed
from fetal.planes import Plane
from tests.packs import made_up


@pytest.fixture
def files(tmp_path: Path) -> list[PackFile]:
    return [
        file
        for file in read_pack("more-scans", made_up.more_scans(tmp_path / "made"))
        if file.role == "train"
    ]


def test_what_is_written_reads_back_with_all_that_was_known(
    files: list[PackFile], tmp_path: Path
) -> None:
    scans = [(file, file.read()) for file in files]
    done = write_framed(scans, tmp_path / "framed", side=64)
    again = read_pack("frames", tmp_path / "framed")
    assert done.scans == len(again) == 3
    for before, (_, scan), after in zip(files, scans, again, strict=True):
        told = ("plane", "kind", "patient", "source", "machine", "role")
        assert [getattr(before, name) for name in told] == [getattr(after, name) for name in told]
        framed = after.read()
        assert framed.digest == scan.digest
        assert max(framed.pixels.shape) == 64
        ratio = scan.sector.width / scan.sector.height
        assert framed.pixels.shape[1] / framed.pixels.shape[0] == pytest.approx(ratio, abs=0.05)
        assert (framed.sector.width, framed.sector.height) == framed.pixels.shape[::-1]


def test_small_scans_keep_their_size(files: list[PackFile], tmp_path: Path) -> None:
    scan = files[0].read()
    write_framed([(files[0], scan)], tmp_path / "framed", side=2000)
    [picture] = (tmp_path / "framed").glob("*.webp")
    assert Image.open(picture).size == (scan.sector.width, scan.sector.height)


def test_a_test_scan_is_refused(files: list[PackFile], tmp_path: Path) -> None:
    kept = replace(files[0], role="test")
    with pytest.raises(ValueError, match="Expected training scans only"):
        write_framed([(kept, kept.read())], tmp_path / "framed", side=64)


def test_the_same_picture_is_written_once_and_not_at_all_with_two_planes(
    files: list[PackFile], tmp_path: Path
) -> None:
    scan = files[0].read()
    twice = [(files[0], scan), (files[0], scan)]
    assert write_framed(twice, tmp_path / "once", side=64).scans == 1
    other = replace(files[0], plane=Plane.FEMUR)
    done = write_framed([(files[0], scan), (other, scan)], tmp_path / "none", side=64)
    assert (done.scans, done.contradicted) == (0, 1)
    assert not list((tmp_path / "none").glob("*.webp"))
