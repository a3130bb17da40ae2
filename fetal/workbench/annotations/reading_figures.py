"""How much each person read on each day: labels, time, and how often others say the same."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

import pandas as pd
from sqlalchemy import select, text

from fetal.store.states import AnnotationKind
from fetal.store.tables import Annotation
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

LONGEST_PAUSE = timedelta(minutes=2)
"""Whoever gives no label for longer than this has done something else meanwhile."""

_LABELS = (AnnotationKind.ACCEPT, AnnotationKind.CORRECT, AnnotationKind.LABEL)


@dataclass(frozen=True)
class ReadingFigures:
    """What one person did on one day, by this computer's clock.

    Attributes:
        day: the day.
        who: the person.
        labels: how many labels the person gave.
        minutes: time between labels, pauses of more than two minutes left out.
        seconds_a_scan: the median time from one label to the next; None of a single label.
        with_model: share of the labels that are the model's opinion, of those where it had one.
        compared: on how many of the scans another person gave a label, too, in the same days.
        with_others: share of these on which the newest of those labels is the same; None without.
    """

    day: date
    who: str
    labels: int
    minutes: float
    seconds_a_scan: float | None
    with_model: float | None
    compared: int
    with_others: float | None


@dataclass(frozen=True)
class _Given:
    at: datetime
    who: str
    scan_id: int
    label: str | None
    kind: str


def reading_figures(workbench: Workbench, days: int) -> list[ReadingFigures]:
    """Measure what people read, imported labels left out.

    Args:
        workbench: the workbench.
        days: of so many days, today among them; 1 or more.

    Returns:
        One row for each person and day, the newest day first.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(Annotation.at, Annotation.who, Annotation.scan_id, Annotation.label, Annotation.kind)
        .where(
            Annotation.at >= midnight - timedelta(days=days - 1),
            # In these words, the database finds the index of what was done.
            text("annotation.kind NOT IN ('undo', 'import')"),
            Annotation.kind.in_(_LABELS),
        )
        .order_by(Annotation.at, Annotation.id)
    )
    with workbench.store.reading() as session:
        given = [_Given(*row) for row in session.execute(query)]
    newest: dict[int, dict[str, str | None]] = defaultdict(dict)
    groups: dict[tuple[date, str], list[_Given]] = defaultdict(list)
    for one in given:
        newest[one.scan_id][one.who] = one.label
        groups[one.at.astimezone().date(), one.who].append(one)
    found = [_figures(day, who, some, newest) for (day, who), some in groups.items()]
    return sorted(found, key=lambda one: (-one.day.toordinal(), one.who))


def as_table(found: Iterable[ReadingFigures]) -> pd.DataFrame:
    """Return the figures as a table, for a page and as CSV.

    Args:
        found: the figures.
    """
    rows = [
        {
            "day": one.day.isoformat(),
            "person": one.who,
            "labels": one.labels,
            "minutes": round(one.minutes, 1),
            "seconds a scan": one.seconds_a_scan,
            "as the model": one.with_model,
            "read by others too": one.compared,
            "as the others": one.with_others,
        }
        for one in found
    ]
    return pd.DataFrame(rows)


def _figures(
    day: date, who: str, given: Sequence[_Given], newest: dict[int, dict[str, str | None]]
) -> ReadingFigures:
    gaps = [later.at - one.at for one, later in pairwise(given)]
    at_work = [gap.total_seconds() for gap in gaps if gap <= LONGEST_PAUSE]
    judged = [one for one in given if one.kind != AnnotationKind.LABEL]
    mine = {one.scan_id: one.label for one in given}
    same = [
        label == other
        for scan, label in mine.items()
        for other in [next((v for w, v in reversed(newest[scan].items()) if w != who), None)]
        if other is not None
    ]
    return ReadingFigures(
        day=day,
        who=who,
        labels=len(given),
        minutes=sum(at_work) / 60,
        seconds_a_scan=round(median(at_work), 1) if at_work else None,
        with_model=_share([one.kind == AnnotationKind.ACCEPT for one in judged]),
        compared=len(same),
        with_others=_share(same),
    )


def _share(found: Sequence[bool]) -> float | None:
    return sum(found) / len(found) if found else None
