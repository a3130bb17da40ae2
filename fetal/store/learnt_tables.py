"""The tables of which stored scans each model has learnt from; all follows from training lists."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import Table


class LearntScan(Table):
    """A stored scan that a model has learnt from, and none of the models that it came from."""

    __tablename__ = "learnt_scan"
    __table_args__ = (Index("learnt_scan_of_model", "model_id", "scan_id"),)
    scan_id: Mapped[int] = mapped_column(
        ForeignKey("scan.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    model_id: Mapped[int] = mapped_column(
        ForeignKey("model_version.id"), primary_key=True, autoincrement=False
    )


class LearntMark(Table):
    """Up to which rows the stored scans were held against a model's training list."""

    __tablename__ = "learnt_mark"
    model_id: Mapped[int] = mapped_column(
        ForeignKey("model_version.id"), primary_key=True, autoincrement=False
    )
    scan_id: Mapped[int]
    fingerprint_id: Mapped[int]
    listing: Mapped[str] = mapped_column(String(64))
    """Of a model that came with the program: which of the program's lists counted besides."""
