"""Keeps, per process and queue, which doubtful scans come next so that each is unlike the others.

Of the most doubtful scans that wait, found by index, some are put into order by their kept
features; when they are nearly used up, the next are. What is kept names the filter and not a row,
and is dropped when something is erased, another model is promoted or features are computed.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.metrics.labelling.diverse_order import diverse_order
from fetal.store.bulk import any_of
from fetal.store.labelling.labelling_tables import LabelCheck
from fetal.store.state.state_tables import ScanState
from fetal.store.states import AnnotationKind, RunState
from fetal.store.tables import Annotation, Promotion
from fetal.workbench.catalogue.filter_text import to_text
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.core.fingerprint_index import FingerprintIndex
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.label_quality.stored_features import features_of, widest_network
from fetal.workbench.reading_queues.first_waiting import database_now, first_waiting, waiting_among
from fetal.workbench.reading_queues.queues import Queue

Floats = NDArray[np.floating]

MOST_DOUBTFUL = 256
"""Among so many of the most doubtful scans the next ones are chosen."""

CHOSEN_AT_ONCE = 64
"""So many of them are put into order; what is doubtful beside them gets its turn after those."""

_NEARLY_USED_UP = 16
"""With fewer than so many left, the next ones are chosen: readers look some scans ahead."""

READ_LAST = 64
"""So many scans that were labelled last count as read: what comes next is unlike these."""

_QUEUES_KEPT = 32
_State = tuple[int, int, int]
_LABELS = (AnnotationKind.ACCEPT, AnnotationKind.CORRECT, AnnotationKind.LABEL)


@dataclass(frozen=True)
class Ahead:
    """The scans of a queue that come next, each unlike those before it.

    Attributes:
        scans: their numbers, in order.
        compared: among how many doubtful scans they were chosen.
        without_features: how many of these no network has looked at: they come by doubt alone.
        every: whether the queue had no further scan.
        state: what it rests on: erasures, the newest promotion, and the newest check of labels,
            which computes features.
    """

    scans: tuple[int, ...]
    compared: int
    without_features: int
    every: bool
    state: _State


class _Kept:
    """What one process keeps of its queues."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.by_queue: OrderedDict[tuple[str, int], Ahead] = OrderedDict()


def diverse_ahead(workbench: Workbench, queue: Queue | None) -> Sequence[int]:
    """Return the scans that come next in a queue that looks for diversity.

    Args:
        workbench: the workbench.
        queue: the queue.

    Returns:
        Their numbers, in order, some of which may be read or held by now; none for other orders.
    """
    found = look_ahead(workbench, queue)
    return found.scans if found is not None else ()


def look_ahead(workbench: Workbench, queue: Queue | None) -> Ahead | None:
    """Return what is kept of a queue that looks for diversity, made anew where it is used up.

    Args:
        workbench: the workbench.
        queue: the queue.

    Returns:
        It; None for other orders.
    """
    if queue is None or queue.order != "diversity" or queue.as_listed:
        return None
    kept = _kept(workbench)
    name = (to_text(queue.chosen), queue.mark)
    with kept.turn:
        before = kept.by_queue.get(name)
        with workbench.store.reading() as session:
            state = _state(session)
            if before is not None and before.state == state and _lasts(session, queue, before):
                kept.by_queue.move_to_end(name)
                return before
        found = _chosen(workbench, queue, state)
        kept.by_queue[name] = found
        if len(kept.by_queue) > _QUEUES_KEPT:
            kept.by_queue.popitem(last=False)
        return found


def _lasts(session: Session, queue: Queue, before: Ahead) -> bool:
    """Whether enough scans are left of what was put into order."""
    left = waiting_among(session, queue, before.scans, (), database_now(session))
    return len(left) >= (1 if before.every else _NEARLY_USED_UP)


def _chosen(workbench: Workbench, queue: Queue, state: _State) -> Ahead:
    with workbench.store.reading() as session:
        by_doubt = replace(queue, order="doubt")
        pool = first_waiting(session, by_doubt, (), database_now(session), MOST_DOUBTFUL)
        if not pool:
            return Ahead((), 0, 0, every=True, state=state)
        every = len(pool) < MOST_DOUBTFUL
        doubts = _doubts(session, pool)
        known, features, read = _features(session, pool)
    most = len(pool) if every else CHOSEN_AT_ONCE
    order = diverse_order(features, doubts, known, read, most)
    missing = len(pool) - int(known.sum())
    return Ahead(tuple(pool[row] for row in order.tolist()), len(pool), missing, every, state)


def _features(session: Session, pool: Sequence[int]) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which scans have features, (n,), these, (n, c), and those of the scans read last, (m, c)."""
    known = np.zeros(len(pool), np.bool_)
    nothing = np.zeros((len(pool), 1), np.float32)
    network = widest_network(session, pool)
    if network is None:
        return known, nothing, nothing[:0]
    there, features = features_of(session, network, pool)
    known = np.isin(np.asarray(pool), there)
    every = np.zeros((len(pool), features.shape[1]), np.float32)
    every[known] = features
    _, read = features_of(session, network, _read_last(session))
    return known, every, read if len(read) else every[:0]


def _doubts(session: Session, pool: Sequence[int]) -> Floats:
    """The doubt of each scan, (n,): 1 of what the model does not know, 0 of what it has not seen.

    What no model has seen comes last in the order by doubt, too.
    """
    rows = session.execute(
        select(ScanState.scan_id, ScanState.reading_order).where(any_of(ScanState.scan_id, pool))
    )
    orders = {row[0]: row[1] for row in rows}
    doubts: Floats = np.clip(1 - np.array([orders[number] for number in pool]), 0, 1)
    return doubts


def _read_last(session: Session) -> list[int]:
    """The scans that were labelled last, by anybody."""
    query = (
        select(Annotation.scan_id)
        .where(Annotation.kind.in_(_LABELS))
        .order_by(Annotation.id.desc())
        .limit(READ_LAST)
    )
    return list(dict.fromkeys(session.scalars(query)))


def _state(session: Session) -> _State:
    promotion = session.scalar(select(func.max(Promotion.id)))
    done = LabelCheck.status == RunState.DONE
    check = session.scalar(select(func.max(LabelCheck.id)).where(done))
    return count_erasures(session), promotion or 0, check or 0


def _kept(workbench: Workbench) -> _Kept:
    with _OPENING:
        # The workbench is another object in each person's hands; this part of it is the same.
        return _KEPT.setdefault(workbench.fingerprints, _Kept())


_KEPT: WeakKeyDictionary[FingerprintIndex, _Kept] = WeakKeyDictionary()
_OPENING = threading.Lock()
