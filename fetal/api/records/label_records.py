"""Records of labels, notes and what was taken back."""

from datetime import datetime

from pydantic import Field

from fetal.api.records.scan_records import Label
from fetal.api.records.shared_records import Asked, Record, RowNumber

LONGEST_NOTE = 2000


class NewLabel(Asked):
    """A label for a scan: the model's own plane accepts its opinion, another one corrects it."""

    label: Label
    note: str = Field(default="", max_length=LONGEST_NOTE)
    seen: RowNumber | None = Field(
        default=None,
        description="`label_id` of the scan as it was seen, or null where it had no label. Left "
        "out, another person's label is replaced without a word",
    )


class NewNote(Asked):
    """A note on a scan, in place of the one that is there; empty takes it away."""

    note: str = Field(max_length=LONGEST_NOTE)


class Replaced(Record):
    """Another person's label that was replaced unseen; it stays in the scan's history."""

    before: str | None
    before_who: str


class Given(Record):
    """A label, note or undo that was kept."""

    annotation_id: int = Field(description="Its number, to take it back with")
    scan_id: int
    replaced: Replaced | None


class AnnotationRecord(Record):
    """One label or note of a scan's history."""

    annotation_id: int
    at: datetime
    scan_id: int
    label: Label | None
    kind: str = Field(description="accept, correct, label, import or note")
    who: str
    note: str
    given_by: str | None
    given_at: datetime | None
    undone: bool
    undone_by: str | None
    undone_at: datetime | None
    overrides: str | None


class History(Record):
    """All that was said of a scan, the newest first."""

    items: list[AnnotationRecord]
