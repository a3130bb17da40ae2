"""Which runs a sweep asks for: variants, folds and seeds, and whom each run judges."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

from fetal.experiments.folds import (
    SOURCE,
    ExperimentScan,
    Split,
    digest_of,
    split,
    split_group,
    split_known,
)
from fetal.experiments.results import Planned
from fetal.experiments.sweep import AS_OTHER, Sweep, SweepError
from fetal.training.settings import TrainingSettings


@dataclass(frozen=True)
class Run:
    """One run, and what it needs to be done."""

    planned: Planned
    settings: TrainingSettings
    folds: int
    split: Split
    group: str
    """What the answers are filed under: `source` or `machine`."""


def planned_runs(sweep: Sweep, cases: Sequence[ExperimentScan]) -> Iterator[Run]:
    """Plan every run, fold by fold, so that a sweep that is stopped early compares all variants.

    Args:
        sweep: What to run.
        cases: The scans that can be read.

    Raises:
        SweepError: too few patients, or a source to leave out of which no scan is there.
    """
    try:
        groups, splits = _splits(sweep, cases)
    except ValueError as error:
        raise SweepError(str(error)) from error
    data = digest_of(cases)
    for seed, fold in product(sweep.seeds, range(len(splits))):
        left_out = groups[fold] if groups else ""
        for variant in sweep.variants:
            settings = variant.settings.but(seed=seed)
            decisive: list[Any] = [_decisive(settings), data, sweep.folds, fold]
            if left_out:
                decisive[2:] = [sweep.leave_out, left_out]
            if sweep.no_plane == AS_OTHER:
                decisive.append(AS_OTHER)
            run = sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
            planned = Planned(run, variant.name, fold, seed, left_out)
            yield Run(planned, settings, len(splits), splits[fold], sweep.leave_out or SOURCE)


def _splits(sweep: Sweep, cases: Sequence[ExperimentScan]) -> tuple[list[str], list[Split]]:
    """The groups that are left out in turn, if any are, and each fold's split."""
    if sweep.leave_out is None:
        groups: list[str] = []
        makers = [partial(split, folds=sweep.folds, fold=fold) for fold in range(sweep.folds_run)]
    else:
        groups = _groups(sweep, sweep.leave_out, cases)
        makers = [
            partial(split_group, leave_out=sweep.leave_out, group=name, fold=fold)
            for fold, name in enumerate(groups)
        ]
    learnt = sweep.no_plane == AS_OTHER
    return groups, [make(cases) if learnt else split_known(cases, make) for make in makers]


def _groups(sweep: Sweep, leave_out: str, cases: Sequence[ExperimentScan]) -> list[str]:
    learnt = [one for one in cases if sweep.no_plane == AS_OTHER or not one.no_plane]
    there = sorted({one.group(leave_out) for one in learnt})
    unknown = [name for name in sweep.judged if name not in there]
    if unknown:
        raise SweepError(
            f"`judged` expects some of {'; '.join(there)}; received “{unknown[0]}”, of which no "
            "scan is there."
        )
    return [name for name in there if not sweep.judged or name in sweep.judged]


def _decisive(settings: TrainingSettings) -> dict[str, Any]:
    """What of the settings changes the outcome: not their name, nor where the weights lie."""
    data = settings.to_json()
    del data["name"]
    if settings.weights:
        data["weights"] = _file_digest(settings.weights)
    return data


@cache
def _file_digest(path: str) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()
