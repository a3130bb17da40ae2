"""Settings from a file: a preset with some settings changed, or all of them as a card holds them.

YAML or JSON. A setting within another is named with a dot, `augmentation.rotation: 0`, or nested;
`stages.epochs: 2` changes every stage and `stages.0.epochs: 2` the first alone.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields
from math import inf
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import yaml

from fetal.training.settings import (
    PRESETS,
    Augmentation,
    SettingsError,
    Stage,
    TrainingSettings,
)

PRESET = "preset"

_WORDS = {bool: "yes or no", int: "a whole number", float: "a number", str: "a word"}


class _NoNameTwice(yaml.SafeLoader):
    """Refuses what YAML overwrites without a word: a name that stands twice beside itself."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise SettingsError(
                    f"Line {key.start_mark.line + 1}: “{key.value}” stands there a second time. "
                    "Give it another name, or remove one."
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read_settings(path: Path) -> TrainingSettings:
    """Read a settings file.

    Args:
        path: A YAML or JSON file with `preset` and what is changed of it, or with every setting.

    Returns:
        The settings.

    Raises:
        SettingsError: the file is no YAML, or a setting is unknown or out of its range.
    """
    data = read_yaml(path)
    try:
        return settings_from(data)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error


def read_yaml(path: Path) -> Mapping[str, Any]:
    """Read a YAML or JSON file that holds names with values.

    Raises:
        SettingsError: it holds something else, or a name twice.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8-sig"), _NoNameTwice)
    except SettingsError as error:
        raise SettingsError(f"{path}: {error}") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        # PyYAML tells where in several lines.
        told = " ".join(str(error).split())
        raise SettingsError(f"{path} cannot be read as YAML: {told}") from error
    if not isinstance(data, dict):
        raise SettingsError(
            f"{path}: expected names with values, such as “preset: default”; "
            f"received {type(data).__name__}."
        )
    return data


def settings_from(data: Mapping[str, Any]) -> TrainingSettings:
    """Make settings of a preset's name and changes, or of a whole set of settings.

    Args:
        data: `preset` and changes, or all settings as `TrainingSettings.to_json` gives them.

    Raises:
        SettingsError: a setting is unknown, missing or out of its range.

    Example:
        >>> settings_from({"preset": "shipped", "size": 128, "augmentation.blur": 0}).size
        128
    """
    changes = dict(data)
    preset = changes.pop(PRESET, None)
    if preset is None:
        if "stages" not in changes:
            raise SettingsError(
                f"Expected `{PRESET}` (one of {', '.join(PRESETS)}) or a whole set of settings "
                "with `stages`; received neither."
            )
        return changed(PRESETS["default"], changes)
    if not isinstance(preset, str) or preset not in PRESETS:
        raise SettingsError(f"`{PRESET}` expects one of {', '.join(PRESETS)}; received “{preset}”.")
    return changed(PRESETS[preset], changes)


def changed(settings: TrainingSettings, changes: Mapping[str, Any]) -> TrainingSettings:
    """Change some settings.

    Args:
        settings: What to begin with.
        changes: New values by name; a name may lead into another setting with a dot.

    Returns:
        A changed copy.

    Raises:
        SettingsError: a setting is unknown or a value is of another kind or out of its range; the
            message names the setting, what it expects and what it received.

    Example:
        >>> from fetal.training.settings import PRESETS
        >>> changed(PRESETS["default"], {"stages.0.epochs": 2}).stages[0].epochs
        2
    """
    data = settings.to_json()
    for key, value in changes.items():
        _put(data, TrainingSettings, str(key).split("."), value, str(key))
    return TrainingSettings.from_json(data)


def _put(target: dict[str, Any], kind: type, path: list[str], value: Any, key: str) -> None:
    name, *inner = path
    hints = get_type_hints(kind)
    if name not in hints:
        known = ", ".join(field.name for field in fields(kind))
        raise SettingsError(f"There is no setting `{key}`. Expected one of {known}.")
    if hints[name] is Augmentation:
        for part, worth in _parts(inner, value, key).items():
            _put(target[name], Augmentation, part.split("."), worth, f"{name}.{part}")
    elif name == "stages":
        _put_stages(target, inner, value, key)
    elif inner:
        raise SettingsError(f"There is no setting `{key}`: `{name}` holds a single value.")
    else:
        target[name] = _fitting(hints[name], value, key)


def _parts(inner: list[str], value: Any, key: str) -> dict[str, Any]:
    if inner:
        return {".".join(inner): value}
    if not isinstance(value, dict):
        raise SettingsError(f"`{key}` expects names with values; received “{value}”.")
    return {str(name): worth for name, worth in value.items()}


def _put_stages(target: dict[str, Any], inner: list[str], value: Any, key: str) -> None:
    if not inner:
        if not isinstance(value, list | tuple) or not value:
            raise SettingsError(f"`{key}` expects a list of stages; received “{value}”.")
        target["stages"] = [_stage(one, f"{key}.{number}") for number, one in enumerate(value)]
        return
    stages = target["stages"]
    which, *rest = inner
    if which.isdigit():
        if int(which) >= len(stages) or not rest:
            raise SettingsError(
                f"There is no setting `{key}`: there are {len(stages)} stages, counted from 0, "
                f"each with {', '.join(field.name for field in fields(Stage))}."
            )
        stages, inner = [stages[int(which)]], rest
    for stage in stages:
        _put(stage, Stage, inner, value, key)


def _stage(data: Any, key: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, value in _parts([], data, key).items():
        _put(made, Stage, [name], value, f"{key}.{name}")
    missing = {"name", "learn", "epochs", "learning_rate"} - made.keys()
    if missing:
        raise SettingsError(f"`{key}` lacks {', '.join(sorted(missing))}.")
    return made


def _fitting(hint: Any, value: Any, key: str) -> Any:
    kinds = get_args(hint) or (hint,)
    if value is None and NoneType in kinds:
        return None
    kind = kinds[0]
    if kind is float and isinstance(value, str | int) and not isinstance(value, bool):
        # YAML 1.1 takes 1e-3 for a word: only 1.0e-3 would be a number.
        with suppress(ValueError):
            value = float(value)
    if type(value) is not kind:
        raise SettingsError(f"`{key}` expects {_WORDS[kind]}; received “{value}”.")
    if kind in (int, float) and not 0 <= value < inf:
        raise SettingsError(f"`{key}` expects {_WORDS[kind]} from 0 up; received “{value}”.")
    return value
