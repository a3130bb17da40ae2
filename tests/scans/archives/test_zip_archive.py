import io
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from fetal.scans.archives.archive_limits import (
    ArchiveError,
    ArchiveLimits,
    ArchiveTooLargeError,
    DamagedArchiveError,
    EncryptedArchiveError,
    NestedTooDeepError,
    PackedOtherwiseError,
    TooDenseError,
    TooManyEntriesError,
)
from fetal.scans.archives.zip_archive import entries, is_archive
from fetal.scans.limits import Limits


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of these files, by name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_files_come_out_as_they_went_in_those_of_an_inner_archive_too(tmp_path: Path) -> None:
    inner = packed({"b.png": b"inside", "deep/c.png": b"deeper"})
    content = packed({"brain/a.png": b"outside", "more.zip": inner, "empty/": b""})
    assert is_archive(content)
    (tmp_path / "all.zip").write_bytes(content)
    for archive in (content, tmp_path / "all.zip"):
        read = {entry.label: entry.read() for entry in entries(archive)}
        assert read == {
            "brain/a.png": b"outside",
            "more.zip/b.png": b"inside",
            "more.zip/deep/c.png": b"deeper",
        }


@pytest.mark.parametrize("name", ["../../a.png", "/etc/a.png", "C:\\x\\..\\a.png", "./a.png"])
def test_a_name_is_a_label_that_leads_nowhere(name: str) -> None:
    [entry] = entries(packed({name: b"x"}))
    assert entry.label.endswith("a.png")
    assert not entry.label.startswith("/")
    assert ".." not in entry.label
    assert ":" not in entry.label


def test_a_file_without_a_name_is_read_as_any_other() -> None:
    # A name ends where a zero is.
    [entry] = entries(packed({"n.png": b"x"}).replace(b"n.png", b"\0.png"))
    assert (entry.label, entry.read()) == ("file", b"x")


def test_only_one_inner_archive_is_in_memory_and_all_can_be_read_in_any_order() -> None:
    archives = {f"{at}.zip": packed({f"{at}.png": bytes([at])}) for at in range(3)}
    found = {entry.label: entry for entry in entries(packed(archives))}
    order = ["2.zip/2.png", "0.zip/0.png", "1.zip/1.png", "0.zip/0.png"]
    assert [found[label].read() for label in order] == [b"\2", b"\0", b"\1", b"\0"]


def test_an_archive_that_lies_too_deep_is_named_and_the_others_go_on() -> None:
    deepest = packed({"a.png": b"a"})
    content = packed({"1.zip": packed({"2.zip": deepest, "b.png": b"b"}), "c.png": b"c"})
    found = {entry.label: entry for entry in entries(content)}
    assert isinstance(found["1.zip/2.zip"].error, NestedTooDeepError)
    assert found["1.zip/b.png"].read() == b"b"
    assert found["c.png"].read() == b"c"
    deeper = entries(content, ArchiveLimits(nesting=2))
    assert "1.zip/2.zip/a.png" in {entry.label for entry in deeper}


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    content = packed({"bomb.png": bytes(5_000_000), "small.png": bytes(500_000)})
    bomb, small = entries(content)
    assert isinstance(bomb.error, TooDenseError)
    with pytest.raises(TooDenseError):
        bomb.read()
    assert len(small.read()) == 500_000
    [large] = entries(packed({"a.png": bytes(2_000_000)}, zipfile.ZIP_STORED), None, Limits(1))
    assert isinstance(large.error, ArchiveTooLargeError)


def test_an_archive_beyond_the_limits_is_refused_as_a_whole() -> None:
    content = packed({f"{at}.png": bytes(1_000_000) for at in range(3)}, zipfile.ZIP_STORED)
    with pytest.raises(TooManyEntriesError, match="at most 2 files"):
        list(entries(content, ArchiveLimits(entries=2)))
    with pytest.raises(ArchiveTooLargeError, match="at most 2 MB"):
        list(entries(content, ArchiveLimits(megabytes=2)))


def test_a_directory_of_millions_is_refused_before_it_is_read() -> None:
    content = bytearray(packed({"a.png": b"a"}))
    at = content.rfind(b"PK\5\6")
    struct.pack_into("<L", content, at + 12, 2_000_000_000)
    with pytest.raises(TooManyEntriesError):
        list(entries(bytes(content)))


def test_an_inner_archive_that_is_too_large_is_named() -> None:
    inner = packed({"a.png": bytes(2_000_000)}, zipfile.ZIP_STORED)
    [entry] = entries(
        packed({"1.zip": inner}, zipfile.ZIP_STORED), ArchiveLimits(inner_megabytes=1)
    )
    assert isinstance(entry.error, ArchiveTooLargeError)


def test_what_is_damaged_locked_or_packed_otherwise_is_named() -> None:
    content = packed({"a.png": b"some pixels"}, zipfile.ZIP_STORED)
    with pytest.raises(DamagedArchiveError):
        list(entries(content[: len(content) // 2]))
    [changed] = entries(content.replace(b"some pixels", b"same pixels"))
    with pytest.raises(DamagedArchiveError):
        changed.read()
    directory = content.rfind(b"PK\1\2")
    locked = bytearray(content)
    locked[directory + 8] |= 1
    [entry] = entries(bytes(locked))
    assert isinstance(entry.error, EncryptedArchiveError)
    odd = bytearray(content)
    struct.pack_into("<H", odd, directory + 10, 97)
    struct.pack_into("<H", odd, 8, 97)
    [entry] = entries(bytes(odd))
    with pytest.raises(PackedOtherwiseError):
        entry.read()


def test_an_administrator_sets_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_ARCHIVE_ENTRIES", "2")
    limits = ArchiveLimits.from_environment()
    assert (limits.entries, limits.ratio) == (2, ArchiveLimits().ratio)
    with pytest.raises(TooManyEntriesError):
        list(entries(packed({f"{at}.png": b"" for at in range(3)})))


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_whatever_byte_is_damaged_the_archive_is_read_right_or_called_damaged(method: int) -> None:
    """Each kind of packing has an error of its own; LZMA's is of none of the usual families."""
    content = packed({"a.png": b"pixels " * 9}, method)
    refused = 0
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 0xFF
        try:
            assert all(b"pixels" in entry.read() for entry in entries(bytes(damaged)))
        except ArchiveError:
            refused += 1
    assert refused > len(content) // 3


@pytest.mark.parametrize("name", ["Fötus é.png", "Fo\u0308tus.png", "胎児.png", "плод/1.png"])
def test_a_name_in_utf8_that_is_not_marked_so_is_read_all_the_same(name: str) -> None:
    """As older programs of macOS and Linux pack: UTF-8, and no word of it."""
    content = packed({"?" * len(name.encode()): b"x"})
    [entry] = entries(content.replace(b"?" * len(name.encode()), name.encode()))
    assert (entry.label, entry.read()) == (name, b"x")
    [marked] = entries(packed({name: b"x"}))
    assert marked.label == name


def test_a_name_in_the_code_page_of_dos_stays_what_it_is() -> None:
    content = packed({"?.png": b"x"}).replace(b"?.png", "ö.png".encode("cp437"))
    [entry] = entries(content)
    assert (entry.label, entry.read()) == ("ö.png", b"x")
