"""Trainings side by side: what was asked of each, what it learnt from, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from typing import Any

from fetal.store.blobs import BlobError, BlobKeyError, Blobs
from fetal.store.contents import snapshot_planes
from fetal.training.settings import Augmentation, Stage, TrainingSettings
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.retraining.runs import RunView

Settings = Mapping[str, Any]

_DIFFERENCES_KEPT = 64
"""Pairs of lists whose difference stays in memory."""


@dataclass(frozen=True)
class DataDifference:
    """How the labelled scans of one training differ from those of an earlier one.

    Attributes:
        same: scans in both, with the same label.
        added: scans that only the second has.
        removed: scans that only the first has.
        relabelled: scans in both, with another label.
    """

    same: int
    added: int
    removed: int
    relabelled: int


def comparable(runs: Iterable[RunView]) -> list[RunView]:
    """The trainings that have ended and have learning curves, in the order given."""
    return [run for run in runs if not run.is_active and run.has_curves]


def best_accuracy(run: RunView) -> float | None:
    """The largest share of right answers on held-back patients after any pass, 0 to 1."""
    reached = [point.val_accuracy for point in run.curves]
    return max((share for share in reached if share is not None), default=None)


def flat(settings: Settings) -> dict[str, Any]:
    """Name every setting by itself.

    Args:
        settings: as `TrainingSettings.to_json` gives them, or as an older version gave them: what
            that version did not know yet counts as left alone, at its default.

    Returns:
        The values by name, such as `size`, `augmentation.rotation` and `stages.0.epochs`.

    Example:
        >>> from fetal.training.settings import PRESETS
        >>> flat(PRESETS["default"].to_json())["stages.1.learn"]
        'conv5'
    """
    whole = _whole(TrainingSettings, settings)
    named = {name: whole[name] for name in whole if name not in ("augmentation", "stages")}
    varied = _whole(Augmentation, settings.get("augmentation", {}))
    named |= {f"augmentation.{name}": value for name, value in varied.items()}
    for number, stage in enumerate(settings.get("stages", ())):
        for name, value in _whole(Stage, stage).items():
            named[f"stages.{number}.{name}"] = value
    return named


def differing(several: Sequence[Settings]) -> dict[str, tuple[Any, ...]]:
    """Find the settings that are not the same everywhere.

    Args:
        several: settings, each as `flat` takes them.

    Returns:
        By name, one value for each of `several`; none where one has no such stage.

    Example:
        >>> from fetal.training.settings import PRESETS
        >>> settings = PRESETS["default"]
        >>> differing([settings.to_json(), settings.but(size=224).to_json()])
        {'size': (256, 224)}
    """
    named = [flat(settings) for settings in several]
    names = dict.fromkeys(name for one in named for name in one)
    rows = {name: tuple(one.get(name) for one in named) for name in names}
    return {name: row for name, row in rows.items() if any(value != row[0] for value in row)}


def data_difference(before: Mapping[str, str], after: Mapping[str, str]) -> DataDifference:
    """Compare the labels of two lists of scans.

    Args:
        before: the labels of one list, by the scans' digests.
        after: those of another list.

    Returns:
        How many scans are the same, and how many are not.
    """
    both = before.keys() & after.keys()
    same = sum(before[digest] == after[digest] for digest in both)
    return DataDifference(
        same=same,
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        relabelled=len(both) - same,
    )


def learnt_from(workbench: Workbench, first: RunView, second: RunView) -> DataDifference | None:
    """Compare what two trainings learnt from and checked themselves on.

    Args:
        workbench: the open workbench.
        first: a training.
        second: another training.

    Returns:
        How the second one's scans differ from the first one's; the locked test set does not count.
        None if a list of scans is gone or damaged.
    """
    workbench.permit(Permission.SEE)
    try:
        return _difference_of(workbench.blobs, first.snapshot, second.snapshot)
    except (BlobError, BlobKeyError):
        return None


@lru_cache(maxsize=_DIFFERENCES_KEPT)
def _difference_of(blobs: Blobs, first: str, second: str) -> DataDifference:
    # What is stored under a digest never changes, and long lists take seconds to read.
    return data_difference(snapshot_planes(blobs, first), snapshot_planes(blobs, second))


def _whole(kind: type, given: Settings) -> dict[str, Any]:
    """What is given, in the kind's order, and for the rest what it has without being told."""
    known = {one.name: given.get(one.name, one.default) for one in fields(kind)}
    told = {name: value for name, value in known.items() if value is not MISSING}
    return {**told, **given}
