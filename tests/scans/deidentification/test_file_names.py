import os
import sys
import unicodedata
from pathlib import Path

import pytest

from fetal.scans.deidentification.file_names import name_key, readable_name
from fetal.scans.errors import EmptyFileError, TooLargeError
from fetal.scans.limits import Limits, read_within


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fötus.png", unicodedata.normalize("NFD", "fötus.PNG")),
        ("Å/é.png", "A\u030a/e\u0301.png"),
        ("STRASSE.png", "straße.png"),
        ("a  b.png", "a b.png"),
        ("a\u00a0b.png", "a b.png"),
        ("İ.png", unicodedata.normalize("NFD", "İ.png")),
    ],
)
def test_names_that_look_the_same_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("ö", "o"), ("x²", "x2"), ("ab", "a b")])
def test_names_that_differ_stay_different(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"F\xf6tus.png", "Fötus.png"),
        ("Fötus.png".encode(), "Fötus.png"),
        (b"a\x81.png", "a\x81.png"),
        ("é/".encode() + b"\xe9.png", "é/é.png"),
    ],
)
def test_a_name_that_is_no_utf8_can_be_printed(written: bytes, shown: str) -> None:
    name = readable_name(written.decode("utf-8", "surrogateescape"))
    assert name == shown
    assert name.encode()


def test_names_that_differ_in_one_byte_stay_different() -> None:
    names = {
        readable_name(bytes([byte]).decode("utf-8", "surrogateescape")) for byte in range(1, 256)
    }
    assert len(names) == 255


def test_a_file_is_measured_before_it_is_read(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.png"
    with sparse.open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(TooLargeError, match="3,000 MB"):
        read_within(sparse)
    sparse.write_bytes(b"")
    with pytest.raises(EmptyFileError):
        read_within(sparse)
    sparse.write_bytes(b"x" * 1_500_000)
    assert len(read_within(sparse, Limits(megabytes=1, film_megabytes=2))) == 1_500_000
    with pytest.raises(TooLargeError):
        read_within(sparse, Limits(megabytes=1, film_megabytes=1))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such names")
def test_such_a_name_is_on_the_disk_as_python_gives_it(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xf6.png")).write_bytes(b"x")
    [path] = tmp_path.iterdir()
    assert readable_name(path.name) == "ö.png"
