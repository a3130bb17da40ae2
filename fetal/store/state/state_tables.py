"""The tables of what is true of each scan now; every row can be derived again from the others."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import Table, partial_index


class ScanState(Table):
    """One scan as lists show it: its label, the opinion on it, and who looks at it.

    Nobody writes here but the triggers of `fetal.store.state.state_triggers`, in the transaction
    of the event that changes it. A patient's split is not here: giving one to a patient would
    change a row for each of the patient's scans.
    """

    __tablename__ = "scan_state"
    __table_args__ = (
        Index("scan_state_list", "cell", "added_at", "scan_id", "patient_id"),
        Index("scan_state_newest", "added_at", "scan_id"),
        partial_index("scan_state_to_read", "reading_order", "scan_id", where="label IS NULL"),
        Index("scan_state_reading", "cell", "reading_order", "scan_id"),
        Index("scan_state_labels", "cell", "label_id"),
    )
    scan_id: Mapped[int] = mapped_column(
        ForeignKey("scan.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    patient_id: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(12))
    added_at: Mapped[datetime]
    label: Mapped[str | None] = mapped_column(String(12))
    """A plane, `unusable`, or none."""
    label_id: Mapped[int | None]
    """The annotation whose label stands."""
    label_kind: Mapped[str | None] = mapped_column(String(12))
    """accept, correct, label or import."""
    labelled_by: Mapped[str | None] = mapped_column(String(80))
    """Who gave the label; of an imported one, whom the table names."""
    labelled_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(2000))
    prediction_id: Mapped[int | None]
    """The opinion: of the models that predicted the scan, the one that was promoted last."""
    model_id: Mapped[int | None]
    opinion: Mapped[str | None] = mapped_column(String(12))
    """The plane that the model names."""
    confidence: Mapped[float | None]
    doubt: Mapped[str | None] = mapped_column(String(12))
    reserved_by: Mapped[str | None] = mapped_column(String(80))
    reserved_until: Mapped[datetime | None]
    """A reservation that is over by now may still stand here."""
    reading_order: Mapped[float]
    """What is to be read first has the least: below 0 what the model does not know, then by its
    confidence, and 2 where no model has seen the scan."""
    cell: Mapped[str] = mapped_column(String(60))
    """Source, label, opinion and doubt, joined by `/`: what filters choose by."""


class ScanCount(Table):
    """How many scans are in each cell."""

    __tablename__ = "scan_count"
    cell: Mapped[str] = mapped_column(String(60), primary_key=True)
    scans: Mapped[int]


class PatientCount(Table):
    """How many scans each patient has."""

    __tablename__ = "patient_count"
    __table_args__ = (Index("patient_count_most", "scans", "patient_id"),)
    patient_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    scans: Mapped[int]
    labelled: Mapped[int]


class SplitCount(Table):
    """How many patients were given each split; none of a split that nobody was given."""

    __tablename__ = "split_count"
    split: Mapped[str] = mapped_column(String(12), primary_key=True)
    patients: Mapped[int]
