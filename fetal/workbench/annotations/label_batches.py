"""Labels for many scans at once, and their undo: all rows of it carry one batch."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from fetal.store.state.state_tables import ScanState
from fetal.store.states import AnnotationKind
from fetal.store.tables import Annotation
from fetal.workbench.annotations.label_rows import add_label, checked_label
from fetal.workbench.annotations.undoing import take_back
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

MOST = 500
"""Scans in one batch at the most: a person has to look at all of them."""


class BatchError(ValueError):
    """Labels that cannot be given, or taken back, at once."""


@dataclass(frozen=True)
class Batch:
    """What became of one label for many scans.

    Attributes:
        id: its batch, to take it back with; empty where no scan was labelled.
        labelled: the scans that have the label now.
        left_out: scans that were left as they are: labelled anew since they were shown, erased,
            or without an opinion to accept.
    """

    id: str
    labelled: tuple[int, ...]
    left_out: tuple[int, ...]


def label_many(
    workbench: Workbench,
    seen: Mapping[int, int | None],
    label: str | None,
    who: str,
    *,
    queue_id: int | None = None,
) -> Batch:
    """Give many scans one label, or each the plane that the model names; all or none is kept.

    Args:
        workbench: the workbench.
        seen: the scans, each with `ScanView.label_id` of what the person saw. A scan whose label
            is another one by now is left out.
        label: a plane as people write it, or `unusable`. If None, the model's opinion.
        who: the person.
        queue_id: the reading queue in which it is given, if any.

    Returns:
        What became of it.

    Raises:
        BatchError: no scan, or more than 500.
        UnknownPlaneError: the label is neither a plane nor `unusable`.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, who)
    if not 0 < len(seen) <= MOST:
        raise BatchError(f"Choose 1 to {MOST} scans to label at once, not {len(seen):,}.")
    given = checked_label(label) if label is not None else None
    batch = secrets.token_hex(8)
    labelled, left_out = [], []
    with workbench.store.session() as session:
        for number, label_id in seen.items():
            state = session.get(ScanState, number)
            value = (given or state.opinion) if state is not None else None
            if state is None or value is None or state.label_id != label_id:
                left_out.append(number)
                continue
            add_label(session, number, value, who, queue_id=queue_id, batch_id=batch)
            labelled.append(number)
    return Batch(batch if labelled else "", tuple(labelled), tuple(left_out))


def undo_batch(workbench: Workbench, batch_id: str, who: str) -> tuple[int, ...]:
    """Take back one label for many scans; what was done with each of them since then stays.

    Args:
        workbench: the workbench.
        batch_id: the batch.
        who: the person who gave it.

    Returns:
        The scans whose label was taken back.

    Raises:
        BatchError: the person has no such batch, or all of it is taken back already.
        NotPermittedError: the person may not label.
    """
    who = workbench.permit(Permission.LABEL, who)
    with workbench.store.session() as session:
        found = take_back_batch(session, batch_id, who)
    if not found:
        raise BatchError("This is undone already; reload the page to see what was done.")
    return found


def take_back_batch(
    session: Session, batch_id: str, who: str, without: Collection[int] = ()
) -> tuple[int, ...]:
    """Take back what still stands of a batch, in a transaction.

    Args:
        session: the transaction.
        batch_id: the batch.
        who: the person who gave it.
        without: annotations to leave as they are.

    Returns:
        The scans whose label was taken back.
    """
    later = aliased(Annotation)
    query = (
        select(Annotation.id)
        .where(
            Annotation.batch_id == batch_id,
            Annotation.who == who,
            Annotation.kind != AnnotationKind.UNDO,
            ~select(later.id).where(later.undoes_id == Annotation.id).exists(),
        )
        .order_by(Annotation.id)
    )
    numbers = [one for one in session.scalars(query) if one not in without]
    return tuple(take_back(session, one, who).scan_id for one in numbers)
