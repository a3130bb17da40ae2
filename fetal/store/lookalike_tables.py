"""The tables of scans that look alike."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now, partial_index


class Fingerprint(Table):
    """The perceptual hash of a scan (32 bytes), to find others that look alike.

    Every scan but a simulated one has a row, or is in `PendingComparison`.
    """

    __tablename__ = "fingerprint"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), unique=True)
    bits: Mapped[str] = mapped_column(String(64))


class PendingComparison(Table):
    """A scan that is still to be compared with those that came before it.

    An older program stored it, or a scan that may look like it arrived at the same moment, or a
    person asked that all are compared again.
    """

    __tablename__ = "pending_comparison"
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), primary_key=True)


class Lookalike(Table):
    """Two scans that show, or seem to show, the same picture.

    `rank` and `decision_id` follow from other rows and are written with them
    (`fetal.workbench.near_duplicates.ranks`), so that lists are read from an index.
    """

    __tablename__ = "lookalike"
    __table_args__ = (
        UniqueConstraint("scan_id", "other_id"),
        Index("lookalike_order", "rank", "decision_id", "similarity", "id"),
        NEVER_REUSED,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    """The one with the larger number."""
    other_id: Mapped[int] = mapped_column(ForeignKey("scan.id"), index=True)
    distance: Mapped[int]
    """Bits in which their fingerprints differ."""
    similarity: Mapped[float]
    """Correlation of their pixels at the best fit, up to 1."""
    found_at: Mapped[datetime] = mapped_column(default=now)
    rank: Mapped[int] = mapped_column(default=1, server_default="1")
    """0 would leak into the test set, 1 lies across patients, 2 within one, 3 is settled."""
    decision_id: Mapped[int] = mapped_column(default=0, server_default="0")
    """The number of the decision that stands; 0 if none does."""


class LookalikeDecision(Table):
    """What a person said of two scans that look alike; the newest row of a pair stands.

    It names the scans and not the row of the pair, so that it goes when one of them is erased.
    """

    __tablename__ = "lookalike_decision"
    __table_args__ = (
        Index("lookalike_decision_order", "scan_id", "other_id", "id"),
        Index("lookalike_decision_other", "other_id"),
        partial_index(
            "lookalike_decision_left_out", "left_out_id", where="left_out_id IS NOT NULL"
        ),
        NEVER_REUSED,
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("scan.id"))
    decision: Mapped[str] = mapped_column(String(12))
    """copy, together, different, or open where the one before was taken back."""
    left_out_id: Mapped[int | None] = mapped_column(ForeignKey("scan.id"))
    """Of a copy: which of the two takes no part any more."""
    who: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(default=now)
