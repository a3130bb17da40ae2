"""File names as people see them: when two are the same, and how one is shown that is not UTF-8."""

import unicodedata
from pathlib import PurePath


def name_key(name: str) -> str:
    """Return what two names share if a person would call them the same.

    Letter case, the number of spaces, and whether an accent is a character of its own do not
    count: macOS writes "ö" as two characters, and most tables as one.

    Args:
        name: a file's name, with or without folders.

    Returns:
        A text to compare, and not to show.

    Example:
        >>> name_key("Fo\\u0308tus.PNG") == name_key("f\\u00f6tus.png")
        True
    """
    if name.isascii():
        return " ".join(name.lower().split())
    # Lower case may take apart what was composed, so it is composed once more.
    folded = unicodedata.normalize("NFC", name).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def readable_name(name: str | PurePath) -> str:
    """Return a name that can be printed and stored.

    Linux allows names that are not UTF-8; Python gives their bytes as lone surrogates, which no
    file, database or terminal takes.

    Args:
        name: a file's name or its path, as the operating system gives it.

    Returns:
        The name; bytes that are not UTF-8 are read as western letters.
    """
    text = str(name)
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return "/".join(_western(part) for part in text.split("/"))


def _western(part: str) -> str:
    written = part.encode("utf-8", "surrogateescape")
    for encoding in ("utf-8", "cp1252"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    # Every byte is a character here, so two names never become one.
    return written.decode("latin-1")


def frame_name(film: str, index: int) -> str:
    """Name a frame by its film.

    Args:
        film: the film's file name.
        index: the frame's place, from 0.

    Example:
        >>> frame_name("clip.dcm", 11)
        'clip frame 12.dcm'
    """
    path = PurePath(film)
    return f"{path.stem} frame {index + 1}{path.suffix}"
