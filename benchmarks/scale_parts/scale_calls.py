"""What each page asks of the workspace, by name."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from scale_parts.scale_rows import moment
from sqlalchemy import delete, func, select

from fetal.planes import PLANES
from fetal.scans.similarity.perceptual_hash import from_texts
from fetal.store.bulk import any_of
from fetal.store.labelling.labelling_tables import ScanFeature
from fetal.store.tables import ScanRow
from fetal.workbench.annotations import conflicts, history, review
from fetal.workbench.catalogue import exports, scan_table, scans
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets import test_set
from fetal.workbench.label_quality.stored_features import pack
from fetal.workbench.models import promotion
from fetal.workbench.near_duplicates import decisions
from fetal.workbench.privacy import erasure, pseudonym_key
from fetal.workbench.reading_queues import queue_progress, queues, reservations
from fetal.workbench.retraining import compare_runs, run_accuracies, service

PAGE = 24
ROWS = 5000
"""Five times as many as the page lists."""
DONE = 50
_WITH_FEATURES, _CHANNELS = 600, 2048
_OF_A_FILTER: dict[str, Any] = {"planes": ("femur", "abdomen"), "sources": ("import",)}
WHO = "Ann"


@dataclass(frozen=True)
class Call:
    """One thing that a page or a command asks for.

    Attributes:
        name: the page, and what it asks for.
        act: asks; gets the workbench and the number of the call, 0 for the one that is not timed.
        before: what somebody else does before each call, without being timed.
        once: whether it takes long, or changes so much, that it is made once.
        named: whether it is made only where `--only` names it, since nothing is the same after it.
    """

    name: str
    act: Callable[[Workbench, int], Any]
    before: Callable[[Workbench, int], Any] | None = None
    once: bool = False
    named: bool = False


def _page(share: float) -> Callable[[Workbench, int], Any]:
    """A page of the gallery, which is turned to from the last scan of the page before it."""

    def act(workbench: Workbench, number: int) -> Any:
        newest = _newest(workbench)
        place = max(PAGE + 1, newest - int(share * newest) - PAGE * number)
        # Scans came in the order of their numbers.
        after = (moment(place), place) if share else None
        return scans.scans(workbench, ScanFilter(limit=PAGE + 1, after=after))

    return act


def _newest(workbench: Workbench) -> int:
    with workbench.store.reading() as session:
        return session.scalar(select(func.max(ScanRow.id))) or 0


def _chosen(**chosen: Any) -> Callable[[Workbench, int], Any]:
    def act(workbench: Workbench, number: int) -> Any:
        filtered = ScanFilter(limit=PAGE, **chosen)
        return scans.count(workbench, filtered), scans.scans(workbench, filtered)

    return act


def _label_next(workbench: Workbench, number: int) -> None:
    reader = reservations.Reader(WHO, f"session {number % 4}")
    found = reservations.hand_out(workbench, reader)
    if found is not None:
        review.label(workbench, found.id, "brain", WHO, seen=found.label_id)


def _next_scan(workbench: Workbench, number: int) -> Any:
    return reservations.hand_out(workbench, reservations.Reader(WHO, f"session {number % 4}"))


def _next_by(order: queues.ReadingOrder, **chosen: Any) -> Callable[[Workbench, int], Any]:
    """The next scan of a queue that nobody asked for yet: nothing is kept of it."""

    def act(workbench: Workbench, number: int) -> Any:
        asked = ScanFilter(without=(number,), **chosen)
        reader = reservations.Reader(WHO, f"{order} {number}")
        return reservations.hand_out(
            workbench, reader, queue=queues.passing(workbench, order, asked, order)
        )

    return act


def _progress(workbench: Workbench, number: int) -> None:
    """How far queues are: of all scans, of those of a plane, and of those with a label."""
    for chosen in (ScanFilter(), ScanFilter(planes=(PLANES[0],)), ScanFilter(reviewed=True)):
        queue_progress.progress(workbench, queues.passing(workbench, "all", chosen, "doubt"))


def _keep_features(workbench: Workbench, number: int) -> None:
    """Features as wide as the shipped model's, of the scans that are read next."""
    left = reservations.upcoming(workbench, [], _WITH_FEATURES)
    values = np.random.default_rng(number).normal(size=(len(left), _CHANNELS))
    with workbench.store.session() as session:
        session.execute(delete(ScanFeature).where(any_of(ScanFeature.scan_id, left)))
        session.add_all(
            ScanFeature(network="made up", scan_id=one, values=pack(row.astype(np.float32)))
            for one, row in zip(left, values, strict=True)
        )


def _label_one(workbench: Workbench, number: int) -> Any:
    return review.label(workbench, 11 + 20 * number, "brain", WHO, seen=None)


def _one_scan(workbench: Workbench, number: int) -> Any:
    place = random.Random(number).randint(1, _newest(workbench))
    return scans.scan(workbench, place), history.history(workbench, place)


def _near(workbench: Workbench, number: int) -> Any:
    bits = np.random.default_rng(number).bytes(32).hex()
    return workbench.fingerprints.near(from_texts([bits])[0], 8)


def _look_alikes(workbench: Workbench, number: int) -> Any:
    count = decisions.count_pairs(workbench, settled=False)
    pairs = decisions.list_pairs(workbench, settled=False, skip=5 * number, most=5)
    return count, decisions.show(workbench, pairs)


def _erasure(workbench: Workbench, number: int) -> Any:
    return erasure.outlook(workbench, _patient(workbench, number))


def _patient(workbench: Workbench, number: int) -> str:
    with workbench.store.reading() as session:
        return session.scalars(
            select(ScanRow.patient_id).where(ScanRow.id >= 1 + 100 * number).limit(1)
        ).one()


def _versions(workbench: Workbench, number: int) -> Any:
    return (
        promotion.versions(workbench),
        promotion.promotions(workbench),
        promotion.locked_mark(workbench),
    )


def _runs(workbench: Workbench, number: int) -> Any:
    return service.runs(workbench)


def _side_by_side(workbench: Workbench, number: int) -> Any:
    ended = compare_runs.comparable(service.runs(workbench))[:4]
    picked = service.add_curves(workbench, ended)
    return run_accuracies.tested_before(workbench, picked)


def _measure_runs(workbench: Workbench, number: int) -> Any:
    picked = compare_runs.comparable(service.runs(workbench))[:4]
    measured = run_accuracies.tested(workbench, picked)
    return measured, compare_runs.learnt_from(workbench, *picked[:2])


def _compare(workbench: Workbench, number: int) -> Any:
    return promotion.compare(workbench, 2, 3)


def _scores(workbench: Workbench, number: int) -> Any:
    return promotion.scores(workbench)


def _start(workbench: Workbench, number: int) -> Any:
    return service.start(workbench, WHO)


def _stop(workbench: Workbench, number: int) -> None:
    for run in service.active(workbench):
        service.cancel(workbench, run.id, WHO)


def _erase(workbench: Workbench, number: int) -> Any:
    _stop(workbench, number)
    return erasure.erase(workbench, _patient(workbench, 2), WHO)


def _export(workbench: Workbench, number: int) -> int:
    """As the app sends it: part by part, none of which is kept."""
    return sum(len(part) for part in exports.stream_labels(workbench, None, WHO))


def _renew_key(workbench: Workbench, number: int) -> Any:
    _stop(workbench, number)
    return pseudonym_key.rotate(workbench, WHO)


CALLS = (
    Call("Dataset: count", lambda bench, _: scans.count(bench)),
    Call("Dataset: first page of pictures", _page(0.0)),
    Call("Dataset: middle page of pictures", _page(0.5)),
    Call("Dataset: last page of pictures", _page(1.0)),
    Call("Dataset: labelled, model disagrees", _chosen(reviewed=True, agreement=False)),
    Call("Dataset: one plane", _chosen(planes=("femur",))),
    Call("Dataset: not labelled, doubtful", _chosen(reviewed=False, doubts=("check",))),
    Call(
        "Dataset: table of 5,000",
        lambda bench, _: scan_table.table(bench, ScanFilter(limit=ROWS)),
    ),
    Call("Dataset: counts of planes", lambda bench, _: scan_table.counts_per_plane(bench)),
    Call("Dataset: counts of patients", lambda bench, _: scan_table.counts_per_patient(bench)),
    Call("Dataset: look-alikes to decide", lambda bench, _: decisions.undecided(bench)),
    Call("Dataset: page of look-alikes", _look_alikes),
    Call("Scans: near-duplicates of one", _near),
    Call("Scan: one, with its history", _one_scan),
    Call("Review: next scan", _next_scan, before=_label_next),
    Call(
        "Review: next scan, doubtful and unlike",
        _next_by("diversity", reviewed=False),
        before=_keep_features,
    ),
    *(
        Call(f"Review: next scan of a filter, {order}", _next_by(order, **_OF_A_FILTER))
        for order in get_args(queues.ReadingOrder)
    ),
    Call(
        "Review: next labelled scan, disagreement",
        _next_by("disagreement", reviewed=True, agreement=False),
    ),
    Call("Review: how far three queues are", _progress),
    Call("Review: a label", _label_one),
    Call("Review: scans left", lambda bench, _: review.remaining(bench)),
    Call(
        "Review: done today",
        lambda bench, _: (history.today(bench, most=DONE), history.count_today(bench)),
    ),
    Call("Review: labels replaced", lambda bench, _: conflicts.untold(bench, WHO)),
    Call("Train: outlook", lambda bench, _: service.outlook(bench), before=_label_next),
    Call("Train: trainings before", _runs),
    Call("Train: trainings side by side", _side_by_side),
    Call("Train: their measuring, beside the page", _measure_runs, once=True),
    Call("Models: versions", _versions),
    Call("Models: taking stock, beside the page", lambda bench, _: test_set.take_stock(bench)),
    Call(
        "Models: comparison, beside the page",
        lambda bench, _: promotion.compare(bench, 2, 3),
        once=True,
    ),
    Call(
        "Models: every version, beside the page",
        lambda bench, _: promotion.scores(bench),
        once=True,
    ),
    Call("Erasure: what would go", _erasure),
    Call("Export: labels", _export, once=True),
    Call("Train: start", _start, once=True),
    Call("Erasure: a patient", _erase, once=True),
    Call("Key: renewal", _renew_key, once=True, named=True),
)
"""In the order of the pages; what changes most comes last."""
