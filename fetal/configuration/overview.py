"""All settings at once: their values, where each comes from, and what is wrong with them."""

import os
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from fetal.configuration.declared import (
    PROXY_ADDRESSES,
    PROXY_HEADER,
    PROXY_SECRET,
    SETTINGS,
)
from fetal.configuration.setting import Setting
from fetal.configuration.sources import (
    ENVIRONMENT,
    FILE_VARIABLE,
    WORKSPACE_VARIABLE,
    SettingError,
    find,
    names_in_file,
    settings_file,
)

DEFAULT = "default"

_NAMES = [setting.name for setting in SETTINGS]


@dataclass(frozen=True)
class SettingView:
    """One setting as it holds now.

    Attributes:
        name: its name.
        meaning: what it sets.
        value: its value as a person may see it, without passwords; the default in words.
        source: `environment`, an option, the file's path, or `default`.
        problem: why it cannot be used, in one sentence; None where it can.
    """

    name: str
    meaning: str
    value: str
    source: str
    problem: str | None = None


def overview() -> list[SettingView]:
    """Return every setting with its value and its source; a wrong one with the reason."""
    return [_view(setting) for setting in SETTINGS]


def check_settings() -> None:
    """Make sure that all settings can be used, so that a wrong one is told at the start.

    Raises:
        SettingError: one cannot be used, or the file sets what is no setting.
    """
    for problem in problems_of_file():
        raise SettingError(problem)
    for setting in SETTINGS:
        setting.value()
    if PROXY_HEADER.value() and not PROXY_SECRET.value() and not PROXY_ADDRESSES.value():
        raise SettingError(
            f"{PROXY_HEADER.name} is set, so that whoever reaches the app could write any name "
            f"there. Set {PROXY_SECRET.name} or {PROXY_ADDRESSES.name} as well."
        )


def problems_of_file() -> list[str]:
    """Return what is wrong with the file of settings as a whole, one sentence each."""
    try:
        path = settings_file()
        written = names_in_file()
    except SettingError as error:
        return [str(error)]
    return [problem for name in written if (problem := _problem_of(name, path))]


def unknown_variables() -> list[str]:
    """Return a sentence for each variable of the environment that looks like a misspelt setting."""
    return [
        f"{name} is set in the environment and is no setting. Did you mean {near}?"
        for name in sorted(os.environ)
        if name.startswith("FETAL_") and name not in _NAMES
        for near in get_close_matches(name, _NAMES, n=1, cutoff=0.85)
    ]


def absolute_environment() -> dict[str, str]:
    """Return the environment for a process that runs in another folder.

    Paths that the environment names relative to the current folder are made absolute in it, and
    the workspace is named even where it is the default.

    Raises:
        SettingError: a path cannot be used.
    """
    changed = {}
    for setting in SETTINGS:
        written = find(setting.name)
        here = written is not None and written.folder is None
        if here or setting.name == WORKSPACE_VARIABLE:
            text = _absolute(setting.value())
            if text is not None:
                changed[setting.name] = text
    return os.environ | changed


def _view(setting: Setting[object]) -> SettingView:
    try:
        written = find(setting.name)
    except SettingError:
        # The file as a whole is told of once, by problems_of_file.
        written = None
    if written is None:
        return SettingView(setting.name, setting.meaning, setting.default_text, DEFAULT)
    shown = setting.shown(written)
    problem = None
    try:
        setting.checked(written)
    except SettingError as error:
        problem = str(error)
    return SettingView(setting.name, setting.meaning, shown, written.origin, problem)


def _absolute(value: object) -> str | None:
    """Write a value down with absolute paths; None where it holds no path."""
    if isinstance(value, tuple):
        paths = [path for path in value if isinstance(path, Path)]
        return os.pathsep.join(str(path.absolute()) for path in paths) or None
    if isinstance(value, Path):
        return str(value.absolute())
    return value if isinstance(value, str) else None


def _problem_of(name: str, path: Path | None) -> str | None:
    if name == FILE_VARIABLE:
        return f"{path} sets {name}, which only the {ENVIRONMENT} can. Take the line away."
    if name == WORKSPACE_VARIABLE and not os.environ.get(FILE_VARIABLE, "").strip():
        return (
            f"{path} sets {name}, but it lies in the workspace itself. Set {name} in the "
            f"{ENVIRONMENT}, or in a file that {FILE_VARIABLE} names."
        )
    if name in _NAMES:
        return None
    near = get_close_matches(name, _NAMES, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`fetal settings` lists all."
    return f"{path} sets “{name}”, which is no setting. {hint}"
