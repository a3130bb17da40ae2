"""Runs a sweep: every variant, fold and seed that is not done yet."""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import keras
import numpy as np

from fetal import __version__
from fetal.metrics import evaluate
from fetal.planes import PLANES
from fetal.training.calibration import fit_temperature, to_chances
from fetal.training.exact import answers, exact_copy
from fetal.training.examples import phantoms
from fetal.training.experiment.cases import Case, Split, digest_of, draw, split
from fetal.training.experiment.results import Answers, Planned, Results
from fetal.training.experiment.shelf import Shelf
from fetal.training.experiment.sweep import Sweep, SweepError
from fetal.training.fitting import check_learns
from fetal.training.frames import Frames
from fetal.training.pipeline import train_network
from fetal.training.settings import TrainingSettings

Tell = Callable[[str], None]


def run_sweep(sweep: Sweep, cases: Sequence[Case], folder: Path, tell: Tell) -> Results:
    """Train and judge every variant of a sweep on every fold and with every seed.

    A killed sweep, called again, goes on where it stopped: runs that are done stay done, and the
    one that was under way goes on from its last epoch.

    Args:
        sweep: What to run.
        cases: The labelled scans to draw from.
        folder: Where results, answers and framed scans are kept.
        tell: Told, in a line each, of scans that cannot be read and of finished runs.

    Returns:
        The results.

    Raises:
        SweepError: a variant names a stage that its network lacks, or too few scans are there.
        WeightsError: a weights file fits no layer.
    """
    _check(sweep)
    shelf = Shelf(folder / "frames", tell)
    first = sweep.variants[0].settings
    drawn = draw(cases, sweep.scans)
    used = shelf.readable(drawn, first.size, crop=first.crop_to_sector)
    results = Results(folder)
    runs = list(_runs(sweep, used))
    results.write_plan([run.planned for run in runs])
    for number, run in enumerate(runs, start=1):
        if run.planned.run in results.done():
            continue
        scratch = folder / "runs" / run.planned.run
        line, said = _Attempt(run, used, shelf, scratch).outcome()
        results.add(line, said)
        shutil.rmtree(scratch)
        tell(
            f"[{number}/{len(runs)}] {run.planned.variant}, fold {run.planned.fold + 1}, seed "
            f"{run.planned.seed}: {100 * line['accuracy']:.1f} % of {line['judged']} scans right, "
            f"{line['seconds']:.0f} s"
        )
    return results


@dataclass(frozen=True)
class _Run:
    planned: Planned
    settings: TrainingSettings
    folds: int
    split: Split


def _check(sweep: Sweep) -> None:
    for variant in sweep.variants:
        try:
            check_learns(variant.settings)
        except ValueError as error:
            raise SweepError(f"Variant “{variant.name}”: {error}") from error


def _runs(sweep: Sweep, cases: Sequence[Case]) -> Iterator[_Run]:
    """Every run, fold by fold, so that a sweep that is stopped early compares all variants."""
    try:
        splits = [split(cases, sweep.folds, fold) for fold in range(sweep.folds_run)]
    except ValueError as error:
        raise SweepError(str(error)) from error
    data = digest_of(cases)
    for fold, seed in [(fold, seed) for seed in sweep.seeds for fold in range(sweep.folds_run)]:
        for variant in sweep.variants:
            settings = variant.settings.but(seed=seed)
            decisive = [_decisive(settings), data, sweep.folds, fold]
            run = sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
            planned = Planned(run, variant.name, fold, seed)
            yield _Run(planned, settings, sweep.folds, splits[fold])


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


class _Attempt:
    """One run on its way."""

    def __init__(self, run: _Run, cases: Sequence[Case], shelf: Shelf, scratch: Path) -> None:
        self._run = run
        self._settings = run.settings
        self._cases = cases
        self._shelf = shelf
        self._scratch = scratch
        self._curves: list[dict[str, Any]] = []

    def outcome(self) -> tuple[dict[str, Any], Answers]:
        """Train, calibrate on the inner validation side, and judge on the fold."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        keras.utils.clear_session()
        began = time.monotonic()
        validation = self._frames(self._run.split.validation)
        sides = self._training_frames(), validation
        model = train_network(sides, self._settings, self._scratch, self._listen)
        exact = exact_copy(model, self._settings)
        temperature = fit_temperature(
            answers(exact, self._settings, validation)[1], validation.classes
        )
        seconds = time.monotonic() - began
        judged = self._frames(self._run.split.judged)
        chances = to_chances(answers(exact, self._settings, judged)[1], temperature)
        names = [self._cases[number].name for number in self._run.split.judged]
        said = Answers(
            np.array(names),
            np.array(judged.patients),
            judged.classes,
            chances.astype(np.float32),
        )
        return self._line(said, temperature, seconds), said

    def _frames(self, numbers: Sequence[int]) -> Frames:
        pixels = self._pixels(self._cases)[list(numbers)]
        chosen = [self._cases[number] for number in numbers]
        return Frames(
            pixels,
            np.array([PLANES.index(case.plane) for case in chosen]),
            tuple(case.patient for case in chosen),
        )

    def _training_frames(self) -> Frames:
        real = self._frames(self._run.split.train)
        added = [
            Case(one.digest, one.digest, one.plane, one.patient, one.read)
            for one in phantoms(self._settings)
        ]
        if not added:
            return real
        return Frames(
            np.concatenate([real.pixels, self._pixels(added)]),
            np.concatenate([real.classes, [PLANES.index(case.plane) for case in added]]),
            (*real.patients, *(case.patient for case in added)),
        )

    def _pixels(self, cases: Sequence[Case]) -> Any:
        settings = self._settings
        return self._shelf.pixels(cases, settings.size, crop=settings.crop_to_sector)

    def _listen(self, event: dict[str, Any]) -> None:
        if event["kind"] == "epoch":
            self._curves.append({key: event[key] for key in event if key != "kind"})

    def _line(self, said: Answers, temperature: float, seconds: float) -> dict[str, Any]:
        figures = evaluate(said.classes, said.probabilities, list(said.patients))
        planned = self._run.planned
        settings = self._settings
        if settings.weights:
            settings = replace(settings, weights=Path(settings.weights).name)
        return {
            **vars(planned),
            "folds": self._run.folds,
            "train": len(self._run.split.train),
            "validation": len(self._run.split.validation),
            "judged": figures.n,
            "accuracy": figures.accuracy.value,
            "balanced_accuracy": figures.balanced_accuracy.value,
            "ece": figures.ece,
            "temperature": temperature,
            "seconds": round(seconds, 1),
            "epochs": len(self._curves),
            "curves": self._curves,
            "settings": settings.to_json(),
            "versions": {
                "fetal": __version__,
                "keras": keras.__version__,
                "backend": keras.backend.backend(),
            },
        }
