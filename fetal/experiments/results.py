"""What a sweep's runs came to: a line for each in a file, and their answers beside it."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.experiments.sweep import SweepError


@dataclass(frozen=True)
class Planned:
    """One run of a sweep: a variant trained for one fold with one seed."""

    run: str
    """A digest of all that decides its outcome: the same run is never done twice."""
    variant: str
    fold: int
    seed: int
    left_out: str = ""
    """The source or machine that it was judged on and did not learn from, where it is one."""


@dataclass(frozen=True)
class TrialPredictions:
    """What a trained network said of each scan that it was judged on."""

    names: NDArray[np.str_]
    patients: NDArray[np.str_]
    classes: NDArray[np.int64]
    """True planes as indices into PLANES, (n,)."""
    probabilities: NDArray[np.float32]
    """Calibrated, (n, 6)."""
    groups: NDArray[np.str_]
    """The source of each, with its machine where machines are left out."""
    kinds: NDArray[np.str_]
    """What each shows, in words."""
    no_plane: NDArray[np.bool_]
    """Whether it shows no fetal plane at all; its class is then *Other*."""

    def only(self, which: NDArray[np.bool_]) -> "TrialPredictions":
        """Those of some scans, bool (n,)."""
        return TrialPredictions(**{name: values[which] for name, values in vars(self).items()})

    @classmethod
    def pooled(cls, parts: Sequence["TrialPredictions"]) -> "TrialPredictions":
        """Those of several runs, one after the other."""
        rows = [vars(part) for part in parts]
        return cls(**{name: np.concatenate([row[name] for row in rows]) for name in rows[0]})


class Results:
    """The folder of a sweep.

    `plan.json` lists the runs that the sweep asks for, `results.jsonl` has a line for each that is
    done, `answers/` holds what each said of each scan.

    Args:
        folder: Made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_plan(self, planned: list[Planned]) -> None:
        """Note which runs the sweep asks for, in the order of its variants."""
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / "plan.part"
        unfinished.write_text(json.dumps([vars(one) for one in planned], indent=1))
        unfinished.replace(self.folder / "plan.json")

    def plan(self) -> list[Planned]:
        """The runs that the sweep asks for.

        Raises:
            SweepError: no sweep has run in this folder.
        """
        path = self.folder / "plan.json"
        if not path.exists():
            raise SweepError(
                f"Expected the folder of a sweep; {self.folder} holds no plan.json. "
                "Name the folder that --out named."
            )
        return [Planned(**one) for one in json.loads(path.read_text())]

    def done(self) -> dict[str, dict[str, Any]]:
        """The lines of the finished runs, by run."""
        path = self.folder / "results.jsonl"
        found: dict[str, dict[str, Any]] = {}
        for line in path.read_text().splitlines() if path.exists() else ():
            try:
                data = json.loads(line)
            except json.JSONDecodeError:
                # A kill can cut the last line short; its run is then done again.
                continue
            found[data["run"]] = data
        return found

    def add(self, line: dict[str, Any], answers: TrialPredictions) -> None:
        """Keep a finished run: its answers first, then the line that makes it count."""
        path = self._answers(line["run"])
        path.parent.mkdir(exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez_compressed(unfinished, **vars(answers))
        unfinished.replace(path)
        with (self.folder / "results.jsonl").open("a+b") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                cut_short = file.read(1) != b"\n"
                file.write(b"\n" * cut_short)
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def answers(self, run: str) -> TrialPredictions:
        """What a finished run said."""
        with np.load(self._answers(run), allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        # A version that knew of no sources has written no word of them.
        count = len(found["names"])
        words = dict.fromkeys(("groups", "kinds"), np.full(count, ""))
        return TrialPredictions(**{"no_plane": np.zeros(count, bool), **words, **found})

    def _answers(self, run: str) -> Path:
        return self.folder / "answers" / f"{run}.npz"
