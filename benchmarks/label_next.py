"""Measures whether scans labelled in the program's order teach more than at random, and forecasts.

    python benchmarks/label_next.py [--seeds 5] [--cache FOLDER]

Only scans that the official table lets be learnt from (Train = 1). Of each seed, 40 % of the
patients are put aside to measure on; the scans of the others are labelled by and by, twenty at a
time, at random and in the program's order, from the same first twenty on. Heads on the features of
a network that has seen none of these labels stand for the model. It wants the folder that
FETAL_SHARED names, else ../shared.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from label_parts.real_features import RealScans, real_scans
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import Scaling, fitted_probabilities
from fetal.metrics.labelling.label_order import CURIOUS, label_order
from fetal.metrics.labelling.learning_curve import learning_curve

FIRST, STEP, BUDGET = 20, 20, 300
ASIDE = 0.4
ROUNDS = ((100, 50), (100, 100), (150, 100), (200, 100), (250, 150), (300, 200))
"""Of each forecast: how many labels are there, and how many more are forecast."""

Curve = Mapping[int, float]


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

    def answers(self, labelled: NDArray[np.int64]) -> NDArray[np.int64]:
        """What heads say of the patients put aside, fitted to some scans."""
        learnt, asked = self.components[labelled], self.components[self.judged]
        chances = fitted_probabilities(learnt, self.scans.true[labelled], asked, CURIOUS)
        return np.asarray(chances.argmax(axis=1))

    def balanced(self, labelled: NDArray[np.int64]) -> float:
        """Balanced accuracy: every plane counts the same."""
        said, true = self.answers(labelled), self.scans.true[self.judged]
        return float(np.mean([(said[true == one] == one).mean() for one in np.unique(true)]))

    def accuracy(self, labelled: NDArray[np.int64]) -> float:
        """The share of right answers."""
        return float((self.answers(labelled) == self.scans.true[self.judged]).mean())

    def at_random(self) -> Curve:
        """Balanced accuracy by labels, labelled at random."""
        sizes = range(FIRST, BUDGET + 1, STEP)
        return {size: self.balanced(self.shuffled[:size]) for size in sizes}

    def in_order(self) -> Curve:
        """Balanced accuracy by labels, labelled in the program's order."""
        labelled = self.shuffled[:FIRST]
        found = {FIRST: self.balanced(labelled)}
        while len(labelled) < BUDGET:
            left = np.setdiff1d(self.shuffled, labelled)
            following = label_order(
                self.scans.features, self.scans.true, labelled, left, STEP, self.seed
            )
            labelled = np.concatenate([labelled, following])
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
    """Compare the two orders."""
    start = time.perf_counter()
    both = [(run.at_random(), run.in_order()) for run in runs]
    seconds = time.perf_counter() - start
    print("labels  at random  in order   (balanced accuracy, mean of the seeds)")
    for size in both[0][0]:
        random, ordered = (np.mean([one[place][size] for one in both]) for place in (0, 1))
        print(f"{size:6}  {random:9.3f}  {ordered:8.3f}")
    shares = []
    for run, (random, ordered) in zip(runs, both, strict=True):
        needed = next((size for size, value in ordered.items() if value >= random[BUDGET]), None)
        shares.append(needed / BUDGET if needed else np.inf)
        print(
            f"Seed {run.seed}: {BUDGET} labels at random give {random[BUDGET]:.3f}; in order "
            f"{needed} labels do ({shares[-1]:.0%})."
        )
    print(f"As good with {np.mean(shares):.0%} of the labels, at the most {max(shares):.0%}.")
    print(f"Both orders took {seconds / len(runs):.1f} s a seed.")


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
