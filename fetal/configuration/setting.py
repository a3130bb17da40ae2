"""One setting: its name, what it sets, what its value has to be, and its value now.

pydantic-settings was weighed: docs/contributor.md, “What is ours and why”.
"""

import ipaddress
import math
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from fetal.configuration.sources import SettingError, Written, find

Value = TypeVar("Value")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_WHOLE_NUMBER = re.compile(r"[0-9]{1,12}")
_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!:|file:)(.+)")
_PASSWORD = re.compile(r"(?<=://)([^:/@]*):.*@")
_SECRET_PART = re.compile(r"([?&][^=&]*(?:pass|secret|token|key)[^=&]*)=[^&]*", re.IGNORECASE)


@dataclass(frozen=True)
class Setting(Generic[Value]):
    """What an administrator may set.

    Attributes:
        name: of the environment variable; the same in a file.
        meaning: what it sets, as docs/administrator.md says it.
        expected: what a value has to be, as part of a sentence.
        default: the value where nothing is set.
        default_text: the default in words.
        parse: makes the value of what was written; raises ValueError where it cannot.
        secret: whether a part of the value, such as a password, is never shown.
        hidden: whether nothing of the value is ever shown.
    """

    name: str
    meaning: str
    expected: str
    default: Value
    default_text: str
    parse: Callable[[Written], Value]
    secret: bool = False
    hidden: bool = False

    def value(self) -> Value:
        """Return the value that holds now.

        Raises:
            SettingError: what is written is no such value, or the file cannot be read.
        """
        written = find(self.name)
        return self.default if written is None else self.checked(written)

    def checked(self, written: Written) -> Value:
        """Return the value of what was written.

        Args:
            written: the text and where it stands.

        Raises:
            SettingError: it is no such value.
        """
        try:
            return self.parse(written)
        except ValueError as error:
            shown = (
                "another text" if self.secret or self.hidden else f"“{self.shown(written)[:200]}”"
            )
            raise SettingError(
                f"{self.name}: expected {self.expected}, received {shown} ({written.origin}). "
                f"Correct it, or take it away to have the default: {self.default_text}."
            ) from error

    def shown(self, written: Written) -> str:
        """Return what was written as a person may see it: without passwords."""
        if self.hidden:
            return "***"
        text = written.text if isinstance(written.text, str) else ", ".join(written.text)
        if not self.secret:
            return text
        return _SECRET_PART.sub(r"\1=***", _PASSWORD.sub(r"\1:***@", text))


def whole_number(name: str, meaning: str, default: int, *, least: int = 1) -> Setting[int]:
    """Declare a setting that is a whole number.

    Args:
        name: its name.
        meaning: what it sets.
        default: its value where nothing is set.
        least: the smallest number that makes sense.
    """

    def parse(written: Written) -> int:
        text = _one(written)
        if not _WHOLE_NUMBER.fullmatch(text) or int(text) < least:
            raise ValueError
        return int(text)

    return Setting(name, meaning, f"a whole number from {least}", default, str(default), parse)


def positive_number(name: str, meaning: str, default: float) -> Setting[float]:
    """Declare a setting that is a number above 0, such as 0.5."""

    def parse(written: Written) -> float:
        number = float(_one(written))
        if not math.isfinite(number) or number <= 0:
            raise ValueError
        return number

    return Setting(name, meaning, "a number above 0, such as 8", default, f"{default:g}", parse)


def choice(name: str, meaning: str, values: Iterable[str]) -> Setting[str]:
    """Declare a setting that is one of a few words; the first is the default."""
    known = list(values)

    def parse(written: Written) -> str:
        word = _one(written).lower()
        if word not in known:
            raise ValueError
        return word

    expected = f"{', '.join(known[:-1])} or {known[-1]}"
    return Setting(name, meaning, expected, known[0], known[0], parse)


def folder(name: str, meaning: str, default: Path) -> Setting[Path]:
    """Declare a setting that is a folder; in a file it is looked for beside that file."""
    return Setting(name, meaning, "the path of a folder", default, f"./{default}", _path)


def place(name: str, meaning: str, default_text: str) -> Setting[Path | None]:
    """Declare a setting that is the path of a folder or file, or not set."""
    return Setting(name, meaning, "a path", None, default_text, _path)


def address(
    name: str, meaning: str, expected: str, default_text: str, pattern: str
) -> Setting[str | None]:
    """Declare a setting that is an address, which may hold a password; its paths are absolute.

    Args:
        name: its name.
        meaning: what it sets.
        expected: an address in words, with examples.
        default_text: what holds where it is not set.
        pattern: a regular expression that the address begins with; `.*` lets the path of a folder
            pass as well.
    """

    def parse(written: Written) -> str:
        text = _one(written)
        if not re.match(pattern, text):
            raise ValueError
        file = _SQLITE.fullmatch(text)
        if file is None and "://" in text:
            return text
        scheme, path = file.groups() if file else ("", text)
        return f"{scheme}{_below(written.folder, path).absolute()}"

    return Setting(name, meaning, expected, None, default_text, parse, secret=True)


def word(
    name: str,
    meaning: str,
    expected: str,
    default: str | None,
    default_text: str,
    pattern: str,
    *,
    hidden: bool = False,
) -> Setting[str | None]:
    """Declare a setting that is one text of a form.

    Args:
        name: its name.
        meaning: what it sets.
        expected: the form in words, with an example.
        default: its value where nothing is set.
        default_text: the default in words.
        pattern: a regular expression for the whole text.
        hidden: whether it is a secret, of which nothing is ever shown.
    """

    def parse(written: Written) -> str:
        text = _one(written)
        if not re.fullmatch(pattern, text):
            raise ValueError
        return text

    return Setting(name, meaning, expected, default, default_text, parse, hidden=hidden)


def networks(name: str, meaning: str, default_text: str) -> Setting[tuple[Network, ...]]:
    """Declare a setting that is one or more IP addresses or networks, such as 10.1.0.0/16."""

    def parse(written: Written) -> tuple[Network, ...]:
        text = written.text
        parts = text.split() if isinstance(text, str) else text
        return tuple(ipaddress.ip_network(part.strip()) for part in parts)

    expected = "IP addresses or networks such as 10.1.2.3 or 10.1.0.0/16, with spaces between them"
    return Setting(name, meaning, expected, (), default_text, parse)


def groups(
    name: str, meaning: str, roles: Collection[str], default_text: str
) -> Setting[tuple[tuple[str, str], ...]]:
    """Declare a setting that says which roles the members of groups have.

    Args:
        name: its name.
        meaning: what it sets.
        roles: the roles that there are.
        default_text: what holds where it is not set.

    Returns:
        The setting; its value is pairs of a group and a role.
    """

    def parse(written: Written) -> tuple[tuple[str, str], ...]:
        text = written.text
        parts = text.split(";") if isinstance(text, str) else text
        pairs = [part.rpartition("=") for part in parts if part.strip()]
        found = tuple((group.strip(), role.strip()) for group, _, role in pairs)
        if any(not group or role not in roles for group, role in found):
            raise ValueError
        return found

    expected = f"GROUP=ROLE; GROUP=ROLE with the roles {', '.join(roles)}"
    return Setting(name, meaning, expected, (), default_text, parse)


def names(name: str, meaning: str, default_text: str) -> Setting[tuple[str, ...]]:
    """Declare a setting that is one or more names with spaces between them, or a list."""

    def parse(written: Written) -> tuple[str, ...]:
        text = written.text
        found = tuple(text.split()) if isinstance(text, str) else text
        if any(not part or re.search(r"[\s/]", part) for part in found):
            raise ValueError
        return found

    expected = "names such as fetal.hospital.example, without http:// before or a path after them"
    return Setting(name, meaning, expected, (), default_text, parse)


def folders(name: str, meaning: str, default_text: str) -> Setting[tuple[Path, ...]]:
    """Declare a setting that is one or more folders, separated as in `PATH`, or a list."""

    def parse(written: Written) -> tuple[Path, ...]:
        text = written.text
        parts = text.split(os.pathsep) if isinstance(text, str) else text
        return tuple(_below(written.folder, part.strip()) for part in parts if part.strip())

    return Setting(name, meaning, "paths of folders", (), default_text, parse)


def _one(written: Written) -> str:
    if not isinstance(written.text, str):
        raise ValueError
    return written.text


def _path(written: Written) -> Path:
    return _below(written.folder, _one(written))


def _below(start: Path | None, text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        # The home of somebody who is not known here.
        raise ValueError from error
    return path if start is None else start / path
