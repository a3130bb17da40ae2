"""From cases to a report: the figures of all, of each machine, of each doubt; the worst errors."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import fetal
from fetal.bundle import Bundle
from fetal.evaluation.baselines import baselines
from fetal.evaluation.cost import cost_of
from fetal.evaluation.labelled_predictions import Case, arrays
from fetal.evaluation.report import FEW, Group, Mistake, Report, Withstood
from fetal.evaluation.trust import measure_trust
from fetal.metrics import Evaluation, Interval, coverage, evaluate, reliability, share
from fetal.planes import FETAL_PLANES, PLANES
from fetal.predict import Doubt

WORST = 12
"""As many of the worst errors as a person looks at on one page."""

UNNAMED = "not named"
"""The machine of scans of which nobody knows it."""


class NothingToMeasureError(ValueError):
    """There is no labelled scan that a model could be measured on."""


def measure(
    cases: Sequence[Case],
    bundle: Bundle,
    data: str,
    *,
    left_out: Mapping[str, int] | None = None,
    withstood: Sequence[Withstood] = (),
    strange: Mapping[str, Sequence[Case]] | None = None,
    strangers_left_out: Mapping[str, int] | None = None,
    others: Mapping[str, Sequence[Case]] | None = None,
    seconds: float | None = None,
) -> Report:
    """Make the report of a model on labelled scans.

    Args:
        cases: what the model said of each scan, as `examine` gives it. Scans that the model was
            trained on must not be among them.
        bundle: the model.
        data: what the set of scans is called.
        left_out: how many scans were left out, by reason.
        withstood: the figures on corrupted scans (`withstand`), where they were asked for.
        strange: what the model said of pictures of other kinds (`measure_trust`).
        strangers_left_out: how many of these pictures were not shown to it, by reason.
        others: what other models said of the same scans, by name (`baselines`).
        seconds: how long the model took for all scans.

    Returns:
        The report. It is the same for the same cases, but for its moment and what it took.

    Raises:
        NothingToMeasureError: no cases.

    Example:
        >>> cases = list(examine(model, labelled))  # doctest: +SKIP
        >>> report = measure(cases, model.bundle, "our scans of 2026")  # doctest: +SKIP
        >>> report.six.accuracy.percent()  # doctest: +SKIP
        '98.3 % (97.1 to 99.3)'
    """
    if not cases:
        raise NothingToMeasureError(
            "Expected at least one labelled scan that the model has not learnt from; received "
            "none. Label scans of other patients."
        )
    counts = Counter(case.plane for case in cases)
    few = {plane: counts[plane] for plane in PLANES if counts[plane] < FEW}
    fetal_cases = [case for case in cases if case.plane in FETAL_PLANES]
    main = fetal_cases or cases
    wrong = sorted(
        (case for case in cases if not case.right), key=lambda case: (-case.confidence, case.digest)
    )
    return Report(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        program=fetal.__version__,
        model=bundle.card.name,
        model_digest=bundle.digest,
        data=data,
        data_digest=_digest(cases),
        scans=len(cases),
        patients=len({case.patient for case in cases}),
        repeated=len(cases) - len({case.digest for case in cases}),
        left_out={reason: count for reason, count in (left_out or {}).items() if count},
        four=_figures(fetal_cases) if fetal_cases else None,
        six=_figures(cases),
        reliability=tuple(reliability(*arrays(main))),
        coverage=coverage(*arrays(main)),
        few=few,
        machines=_groups(cases, lambda case: case.machine or UNNAMED),
        doubts=_by_doubt(cases),
        mistakes=len(wrong),
        worst=tuple(_mistake(case) for case in wrong[:WORST]),
        withstood=tuple(withstood),
        trust=measure_trust(cases, bundle.card.calibration, strange),
        baselines=baselines(cases, bundle.card.training.get("per_plane"), others),
        cost=cost_of(bundle, len(cases), seconds),
        strangers_left_out=dict(strangers_left_out or {}),
    )


def _figures(cases: Sequence[Case]) -> Evaluation:
    found = evaluate(*arrays(cases))
    claimed = {plane: figures for plane, figures in found.per_plane.items() if figures.n >= FEW}
    shares = found.confusion_shares or []
    return replace(
        found,
        per_plane=claimed,
        confusion_shares=[
            row if plane in claimed else None for plane, row in zip(PLANES, shares, strict=True)
        ],
    )


def _accuracy(cases: Sequence[Case]) -> Interval | None:
    if len(cases) < FEW:
        return None
    return share([case.right for case in cases], [case.patient for case in cases])


def _group(name: str, cases: Sequence[Case]) -> Group:
    return Group(
        name=name,
        scans=len(cases),
        patients=len({case.patient for case in cases}),
        four=_accuracy([case for case in cases if case.plane in FETAL_PLANES]),
        six=_accuracy(cases),
    )


def _groups(cases: Iterable[Case], name_of: Callable[[Case], str]) -> tuple[Group, ...]:
    sorted_out: dict[str, list[Case]] = {}
    for case in cases:
        sorted_out.setdefault(name_of(case), []).append(case)
    found = [_group(name, members) for name, members in sorted_out.items()]
    return tuple(sorted(found, key=lambda group: (-group.scans, group.name)))


def _by_doubt(cases: Iterable[Case]) -> tuple[Group, ...]:
    found = {group.name: group for group in _groups(cases, lambda case: case.doubt.value)}
    return tuple(found.get(doubt.value) or _group(doubt.value, []) for doubt in Doubt)


def _mistake(case: Case) -> Mistake:
    return Mistake(
        digest=case.digest,
        machine=case.machine,
        plane=case.plane,
        said=case.said,
        confidence=case.confidence,
        chance=case.probabilities[PLANES.index(case.plane)],
        doubt=case.doubt.value,
    )


def _digest(cases: Iterable[Case]) -> str:
    lines = sorted(f"{case.digest} {case.plane} {case.patient}\n" for case in cases)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
