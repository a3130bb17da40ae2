"""Stored scans that a model could not predict, as a batch job sets them aside."""

from collections.abc import Sequence

from sqlalchemy import select

from fetal.jobs.batches.batch_lease import MOST_REFUSALS, BatchLease
from fetal.store.bulk import batches
from fetal.store.tables import ScanRow

DAMAGED = "The scan’s picture is missing or damaged."

_AT_ONCE = 500


def set_scans_aside(lease: BatchLease, names: Sequence[str]) -> None:
    """Set aside the scans whose pictures are missing or damaged.

    Args:
        lease: the right to do the batch job.
        names: the scans' names.
    """
    for some in batches(names[:MOST_REFUSALS], _AT_ONCE):
        with lease.store.reading() as session:
            numbers = session.scalars(select(ScanRow.id).where(ScanRow.name.in_(some))).all()
        for number in numbers:
            lease.set_aside(number, DAMAGED, number)
