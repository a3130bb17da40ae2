"""Runs a sweep: every variant, fold and seed that is not done yet."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fetal import __version__
from fetal.experiments.folds import (
    ExperimentScan,
    draw,
)
from fetal.experiments.frame_store import FrameStore
from fetal.experiments.planned_runs import Run, planned_runs
from fetal.experiments.results import Planned, Results, TrialPredictions
from fetal.experiments.sure_answers import sure_and_wrong
from fetal.experiments.sweep import Sweep, SweepError
from fetal.experiments.trial import Job, TrialEnd, TrialResult
from fetal.experiments.trials_on_cluster import on_cluster
from fetal.metrics import evaluate
from fetal.planes import PLANES
from fetal.training.data.examples import phantoms
from fetal.training.events import fields_of

OnMessage = Callable[[str], None]

Doing = Callable[[Iterable[Job]], Iterable[tuple[int, TrialEnd]]]
"""Does runs; gives the place of each among the others and what became of it, as they end."""

DIVERGED = "; it diverged: its loss was no number any more. Lower its learning rate."


def run_sweep(
    sweep: Sweep,
    cases: Sequence[ExperimentScan],
    folder: Path,
    on_message: OnMessage,
    features: Path | None = None,
    *,
    do: Doing = on_cluster,
) -> Results:
    """Train and judge every variant of a sweep on every fold and with every seed.

    A killed sweep, called again, goes on where it stopped: runs that are done stay done, and the
    one that was under way goes on from its last epoch.

    Args:
        sweep: What to run.
        cases: The labelled scans to draw from.
        folder: Where results, answers and framed scans are kept.
        on_message: Called with a line for each scan that cannot be read and for each finished run.
        features: The folder of features that runs share. If None, `features` in `folder`.
        do: Does the runs; `on_cluster` needs a main module that can be imported, as any
            script with `if __name__ == "__main__"` can.

    Returns:
        The results.

    Raises:
        SweepError: a variant names a stage that its network lacks or weights that do not fit it,
            or too few patients are there.
    """
    _check(sweep)
    frames = FrameStore(folder / "frames", on_message)
    first = sweep.variants[0].settings
    drawn = draw(cases, sweep.scans)
    used = frames.readable(drawn, first.size, crop=first.crop_to_sector)
    results = Results(folder)
    runs = list(planned_runs(sweep, used))
    results.write_plan([run.planned for run in runs])
    waiting = _waiting(runs, results)
    kept = features or folder / "features"
    jobs = (_job(runs[number], used, frames, folder, kept) for number in waiting)
    for place, outcome in do(jobs):
        number = waiting[place]
        run = runs[number]
        if isinstance(outcome, ValueError):
            raise SweepError(f"Variant “{run.planned.variant}”: {outcome}") from outcome
        said = _said(run, used, outcome)
        line = _line(run, said, outcome)
        results.add(line, said)
        shutil.rmtree(_scratch(folder, run), ignore_errors=True)
        diverged = any(point.diverged for point in outcome.curves)
        on_message(
            f"[{number + 1}/{len(runs)}] {_name(run.planned)}: {_result(line)}, "
            f"{line['seconds']:.0f} s{DIVERGED if diverged else ''}"
        )
    return results


def _name(planned: Planned) -> str:
    fold = f"without {planned.left_out}" if planned.left_out else f"fold {planned.fold + 1}"
    return f"{planned.variant}, {fold}, seed {planned.seed}"


def _result(line: Mapping[str, Any]) -> str:
    if not line["judged"]:
        return f"{line['strangers_sure']} of {line['strangers']} scans of no plane taken for one"
    return f"{100 * line['accuracy']:.1f} % of {line['judged']} scans right"


def _check(sweep: Sweep) -> None:
    # Here, so that a process that only does trials of this package loads Keras at its own time.
    from fetal.training.stages.fit_stage import check_learns

    for variant in sweep.variants:
        try:
            check_learns(variant.settings)
        except ValueError as error:
            raise SweepError(f"Variant “{variant.name}”: {error}") from error


def _waiting(runs: Sequence[Run], results: Results) -> list[int]:
    """The numbers of the runs that are not done, each once, whatever it is called."""
    done = set(results.done())
    first = {run.planned.run: number for number, run in reversed(list(enumerate(runs)))}
    return sorted(number for run, number in first.items() if run not in done)


def _scratch(folder: Path, run: Run) -> Path:
    return folder / "runs" / run.planned.run


def _job(
    run: Run, cases: Sequence[ExperimentScan], frames: FrameStore, folder: Path, features: Path
) -> Job:
    settings = run.settings
    size, crop = settings.size, settings.crop_to_sector
    train, validation, judged = (
        frames.take(cases, numbers, size, crop=crop)
        for numbers in (run.split.train, run.split.validation, run.split.judged)
    )
    added = [
        ExperimentScan(one.digest, one.digest, one.plane, one.patient, one.read, one.source)
        for one in phantoms(settings)
    ]
    simulated = [frames.take(added, range(len(added)), size, crop=crop)] if added else []
    return Job(
        settings,
        (train, *simulated),
        validation,
        judged,
        _scratch(folder, run),
        features,
    )


def _said(run: Run, cases: Sequence[ExperimentScan], outcome: TrialResult) -> TrialPredictions:
    judged = [cases[number] for number in run.split.judged]
    return TrialPredictions(
        names=np.array([case.name for case in judged]),
        patients=np.array([case.patient for case in judged]),
        classes=np.array([PLANES.index(case.plane) for case in judged]),
        probabilities=outcome.probabilities,
        groups=np.array([case.group(run.group) for case in judged]),
        kinds=np.array([case.kind or case.plane.title for case in judged]),
        no_plane=np.array([case.no_plane for case in judged], bool),
    )


def _line(run: Run, said: TrialPredictions, outcome: TrialResult) -> dict[str, Any]:
    known, strange = said.only(~said.no_plane), said.only(said.no_plane)
    settings = run.settings
    if settings.weights:
        settings = replace(settings, weights=Path(settings.weights).name)
    return {
        **vars(run.planned),
        "folds": run.folds,
        "train": len(run.split.train),
        "validation": len(run.split.validation),
        "judged": len(known.names),
        **_figures(known),
        "strangers": len(strange.names),
        "strangers_sure": int(sure_and_wrong(strange).sum()),
        "temperature": outcome.temperature,
        "seconds": round(outcome.seconds, 1),
        "epochs": len(outcome.curves),
        "curves": [fields_of(point) for point in outcome.curves],
        "settings": settings.to_json(),
        "versions": {"fetal": __version__, **outcome.versions},
    }


def _figures(said: TrialPredictions) -> dict[str, float]:
    if not len(said.names):
        return {}
    figures = evaluate(said.classes, said.probabilities, list(said.patients))
    return {
        "accuracy": figures.accuracy.value,
        "balanced_accuracy": figures.balanced_accuracy.value,
        "ece": figures.ece,
    }
