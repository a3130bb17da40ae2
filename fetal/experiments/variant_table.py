"""The table of a sweep: every variant's figures, and how far each is from the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fetal.experiments.results import Planned, Results, TrialPredictions
from fetal.experiments.sure_answers import sure
from fetal.metrics import Interval, evaluate, paired_difference, share, sure_errors

HEADINGS = (
    *("Variant", "Runs", "Scans", "Accuracy", "Mean of the planes", "ECE"),
    *("Sure", "Sure and wrong", "No plane, sure of one"),
    *("Difference to the first", "Between seeds", "Seconds a run"),
)


@dataclass(frozen=True)
class Row:
    """One variant over all its folds and seeds that are done."""

    variant: str
    runs: int
    planned: int
    scans: int
    """Judged, each once for every seed."""
    accuracy: Interval
    balanced_accuracy: Interval
    ece: float
    sure: Interval
    """The share of scans of which it was sure."""
    sure_and_wrong: Interval
    """The share of scans of which it was sure and wrong."""
    strangers: Interval | None
    """Of scans that show no fetal plane, the share that it was sure to be one; None without any."""
    difference: Interval | None
    """Accuracy less that of the first variant, on the same scans with the same seeds."""
    seed_spread: float | None
    """Standard deviation of the accuracy between seeds; None for a single seed."""
    seconds: float


def compare(results: Results) -> list[Row]:
    """Pool what each variant said of the scans of all folds, its seeds averaged.

    Args:
        results: Of a sweep, finished or not.

    Returns:
        A row for each variant that has a finished run, in the sweep's order. Intervals come from
        resampling patients: they tell how far other patients would change a figure, not how far
        another seed would.
    """
    done = results.done()
    by_variant: dict[str, list[Planned]] = {}
    for planned in results.plan():
        by_variant.setdefault(planned.variant, []).append(planned)
    finished = {
        variant: {(one.fold, one.seed): one.run for one in runs if one.run in done}
        for variant, runs in by_variant.items()
    }
    first = next(iter(finished.values()), {})
    return [
        _row(results, variant, runs, first, len(by_variant[variant]), done)
        for variant, runs in finished.items()
        # A source of which no scan shows a plane has no accuracy.
        if any(done[run]["judged"] for run in runs.values())
    ]


def markdown(rows: Sequence[Row]) -> str:
    """Write rows as a table of Markdown that is also readable as it is."""
    return drawn_table([HEADINGS, *(_cells(row) for row in rows)])


def drawn_table(lines: Sequence[Sequence[str]]) -> str:
    """Draw a heading and rows of as many cells as a table of Markdown."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    drawn = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([drawn[0], rule, *drawn[1:]])


def _row(
    results: Results,
    variant: str,
    runs: dict[tuple[int, int], str],
    first: dict[tuple[int, int], str],
    planned: int,
    done: dict[str, dict[str, Any]],
) -> Row:
    everything = pooled(results, list(runs.values()))
    said = everything.only(~everything.no_plane)
    strange = everything.only(everything.no_plane)
    figures = evaluate(said.classes, said.probabilities, list(said.patients))
    patients = list(said.patients)
    return Row(
        variant=variant,
        runs=len(runs),
        planned=planned,
        scans=len(set(said.names.tolist())),
        accuracy=figures.accuracy,
        balanced_accuracy=figures.balanced_accuracy,
        ece=figures.ece,
        sure=share(sure(said), patients),
        sure_and_wrong=_sure_and_wrong(said),
        strangers=_sure_and_wrong(strange) if len(strange.names) else None,
        difference=None if runs == first else _difference(results, first, runs),
        seed_spread=_seed_spread(results, runs),
        seconds=float(np.mean([done[run]["seconds"] for run in runs.values()])),
    )


def _sure_and_wrong(said: TrialPredictions) -> Interval:
    kinds, patients = [""] * len(said.names), said.patients.tolist()
    right = said.probabilities.argmax(axis=1) == said.classes
    [errors] = sure_errors(kinds, sure(said).tolist(), right.tolist(), patients)
    return errors.rate


def pooled(results: Results, runs: Sequence[str]) -> TrialPredictions:
    """What several runs said, one after the other."""
    return TrialPredictions.pooled([results.answers(run) for run in runs])


def _known(results: Results, runs: Sequence[str]) -> TrialPredictions:
    """What they said of scans that show a plane."""
    said = pooled(results, runs)
    return said.only(~said.no_plane)


def _difference(
    results: Results, first: dict[tuple[int, int], str], runs: dict[tuple[int, int], str]
) -> Interval | None:
    both = sorted(first.keys() & runs.keys())
    if not both:
        return None
    before = _known(results, [first[key] for key in both])
    after = _known(results, [runs[key] for key in both])
    return paired_difference(
        before.classes,
        before.probabilities.astype(np.float64),
        after.probabilities.astype(np.float64),
        list(before.patients),
    )


def _seed_spread(results: Results, runs: dict[tuple[int, int], str]) -> float | None:
    """Over the folds that every seed has judged, so that seeds differ in nothing else."""
    seeds = sorted({seed for _, seed in runs})
    folds = [fold for fold in {fold for fold, _ in runs} if all((fold, s) in runs for s in seeds)]
    if len(seeds) < 2 or not folds:
        return None
    pools = [_known(results, [runs[fold, seed] for fold in folds]) for seed in seeds]
    return float(np.std([_accuracy(pool) for pool in pools], ddof=1))


def _accuracy(said: TrialPredictions) -> float:
    return float((said.probabilities.argmax(axis=1) == said.classes).mean())


def _cells(row: Row) -> tuple[str, ...]:
    difference = row.difference
    return (
        row.variant,
        str(row.runs) if row.runs == row.planned else f"{row.runs} of {row.planned}",
        str(row.scans),
        row.accuracy.percent(),
        row.balanced_accuracy.percent(),
        f"{100 * row.ece:.1f}",
        row.sure.percent(),
        row.sure_and_wrong.percent(),
        "–" if row.strangers is None else row.strangers.percent(),
        "–" if difference is None else _points(difference),
        "–" if row.seed_spread is None else f"{100 * row.seed_spread:.1f}",
        f"{row.seconds:.0f}",
    )


def _points(interval: Interval) -> str:
    low, high = 100 * interval.low, 100 * interval.high
    return f"{100 * interval.value:+.1f} ({low:+.1f} to {high:+.1f})"
