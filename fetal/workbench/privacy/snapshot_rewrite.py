"""Changes in the frozen lists of trainings, where the law or a new key asks for them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.blobs import BlobDamagedError, BlobMissingError, Blobs
from fetal.store.contents import (
    EXAMPLES,
    HELD_OUT,
    put_snapshot,
    snapshot_digest,
    snapshot_entries,
)
from fetal.store.database import Store
from fetal.store.tables import Run

Change = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Gives a scan's entry anew, or none where it is to go."""

Rewritten = Mapping[str, str]
"""The keys of lists that were written anew, by the keys of the old ones."""


class TrainingGoesOnError(RuntimeError):
    """A training waits or works with what was to be changed."""


def require_no_training(session: Session) -> None:
    """Refuse while a training waits or works.

    Args:
        session: the transaction; no training can begin before it ends.

    Raises:
        TrainingGoesOnError: one does.
    """
    if session.scalar(select(Run.id).where(Run.slot.is_not(None)).limit(1)) is not None:
        raise TrainingGoesOnError(
            "A training goes on and holds a list of patients. Wait until it has ended, or cancel "
            "it on the Train page, and try again."
        )


def prepare_rewriting(store: Store, change: Change) -> Rewritten:
    """Write the lists of all trainings anew where a change changes them, before anybody waits.

    Args:
        store: the workspace's store.
        change: what becomes of each entry.

    Returns:
        What `rewrite_snapshots` needs. New lists are swept if they are never named.
    """
    with store.reading() as session:
        keys = set(session.scalars(select(Run.snapshot).where(Run.snapshot != "")))
    return {key: _rewritten(store.blobs, key, change) for key in keys}


def rewrite_snapshots(
    session: Session, blobs: Blobs, change: Change, prepared: Rewritten | None = None
) -> None:
    """Have all trainings name lists in which a change is made.

    The old lists stay until `sweep_snapshots`, so that nothing is lost when the transaction fails.

    Args:
        session: the transaction.
        blobs: the files.
        change: what becomes of each entry.
        prepared: what `prepare_rewriting` returned for the same change. If None, or where a list
            is not among them, it is written in the transaction, while others wait.
    """
    written = {key: renewed for key, renewed in (prepared or {}).items() if blobs.exists(renewed)}
    for run in session.scalars(select(Run).where(Run.snapshot != "")):
        if run.snapshot not in written:
            written[run.snapshot] = _rewritten(blobs, run.snapshot, change)
        if written[run.snapshot] != run.snapshot:
            run.snapshot = written[run.snapshot]
            run.snapshot_counts = {**run.snapshot_counts, "digest": snapshot_digest(run.snapshot)}


def sweep_snapshots(store: Store) -> None:
    """Delete the lists that no training names any more.

    Args:
        store: the workspace's store.
    """
    found = list(store.blobs.keys("snapshots"))
    with store.session() as session:
        named = set(session.scalars(select(Run.snapshot)))
        for key in found:
            if key not in named:
                # In the transaction, in which nobody can come to name it.
                store.blobs.delete(key)


def _rewritten(blobs: Blobs, key: str, change: Change) -> str:
    entries = snapshot_entries(blobs, key, EXAMPLES, HELD_OUT)
    changed = ((part, change(entry)) for part, entry in entries)
    try:
        return put_snapshot(blobs, ((part, entry) for part, entry in changed if entry is not None))
    except BlobMissingError:
        # What is gone needs no change.
        return key
    except BlobDamagedError:
        # It cannot be read, and what is to go may still stand in it.
        blobs.delete(key)
        return key
