"""Where a setting may be written: the environment, and one file in TOML."""

import os
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

WORKSPACE_VARIABLE = "FETAL_WORKSPACE"
FILE_VARIABLE = "FETAL_CONFIG"

DEFAULT_WORKSPACE = Path("workspace")
FILE_NAME = "fetal.toml"

ENVIRONMENT = "environment"
OPTION = "option --workspace"

_chosen: set[Path] = set()
"""Workspaces that an option named; others come from the environment itself."""


class SettingError(ValueError):
    """A setting, or the file of settings, that cannot be used; the text says what to do."""


@dataclass(frozen=True)
class Written:
    """A value as it was written down.

    Attributes:
        text: the value; where a file holds a list, its parts.
        origin: `environment`, an option, or the path of the file.
        folder: the folder from which relative paths start; if None, the current one.
    """

    text: str | tuple[str, ...]
    origin: str
    folder: Path | None = None


def find(name: str) -> Written | None:
    """Look a setting up.

    Args:
        name: its name.

    Returns:
        What the environment says, else what the file says. None if neither does; a variable that
        is empty counts as not set.

    Raises:
        SettingError: the file cannot be read.
    """
    text = os.environ.get(name, "").strip()
    if text:
        by_option = name == WORKSPACE_VARIABLE and Path(text) in _chosen
        return Written(text, OPTION if by_option else ENVIRONMENT)
    if name == FILE_VARIABLE:
        return None
    path = settings_file()
    if path is None:
        return None
    value = _content(path).get(name)
    return None if value is None else Written(_as_text(name, value, path), str(path), path.parent)


def settings_file() -> Path | None:
    """Return the file of settings.

    Returns:
        The file that `FETAL_CONFIG` names, else `fetal.toml` in the workspace that the environment
        names. None if `FETAL_CONFIG` is not set and the workspace has no such file.

    Raises:
        SettingError: `FETAL_CONFIG` names no file.
    """
    named = os.environ.get(FILE_VARIABLE, "").strip()
    if named:
        path = Path(named).expanduser().absolute()
        if not path.is_file():
            raise SettingError(
                f"{FILE_VARIABLE} names {path}, which is no file. Write the settings there, or "
                f"take {FILE_VARIABLE} away."
            )
        return path
    workspace = os.environ.get(WORKSPACE_VARIABLE, "").strip() or DEFAULT_WORKSPACE
    path = Path(workspace).expanduser().absolute() / FILE_NAME
    return path if path.is_file() else None


def names_in_file() -> list[str]:
    """Return the names that the file of settings sets, known or not; none without a file."""
    path = settings_file()
    return [] if path is None else list(_content(path))


def choose_workspace(folder: Path) -> None:
    """Set the workspace's folder for this process and those that it starts.

    Args:
        folder: what an option names.
    """
    place = folder.absolute()
    _chosen.add(place)
    os.environ[WORKSPACE_VARIABLE] = str(place)


def _content(path: Path) -> dict[str, Any]:
    try:
        status = path.stat()
        return _parsed(path, status.st_mtime_ns, status.st_size)
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        raise SettingError(f"The settings in {path} cannot be read: {reason}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The settings in {path} cannot be read: {error}. Expected lines such as "
            'FETAL_FILE_MEGABYTES = 200 or FETAL_UNSURE = "refuse".'
        ) from error


@lru_cache(maxsize=8)
def _parsed(path: Path, _changed: int, _size: int) -> dict[str, Any]:
    """Parse a file once, until it is changed: settings are asked for at every file that is read."""
    return tomllib.loads(path.read_text("utf-8"))


def _as_text(name: str, value: object, path: Path) -> str | tuple[str, ...]:
    if isinstance(value, bool) or not isinstance(value, str | int | float | list):
        raise SettingError(
            f"{name} in {path} is neither a number, nor text in quotes, nor a list of texts."
        )
    if isinstance(value, list):
        return tuple(str(part).strip() for part in value)
    return str(value).strip()
