"""Looks into every byte that is kept, packed or not."""

import base64
import io
import zipfile
import zlib
from pathlib import Path

_PNG = b"\x89PNG\r\n\x1a\n"


def everything_in(folder: Path) -> bytes:
    """All files of a folder with their names, and what is packed in them, unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        found.append(str(path.relative_to(folder)).encode())
        if path.is_file():
            found.append(unpacked(path.read_bytes()))
    return b"\n".join(found)


def unpacked(data: bytes) -> bytes:
    """A file's bytes, and behind them what its ZIP entries and PNG chunks hold."""
    parts = [data]
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                parts += [name.encode(), unpacked(archive.read(name))]
    elif data.startswith(_PNG):
        parts += [inflated for _, content in chunks(data) if (inflated := _inflated(content))]
    return b"\n".join(parts)


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of a PNG's chunks."""
    found, at = [], len(_PNG)
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def forms_of(word: str) -> dict[str, bytes]:
    """A word as files may write it: plain, in capitals, hexadecimal, base64, UTF-16."""
    forms: dict[str, bytes] = {}
    for case, text in (("", word), ("upper ", word.upper()), ("lower ", word.lower())):
        forms[f"{case}plain"] = text.encode()
        forms[f"{case}hexadecimal"] = text.encode().hex().encode()
        forms[f"{case}UTF-16, little end first"] = text.encode("utf-16-le")
        forms[f"{case}UTF-16, big end first"] = text.encode("utf-16-be")
        for offset in range(3):
            # Base64 looks different for each place in a group of three bytes.
            whole = base64.b64encode(b" " * offset + text.encode())
            forms[f"{case}base64 at {offset}"] = whole[4 if offset else 0 : -4]
    return forms


def _inflated(content: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(content)
    except zlib.error:
        return b""
