"""Measures whether scans labelled in the program's order teach more than at random, and forecasts.

    python benchmarks/label_next.py [--seeds 5] [--cache FOLDER]

Only scans that the official table lets be learnt from (Train = 1). Of each seed, 40 % of the
patients are put aside to measure on; the scans of the others are labelled by and by, twenty at a
time, at random, in the program's order, and as the queues of Review give them, by doubt and by
doubt and diversity; from the same first twenty on. Heads on the features of a network that has seen
none of these labels stand for the model; for a queue they doubt as they did at its beginning, and
learn again after a hundred labels. It wants the folder that FETAL_SHARED names, else ../shared.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from label_parts.real_features import RealScans, real_scans
from numpy.typing import NDArray

from fetal.metrics.labelling.diverse_order import diverse_order
from fetal.metrics.labelling.feature_heads import Scaling, fitted_probabilities
from fetal.metrics.labelling.label_order import CURIOUS, label_order
from fetal.metrics.labelling.learning_curve import learning_curve
from fetal.workbench.reading_queues.diverse_ahead import MOST_DOUBTFUL, READ_LAST

FIRST, STEP, BUDGET = 20, 20, 300
ASIDE = 0.4
ROUNDS = ((100, 50), (100, 100), (150, 100), (200, 100), (250, 150), (300, 200))
"""Of each forecast: how many labels are there, and how many more are forecast."""

AGAIN = 100
"""After so many labels of a queue the heads learn again, as by a retraining."""

Curve = Mapping[int, float]
Rows = NDArray[np.int64]


class Simulation:
    """The patients of one seed: those to measure on, and the scans of the others."""

    def __init__(self, scans: RealScans, seed: int) -> None:
        self.scans, self.seed = scans, seed
        self.components = Scaling.of(scans.features).apply(scans.features)
        owners = np.array(scans.patients)
        chooser = np.random.default_rng(seed)
        names = chooser.permutation(np.unique(owners))
        aside = np.isin(owners, names[: round(ASIDE * len(names))])
        self.judged = np.flatnonzero(aside)
        self.shuffled = chooser.permutation(np.flatnonzero(~aside))

    def answers(self, labelled: Rows) -> NDArray[np.int64]:
        """What heads say of the patients put aside, fitted to some scans."""
        learnt, asked = self.components[labelled], self.components[self.judged]
        chances = fitted_probabilities(learnt, self.scans.true[labelled], asked, CURIOUS)
        return np.asarray(chances.argmax(axis=1))

    def balanced(self, labelled: Rows) -> float:
        """Balanced accuracy: every plane counts the same."""
        said, true = self.answers(labelled), self.scans.true[self.judged]
        return float(np.mean([(said[true == one] == one).mean() for one in np.unique(true)]))

    def accuracy(self, labelled: Rows) -> float:
        """The share of right answers."""
        return float((self.answers(labelled) == self.scans.true[self.judged]).mean())

    def at_random(self) -> Curve:
        """Balanced accuracy by labels, labelled at random."""
        sizes = range(FIRST, BUDGET + 1, STEP)
        return {size: self.balanced(self.shuffled[:size]) for size in sizes}

    def in_order(self) -> Curve:
        """Balanced accuracy by labels, labelled in the program's order."""

        def following(labelled: Rows, left: Rows) -> Rows:
            return label_order(
                self.scans.features, self.scans.true, labelled, left, STEP, self.seed
            )

        return self._labelled(following)

    def by_queue(self, *, diverse: bool) -> Curve:
        """Balanced accuracy by labels, labelled as a queue of Review gives the scans."""
        learnt = self.shuffled[:FIRST]

        def following(labelled: Rows, left: Rows) -> Rows:
            nonlocal learnt
            if len(labelled) - len(learnt) >= AGAIN:
                learnt = labelled
            chances = fitted_probabilities(
                self.components[learnt], self.scans.true[learnt], self.components[left], CURIOUS
            )
            doubts = 1 - chances.max(axis=1)
            first = np.argsort(-doubts, kind="stable")[:MOST_DOUBTFUL]
            if diverse:
                features = self.scans.features
                everything = np.ones(len(first), bool)
                read = features[labelled[-READ_LAST:]]
                first = first[
                    diverse_order(features[left[first]], doubts[first], everything, read, STEP)
                ]
            return np.asarray(left[first[:STEP]])

        return self._labelled(following)

    def _labelled(self, following: Callable[[Rows, Rows], Rows]) -> Curve:
        labelled = self.shuffled[:FIRST]
        found = {FIRST: self.balanced(labelled)}
        while len(labelled) < BUDGET:
            left = np.setdiff1d(self.shuffled, labelled)
            labelled = np.concatenate([labelled, following(labelled, left)])
            found[len(labelled)] = self.balanced(labelled)
        return found

    def forecasts(self) -> list[tuple[int, int, float, float, float, float]]:
        """Forecasts at each round, and what the labels held back until then really brought."""
        found = []
        for labels, more in ROUNDS:
            if labels + more > len(self.shuffled):
                continue
            known = self.shuffled[:labels]
            patients = [self.scans.patients[row] for row in known]
            curve = learning_curve(self.scans.features[known], self.scans.true[known], patients)
            gain = curve.forecast(more).gain
            then = self.accuracy(self.shuffled[: labels + more])
            found.append(
                (labels, more, gain.value, gain.low, gain.high, then - self.accuracy(known))
            )
        return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--cache", type=Path, help="where the features are kept")
    given = parser.parse_args()
    scans = real_scans(given.cache)
    scans = scans.only(scans.train)
    runs = [Simulation(scans, seed) for seed in range(1, given.seeds + 1)]
    orders(runs)
    forecasts(runs)


def orders(runs: Sequence[Simulation]) -> None:
    """Compare the orders."""
    start = time.perf_counter()
    curves: dict[str, list[Curve]] = {
        "at random": [run.at_random() for run in runs],
        "in order": [run.in_order() for run in runs],
        "by doubt": [run.by_queue(diverse=False) for run in runs],
        "doubt and diversity": [run.by_queue(diverse=True) for run in runs],
    }
    seconds = time.perf_counter() - start
    print(f"labels  {'  '.join(curves)}   (balanced accuracy, mean of the seeds)")
    for size in curves["at random"][0]:
        means = [
            f"{np.mean([one[size] for one in several]):{len(name)}.3f}"
            for name, several in curves.items()
        ]
        print(f"{size:6}  {'  '.join(means)}")
    at_random = curves.pop("at random")
    for name, several in curves.items():
        shares = []
        for run, random, ordered in zip(runs, at_random, several, strict=True):
            needed = next((size for size, one in ordered.items() if one >= random[BUDGET]), None)
            shares.append(needed / BUDGET if needed else np.inf)
            print(
                f"Seed {run.seed}: {BUDGET} labels at random give {random[BUDGET]:.3f}; {name} "
                f"{needed} labels do ({shares[-1]:.0%})."
            )
        print(
            f"{name}: as good with {np.mean(shares):.0%} of the labels, at the most "
            f"{max(shares):.0%}."
        )
    print(f"All orders took {seconds / len(runs):.1f} s a seed.")


def forecasts(runs: Sequence[Simulation]) -> None:
    """Hold forecasts against what came."""
    right = total = 0
    for run in runs:
        for labels, more, gain, low, high, came in run.forecasts():
            inside = low <= came <= high
            right, total = right + inside, total + 1
            print(
                f"Seed {run.seed}, {labels} labels, {more} more: forecast {100 * gain:+.1f} points "
                f"({100 * low:+.1f} to {100 * high:+.1f}), came {100 * came:+.1f}"
                + ("" if inside else "  outside")
            )
    print(f"Forecasts right within their intervals: {right} of {total}.")


if __name__ == "__main__":
    main()
