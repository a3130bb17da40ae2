"""Each variant on each source or machine, and on each kind of scan that shows no named plane."""

from collections.abc import Iterator

import numpy as np

from fetal.experiments.results import Results, TrialPredictions
from fetal.experiments.sure_answers import SURE, sure
from fetal.experiments.variant_table import compare, drawn_table, markdown, pooled
from fetal.metrics import share, sure_errors
from fetal.planes import PLANES, Plane

HEADINGS = ("Variant", "Judged on", "Scans", "Accuracy", "Sure", "Sure and wrong")
"""Of a sweep in which a source or machine is left out, “judged on” is what was left out."""


def tables(results: Results) -> str:
    """All tables of a sweep, as Markdown that is also readable as it is.

    Args:
        results: Of a sweep, finished or not.
    """
    parts = [markdown(compare(results))]
    lines = [line for variant, said in _by_variant(results) for line in _lines(variant, said)]
    if lines:
        parts.append(drawn_table([HEADINGS, *lines]))
    parts.append(f"Sure: with a probability of {SURE} or more.")
    return "\n\n".join(parts)


def _by_variant(results: Results) -> Iterator[tuple[str, TrialPredictions]]:
    done = results.done()
    runs: dict[str, dict[str, None]] = {}
    for one in results.plan():
        if one.run in done:
            runs.setdefault(one.variant, {})[one.run] = None
    for variant, names in runs.items():
        yield variant, pooled(results, list(names))


def _lines(variant: str, said: TrialPredictions) -> Iterator[tuple[str, ...]]:
    other = said.classes == PLANES.index(Plane.OTHER)
    groups = [name for name in np.unique(said.groups[~said.no_plane]) if name != ""]
    if len(groups) < 2 and not said.no_plane.any():
        return
    for name in groups:
        yield _line(variant, name, said.only((said.groups == name) & ~said.no_plane))
    for name in np.unique(said.kinds[other]):
        yield _line(variant, name, said.only((said.kinds == name) & other))


def _line(variant: str, name: str, said: TrialPredictions) -> tuple[str, ...]:
    patients = said.patients.tolist()
    right = said.probabilities.argmax(axis=1) == said.classes
    certain = sure(said)
    [errors] = sure_errors([name] * len(right), certain.tolist(), right.tolist(), patients)
    return (
        variant,
        name,
        str(len(set(said.names.tolist()))),
        "–" if said.no_plane.all() else share(right, patients).percent(),
        share(certain, patients).percent(),
        errors.rate.percent(),
    )
