"""What an administrator sets holds wherever a file is read."""

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from fetal.configuration.sources import SettingError
from fetal.scans import Limits, TooLargeError, encode_png, read_frames, read_grey, read_scan
from fetal.scans.archives.archive_limits import ArchiveLimits, ArchiveTooLargeError
from fetal.scans.archives.zip_archive import entries
from tests.support.films import film


@pytest.mark.parametrize("read", [lambda data: read_scan(data, "a.png"), read_grey])
def test_the_largest_picture_is_a_setting(
    read: Callable[[bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = encode_png(np.random.default_rng(0).integers(0, 255, (1001, 1000)).astype(np.uint8))
    assert read(picture) is not None
    monkeypatch.setenv("FETAL_FILE_MEGAPIXELS", "1")
    with pytest.raises(TooLargeError, match="at most 1 million pixels"):
        read(picture)
    monkeypatch.setenv("FETAL_FILE_MEGABYTES", "1")
    with pytest.raises(TooLargeError, match="at most 1 MB"):
        read(picture)


def test_the_longest_film_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    data = film([np.full((1000, 1000), 9, np.uint8)] * 2)
    assert len(read_frames(data, "a.dcm")) == 2
    monkeypatch.setenv("FETAL_FILM_FRAMES", "1")
    with pytest.raises(TooLargeError, match="at most 1 frames"):
        read_frames(data, "a.dcm")
    monkeypatch.setenv("FETAL_FILM_MEGABYTES", "1")
    with pytest.raises(TooLargeError, match="at most 1 MB"):
        read_frames(data, "a.dcm")


def test_the_largest_file_in_an_archive_is_the_largest_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.png", bytes(2_000_000))
    monkeypatch.setenv("FETAL_FILE_MEGABYTES", "1")
    [entry] = entries(packed.getvalue())
    assert isinstance(entry.error, ArchiveTooLargeError)


@pytest.mark.parametrize("written", ["many", "-1", "0", "1.5", "٣", "9" * 5000])
def test_what_is_no_whole_number_is_told(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, limits in (("FETAL_READING_SECONDS", Limits), ("FETAL_ARCHIVE_RATIO", ArchiveLimits)):
        monkeypatch.setenv(name, written)
        with pytest.raises(SettingError, match=f"{name}: expected a whole number from 1, received"):
            limits.from_environment()
        monkeypatch.setenv(name, " ")
        assert limits.from_environment() == limits()


def test_archives_in_archives_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_ARCHIVE_NESTING", "0")
    assert ArchiveLimits.from_environment().nesting == 0
