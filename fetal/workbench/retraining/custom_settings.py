"""Other settings for a retraining, chosen in the app: a preset, or a file that was uploaded."""

import json

import yaml

from fetal.training.settings import PRESETS, SettingsError, TrainingSettings
from fetal.training.settings_file import settings_from

STARTS = ("champion", "imagenet", "nothing")
"""What a training may start from when the app asks for it."""

LARGEST_FILE = 64 * 1024
"""Bytes; a file with every setting is a twentieth of that."""


def presets() -> dict[str, TrainingSettings]:
    """The named settings that can be started from the app."""
    return {name: preset for name, preset in PRESETS.items() if preset.start in STARTS}


def from_upload(content: bytes) -> TrainingSettings:
    """Read the settings of an uploaded file.

    Whoever opens the app could otherwise name any file on the server's disk: settings that start
    from a weights file are left to the command line.

    Args:
        content: YAML or JSON, as `fetal train --settings` takes it.

    Returns:
        The settings.

    Raises:
        SettingsError: in one sentence, what is wrong with the file and what to do.

    Example:
        >>> from_upload(b"preset: default\\nstages.0.epochs: 5").stages[0].epochs
        5
    """
    data = _names_with_values(content)
    try:
        settings = settings_from(data)
    except SettingsError as error:
        # It repeats what the file says, which may go over several lines.
        raise SettingsError(" ".join(str(error).split())) from error
    if settings.start not in STARTS:
        raise SettingsError(
            "A training started here cannot read a weights file from the server’s disk: set "
            f"`start` to {', '.join(STARTS[:-1])} or {STARTS[-1]}."
        )
    # Two trainings that differ would otherwise go by one name.
    changed = settings != PRESETS.get(settings.name, settings)
    name = f"{settings.name}, changed" if changed else settings.name
    return settings.but(weights=None, name=name)


def to_file(settings: TrainingSettings) -> str:
    """Write settings as a file that `from_upload` and the command line read."""
    # Through JSON, which knows lists where the settings hold tuples that YAML would mark as such.
    plain = json.loads(json.dumps(settings.to_json()))
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)


def _names_with_values(content: bytes) -> dict[str, object]:
    if len(content) > LARGEST_FILE:
        raise SettingsError(
            f"Expected a settings file of at most {LARGEST_FILE // 1024} KB; received "
            f"{len(content) // 1024} KB. Choose another file."
        )
    try:
        text = content.decode()
        # A few aliases that repeat each other stand for more values than memory can hold.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise SettingsError("Write out what the file refers to by an alias (“*”).")
        data = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        raise SettingsError("This file is no text. Choose a YAML or JSON file.") from error
    except SettingsError:
        raise
    # Days that no month has, numbers too long to read and brackets too deep have errors of theirs.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SettingsError(
            f"This file cannot be read as YAML or JSON{_where(error)}. Mend it, or begin with "
            "“preset: default”."
        ) from error
    if not isinstance(data, dict):
        raise SettingsError(
            "Expected settings with their values, such as “preset: default”; this file holds "
            "something else."
        )
    return data


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return f": see line {mark.line + 1}" if mark else ""
