"""Measures how many known wrong labels of real scans a ranking of likely mistakes finds.

    python benchmarks/label_quality.py [--among 64] [--cache FOLDER] [--list] [--stored 1000000]

The labels are those of the table that circulated with FETAL_PLANES_DB's scans: 1,270 lines, of
which 32 are wrong against the official table. The features come from a network that has seen none
of them; heads are fitted without the patient that is judged, and to no scan of the official test
side. It wants the folder that FETAL_SHARED names, else ../shared.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from label_parts.real_features import RealScans, real_scans

from fetal.metrics.labelling.likely_mistakes import count_mistakes, label_quality
from fetal.metrics.labelling.out_of_fold import out_of_fold
from fetal.planes import PLANES
from fetal.scans.similarity.feature_index import WIDTH, FeatureIndex

_MADE_UP = range(11, 16)
"""Seeds of the made-up mistakes."""
_SHARE = 0.03


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--among", type=int, default=64, help="how many of the ranking are read")
    parser.add_argument("--cache", type=Path, help="where the features are kept")
    parser.add_argument("--list", action="store_true", help="name every wrong label and its place")
    parser.add_argument("--stored", type=int, help="also time More like this among so many scans")
    given = parser.parse_args()
    every = real_scans(given.cache)
    circulated(every.only(every.circulated >= 0), given.among, names=given.list)
    made_up(every.only(every.train))
    if given.stored:
        likenesses(given.stored)


def circulated(scans: RealScans, among: int, *, names: bool) -> None:
    """Rank the labels of the circulated table."""
    wrong = scans.circulated != scans.true
    start = time.perf_counter()
    chances = out_of_fold(scans.features, scans.circulated, scans.patients, scans.train)
    quality = label_quality(scans.circulated, chances)
    seconds = time.perf_counter() - start
    order = np.argsort(quality, kind="stable")
    print(
        f"{len(wrong):,} labels of {len(set(scans.patients)):,} patients, {wrong.sum()} wrong: "
        f"{wrong[order[:among]].sum()} of {wrong.sum()} among the first {among} of the ranking, "
        f"{wrong[order[: wrong.sum()]].sum()} among the first {wrong.sum()}. "
        f"Estimated wrong: {count_mistakes(scans.circulated, chances)}. "
        f"The heads took {seconds:.1f} s."
    )
    right = chances.argmax(axis=1) == scans.true
    print(
        f"Out-of-fold answers right: {right.mean():.1%} of all, "
        f"{right[wrong].sum()} of the {wrong.sum()} that are wrongly labelled."
    )
    if names:
        places = {row: place for place, row in enumerate(order.tolist(), start=1)}
        for row in sorted(np.flatnonzero(wrong).tolist(), key=places.__getitem__):
            print(
                f"{places[row]:5}  {scans.names[row]}: labelled "
                f"{PLANES[scans.circulated[row]].value}, is {PLANES[scans.true[row]].value}, "
                f"head says {PLANES[chances[row].argmax()].value}"
            )


def made_up(scans: RealScans) -> None:
    """Change labels of training scans at random; on these the settings were chosen."""
    shares = []
    for seed in _MADE_UP:
        random = np.random.default_rng(seed)
        given = scans.true.copy()
        changed = random.choice(len(given), round(_SHARE * len(given)), replace=False)
        for row in changed:
            given[row] = random.choice([one for one in range(4) if one != given[row]])
        quality = label_quality(given, out_of_fold(scans.features, given, scans.patients))
        first = np.argsort(quality, kind="stable")[: 2 * len(changed)]
        shares.append(np.isin(changed, first).mean())
    print(
        f"Made-up mistakes in {_SHARE:.0%} of {len(scans.true):,} training labels, seeds "
        f"{_MADE_UP[0]} to {_MADE_UP[-1]}: {np.mean(shares):.1%} found among the first "
        f"{2 * len(changed)} of each ranking (lowest {min(shares):.1%})."
    )


def likenesses(stored: int) -> None:
    """Time one search among made-up features of very many scans."""
    random = np.random.default_rng(0)
    index = FeatureIndex(WIDTH)
    for start in range(0, stored, 50_000):
        numbers = np.arange(start, min(start + 50_000, stored))
        index.add(numbers, random.standard_normal((len(numbers), WIDTH), np.float32))
    index.all()
    asked = random.standard_normal(WIDTH)
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        index.nearest(asked, 12)
        seconds.append(time.perf_counter() - begun)
    size = index.all()[1].nbytes / 2**20
    print(
        f"More like this among {stored:,} scans: {np.median(seconds):.2f} s, {size:.0f} MiB "
        "in memory."
    )


if __name__ == "__main__":
    main()
