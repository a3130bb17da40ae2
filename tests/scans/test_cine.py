import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate, generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.uid import RLELossless

from fetal.scans import (
    ColourDopplerError,
    Limits,
    TooLargeError,
    encode_png,
    is_film,
    read_frames,
    read_scan,
)
from tests.scans.conftest import Screen
from tests.support.films import film


@pytest.fixture(scope="module")
def moving(screen: Screen) -> list[Screen]:
    """Eight frames of a fan that shifts, the second of each pair as good as the first."""
    frames = []
    for step in range(4):
        frame = np.roll(screen, 12 * step, axis=1)
        again = frame.copy()
        again[200:203, 300:303] ^= 1
        frames += [frame, again]
    return frames


def test_each_frame_is_the_scan_that_its_png_is(moving: list[Screen]) -> None:
    cine = read_frames(film(moving), "clip.dcm")
    assert len(cine) == 8
    assert [scan.digest for scan in cine] == [
        read_scan(encode_png(frame), "a.png").digest for frame in moving
    ]
    assert {scan.patient for scan in cine} == {"4711"}


def test_frames_that_hardly_differ_are_skipped_and_the_others_spread(moving: list[Screen]) -> None:
    cine = read_frames(film(moving), "clip.dcm")
    assert cine.distinct(most=10) == [0, 2, 4, 6]
    assert cine.distinct(most=2) == [0, 6]


def test_compressed_frames_are_told_apart_where_no_table_of_offsets_says_where_they_start(
    moving: list[Screen],
) -> None:
    dataset = dcmread(DicomBytesIO(film(moving)))
    dataset.compress(RLELossless, generate_instance_uid=False)
    frames = list(generate_frames(dataset.PixelData, number_of_frames=len(moving)))
    dataset.PixelData = encapsulate(frames, has_bot=False)
    file = DicomBytesIO()
    dataset.save_as(file, enforce_file_format=True)
    cine = read_frames(file.getvalue(), "clip.dcm")
    assert [scan.digest for scan in cine] == [
        read_scan(encode_png(frame), "a.png").digest for frame in moving
    ]


def test_one_frame_with_flow_spoils_no_other(screen: Screen) -> None:
    grey = np.stack([screen] * 3, axis=-1)
    flow = grey.copy()
    flow[180:230, 280:340] = (210, 40, 20)
    cine = read_frames(film([grey, flow]), "clip.dcm")
    assert cine[0].digest == read_scan(encode_png(screen), "a.png").digest
    with pytest.raises(ColourDopplerError):
        cine[1]


def test_a_film_that_was_cut_short_keeps_its_whole_frames(moving: list[Screen]) -> None:
    whole = film(moving)
    cine = read_frames(whole[: -moving[0].size * 3 // 2], "clip.dcm")
    assert len(cine) == 6
    assert cine[5].digest == read_scan(encode_png(moving[5]), "a.png").digest


def test_a_film_has_a_limit_of_its_own(moving: list[Screen]) -> None:
    data = film(moving)
    with pytest.raises(TooLargeError, match="1 MB"):
        read_frames(data, "clip.dcm", Limits(film_megabytes=1))
    with pytest.raises(TooLargeError, match="7 frames"):
        read_frames(data, "clip.dcm", Limits(frames=7))


def test_a_film_is_known_by_its_header(moving: list[Screen], screen: Screen) -> None:
    assert is_film(film(moving))
    assert not is_film(film([screen]))
    assert not is_film(encode_png(screen))
