"""Sure and wrong: the one error that a reader cannot defend against."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fetal.metrics.bootstrap import RESAMPLES
from fetal.metrics.interval import Interval
from fetal.metrics.proportions import error_share


@dataclass(frozen=True)
class SureErrors:
    """How often a model was sure and wrong on one kind of scans.

    Attributes:
        kind: What the scans have in common, such as the plane that they show.
        scans: How many there are.
        patients: How many patients they show.
        sure: How many of them the model was sure of.
        wrong: How many of those it got wrong.
        rate: `wrong` as a share of all scans of the kind, with its interval, as
            `fetal.metrics.error_share` has it where none is wrong.
    """

    kind: str
    scans: int
    patients: int
    sure: int
    wrong: int
    rate: Interval


def sure_errors(
    kinds: Sequence[str],
    sure: Sequence[bool],
    right: Sequence[bool],
    patients: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[SureErrors, ...]:
    """Count sure errors by kind.

    Args:
        kinds: What each scan is, (n,).
        sure: Whether the model was sure of it, (n,).
        right: Whether it was right, (n,). Of a picture that shows no plane, it is right to name
            none: *Other*.
        patients: Who each scan is of, (n,).
        resamples: How often the patients are drawn again for the intervals.
        seed: Makes the intervals the same every time.

    Returns:
        One row a kind, in the order in which kinds come first.

    Raises:
        ValueError: lengths that differ.

    Example:
        >>> [row] = sure_errors(["spine"] * 2, [True, True], [False, True], ["P-1", "P-2"])
        >>> row.wrong, row.scans, row.rate.value
        (1, 2, 0.5)
    """
    if not len(kinds) == len(sure) == len(right) == len(patients):
        raise ValueError(
            "Expected as many kinds, answers and patients as scans; received "
            f"{len(kinds)}, {len(sure)}, {len(right)} and {len(patients)}."
        )
    names, who = np.asarray(kinds), np.asarray(patients)
    certain = np.asarray(sure, dtype=bool)
    mistaken = certain & ~np.asarray(right, dtype=bool)
    rows = []
    for kind in dict.fromkeys(kinds):
        mine = names == kind
        persons = who[mine].tolist()
        rows.append(
            SureErrors(
                kind=kind,
                scans=int(mine.sum()),
                patients=len(set(persons)),
                sure=int(certain[mine].sum()),
                wrong=int(mistaken[mine].sum()),
                rate=error_share(mistaken[mine], persons, resamples=resamples, seed=seed),
            )
        )
    return tuple(rows)
