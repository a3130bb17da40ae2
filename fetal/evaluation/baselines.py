"""What a report's figures are to be compared with: other models on the same scans, and none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.evaluation.labelled_predictions import Case, arrays
from fetal.metrics import Interval, error_share, paired_difference, share
from fetal.planes import FETAL_PLANES, PLANES, Plane


@dataclass(frozen=True)
class Baseline:
    """How another way to name planes does on the same scans.

    Attributes:
        name: what it is.
        four: its accuracy over the four fetal planes; None where no scan shows one.
        six: its accuracy over all scans.
        gained: how much more accurate the model is over all scans, from paired resampling.
        sure_wrong: the share of all scans of which it was sure and wrong; None of what is no model.
    """

    name: str
    four: Interval | None
    six: Interval
    gained: Interval
    sure_wrong: Interval | None


def baselines(
    cases: Sequence[Case],
    learnt: Mapping[str, int] | None = None,
    others: Mapping[str, Sequence[Case]] | None = None,
) -> tuple[Baseline, ...]:
    """Compare a model with the plane that is most frequent, and with other models.

    Args:
        cases: what the model said of labelled scans.
        learnt: how many scans of each plane, by its value, the model has learnt from; the most
            frequent plane is the one of these, else of the cases.
        others: what other models said of the same scans in the same order, by the models' names.

    Returns:
        The most frequent plane first, then the models.

    Raises:
        ValueError: another model was asked about other scans.

    Example:
        >>> [always, before] = baselines(cases, others={"last year's": theirs})  # doctest: +SKIP
        >>> before.gained.percent()  # doctest: +SKIP
        '1.2 % (0.4 to 2.1)'
    """
    counts = Counter({Plane(plane): count for plane, count in (learnt or {}).items() if count})
    [(frequent, _)] = (counts or Counter(case.plane for case in cases)).most_common(1)
    always = np.eye(len(PLANES))[[PLANES.index(frequent)] * len(cases)]
    found = [_baseline(f"always “{frequent.title}”, the most frequent plane", cases, always, None)]
    for name, theirs in (others or {}).items():
        if [case.digest for case in theirs] != [case.digest for case in cases]:
            raise ValueError(
                f"Expected what “{name}” says of the same {len(cases)} scans in the same order; "
                f"received {len(theirs)} others. Ask both models about the same scans."
            )
        _, chances, _ = arrays(theirs)
        wrongly = [case.sure and not case.right for case in theirs]
        found.append(_baseline(name, cases, chances, wrongly))
    return tuple(found)


def _baseline(
    name: str, cases: Sequence[Case], chances: NDArray[np.float64], wrongly: Sequence[bool] | None
) -> Baseline:
    labels, ours, patients = arrays(cases)
    right = chances.argmax(axis=1) == np.asarray(labels)
    four = np.array([case.plane in FETAL_PLANES for case in cases])
    return Baseline(
        name=name,
        four=share(right[four], np.asarray(patients)[four].tolist()) if four.any() else None,
        six=share(right, patients),
        gained=paired_difference(labels, chances, ours, patients),
        sure_wrong=None if wrongly is None else error_share(wrongly, patients),
    )
