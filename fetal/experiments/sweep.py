"""A sweep as its file describes it: a base, variants of it, and how they are judged."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from fetal.experiments.folds import MACHINE, SOURCE
from fetal.training.settings import SettingsError, TrainingSettings
from fetal.training.settings_file import PRESET, changed, read_yaml, settings_from

LEAVE_OUT, AS_OTHER = "leave out", "other"

REFERENCE = "base"
"""What a sweep without variants calls the only one."""


class SweepError(ValueError):
    """A sweep's file that does not say what to run; the message names the key."""


@dataclass(frozen=True)
class Variant:
    """One set of settings that a sweep judges."""

    name: str
    settings: TrainingSettings


@dataclass(frozen=True)
class Sweep:
    """Variants, and on which folds and with which seeds each is trained."""

    variants: tuple[Variant, ...]
    """The first is what the others are compared with."""
    folds: int = 4
    """How many parts the patients are dealt into."""
    folds_run: int = 4
    """How many of these parts are judged, each by trainings on all the others."""
    seeds: tuple[int, ...] = (7,)
    scans: int | None = None
    """About how many scans are drawn, by whole patients. If None, all."""
    official_train: bool = True
    """Leave out what the table marks `Train` = 0."""
    leave_out: str | None = None
    """What a fold judges: all scans of one `source`, or of one `machine` of a source, by trainings
    on all the others. If None, a part of the patients of all sources."""
    judged: tuple[str, ...] = ()
    """Which sources or machines are left out in turn. If empty, all."""
    no_plane: str = LEAVE_OUT
    """Whether scans that show no fetal plane at all are learnt as `other`, or `leave out`; judged
    are they in both cases."""


def read_sweep(path: Path, weights: Path | None = None) -> Sweep:
    """Read a sweep's file.

    Args:
        path: A YAML file with `base` (a preset's name, or settings as in a settings file), and
            any of `variants` (names with changes), `grid` (settings with lists of values),
            `folds`, `folds_run`, `seeds`, `scans`, `official_train`, `leave_out` and `judged` in
            place of folds, and `no_plane`.
        weights: The folder of the weights files that it names. If None, the working folder.

    Returns:
        The sweep; its weights files are there.

    Raises:
        SettingsError: the file is no YAML.
        SweepError: a key is unknown, of another kind or out of its range; the message says which,
            what was expected and what was received.
    """
    data = dict(read_yaml(path))
    try:
        return _sweep(data, weights or Path())
    except (SettingsError, SweepError) as error:
        raise SweepError(f"{path}: {error}") from error


def _sweep(data: dict[str, Any], weights: Path) -> Sweep:
    base, variants, grid = (data.pop(key, None) for key in ("base", "variants", "grid"))
    leave_out = _one_of(data, "leave_out", None, (SOURCE, MACHINE))
    if leave_out and (clash := {"folds", "folds_run"} & data.keys()):
        raise SweepError(
            f"`leave_out` makes a fold of each {leave_out}, so there is no `{min(clash)}`; name "
            "some of them with `judged`."
        )
    folds = _count(data, "folds", 4, least=2)
    sweep = Sweep(
        variants=tuple(
            Variant(name, _found(name, settings, weights))
            for name, settings in _variants(_base(base), variants, grid)
        ),
        folds=folds,
        folds_run=_count(data, "folds_run", folds),
        seeds=_seeds(data.pop("seeds", [7])),
        scans=_count(data, "scans", 0, least=0) or None,
        official_train=_yes_or_no(data, "official_train"),
        leave_out=leave_out,
        judged=_words(data.pop("judged", [])),
        no_plane=_one_of(data, "no_plane", LEAVE_OUT, (LEAVE_OUT, AS_OTHER)) or LEAVE_OUT,
    )
    if sweep.judged and not leave_out:
        raise SweepError("`judged` names sources or machines to leave out: say which, `leave_out`.")
    _check_names([variant.name for variant in sweep.variants])
    if sweep.folds_run > sweep.folds:
        raise SweepError(
            f"`folds_run` expects at most the {folds} of `folds`; received {sweep.folds_run}."
        )
    if data:
        raise SweepError(
            f"There is no key `{next(iter(data))}` in a sweep. Expected any of base, variants, "
            "grid, folds, folds_run, leave_out, judged, no_plane, seeds, scans and official_train."
        )
    return sweep


def _base(base: Any) -> TrainingSettings:
    if base is None:
        raise SweepError("A sweep expects `base`, a preset's name or settings; it is missing.")
    try:
        return settings_from(base if isinstance(base, dict) else {PRESET: base})
    except SettingsError as error:
        raise SweepError(f"`base`: {error}") from error


def _variants(
    base: TrainingSettings, variants: Any, grid: Any
) -> Iterator[tuple[str, TrainingSettings]]:
    points = list(_points(grid))
    for name, changes in _named(variants).items():
        for point in points:
            said = [name] if name else []
            said += [f"{key} {value}" for key, value in point.items()]
            full = ", ".join(said) or REFERENCE
            try:
                yield full, changed(base, {**changes, **point, "name": full})
            except SettingsError as error:
                raise SweepError(f"Variant “{full}”: {error}") from error


def _named(variants: Any) -> Mapping[str, Mapping[str, Any]]:
    if variants is None:
        return {"": {}}
    if not isinstance(variants, dict) or not variants:
        raise SweepError(f"`variants` expects names with changes; received “{variants}”.")
    for name, changes in variants.items():
        if not isinstance(changes, dict | None):
            raise SweepError(
                f"Variant “{name}” expects settings with values, or nothing where it is the base "
                f"itself; received “{changes}”."
            )
    _check_names([str(name) for name in variants])
    return {str(name): changes or {} for name, changes in variants.items()}


def _check_names(names: Sequence[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise SweepError(
            f"There are several variants “{twice}”; one would overwrite the other. Give each "
            "variant, and each value of the grid, once."
        )


def _points(grid: Any) -> Iterator[dict[str, Any]]:
    if grid is None:
        grid = {}
    if not isinstance(grid, dict):
        raise SweepError(f"`grid` expects settings with lists of values; received “{grid}”.")
    for key, values in grid.items():
        if not isinstance(values, list) or not values:
            raise SweepError(f"`grid.{key}` expects a list of values; received “{values}”.")
    for values in product(*grid.values()):
        yield dict(zip(map(str, grid), values, strict=True))


def _found(name: str, settings: TrainingSettings, weights: Path) -> TrainingSettings:
    """Settings whose weights are there, and which have seen none of the scans to be judged."""
    if settings.start == "champion":
        raise SweepError(
            f"Variant “{name}” expects `start` to be weights, imagenet or nothing; received "
            "“champion”, which may have learnt from the scans that it would be judged on."
        )
    if settings.start != "weights" or settings.weights is None:
        return settings
    path = weights / settings.weights
    if not path.is_file():
        raise SweepError(
            f"Variant “{name}” expects a weights file at {path}; there is none. "
            "Name the folder that holds it with --weights."
        )
    return settings.but(weights=str(path))


def _count(data: dict[str, Any], key: str, default: int, least: int = 1) -> int:
    value = data.pop(key, default)
    if type(value) is not int or value < least:
        raise SweepError(f"`{key}` expects a whole number from {least}; received “{value}”.")
    return value


def _seeds(value: Any) -> tuple[int, ...]:
    whole = isinstance(value, list) and all(type(one) is int for one in value)
    if not whole or not value or len(set(value)) < len(value):
        raise SweepError(f"`seeds` expects a list of whole numbers, each once; received “{value}”.")
    return tuple(value)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(set(map(str, value))) < len(value):
        raise SweepError(f"`judged` expects a list of names, each once; received “{value}”.")
    return tuple(map(str, value))


def _one_of(
    data: dict[str, Any], key: str, default: str | None, expected: Sequence[str]
) -> str | None:
    value = data.pop(key, default)
    if value != default and value not in expected:
        raise SweepError(f"`{key}` expects {' or '.join(expected)}; received “{value}”.")
    return None if value is None else str(value)


def _yes_or_no(data: dict[str, Any], key: str) -> bool:
    value = data.pop(key, True)
    if type(value) is not bool:
        raise SweepError(f"`{key}` expects yes or no; received “{value}”.")
    return value
