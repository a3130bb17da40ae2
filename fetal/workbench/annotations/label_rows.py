"""The rows of a scan's history: which label stands, and how one is added."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.planes import parse_plane
from fetal.store.state.state_tables import ScanState
from fetal.store.states import AnnotationKind
from fetal.store.tables import UNUSABLE, Annotation
from fetal.workbench.catalogue.scans import UnknownScanError

LONGEST_NOTE = 2000

LABELS = (
    *(AnnotationKind.ACCEPT, AnnotationKind.CORRECT),
    *(AnnotationKind.LABEL, AnnotationKind.IMPORT),
)
"""The kinds of annotation that give a label."""


class NoteTooLongError(ValueError):
    """A note that does not fit."""


def add_label(
    session: Session,
    scan_id: int,
    label: str,
    who: str,
    *,
    note: str = "",
    kind: AnnotationKind | None = None,
    overrides_id: int | None = None,
    queue_id: int | None = None,
    batch_id: str | None = None,
) -> int:
    """Add a label to a transaction.

    Args:
        session: the transaction.
        scan_id: the scan.
        label: a plane's value or `unusable`.
        who: the person.
        note: a note; empty leaves the one that is there.
        kind: how the label came. If None, that follows from what the model said: `ACCEPT` if it
            said the same, `CORRECT` if it said something else, `LABEL` if it said nothing.
        overrides_id: the label that this one replaces although the person had not seen it.
        queue_id: the reading queue in which it is given.
        batch_id: what is given for many scans at once has the same one.

    Returns:
        The annotation's number.

    Raises:
        UnknownScanError: there is no such scan.
    """
    state = session.get(ScanState, scan_id, populate_existing=True)
    if state is None:
        raise UnknownScanError(f"There is no scan with the number {scan_id} in this workspace.")
    opinion = state.opinion
    kind = kind or _kind_of(label, opinion)
    row = Annotation(
        scan_id=scan_id,
        label=label,
        kind=kind,
        note=note or state.note,
        who=who,
        model_id=state.model_id,
        overrides_id=overrides_id,
        queue_id=queue_id,
        batch_id=batch_id,
    )
    session.add(row)
    session.flush()
    return row.id


def _kind_of(label: str, opinion: str | None) -> AnnotationKind:
    if opinion is None:
        return AnnotationKind.LABEL
    return AnnotationKind.ACCEPT if opinion == label else AnnotationKind.CORRECT


def newest_annotation(session: Session, scan_id: int) -> Annotation | None:
    """Return the row that tells a scan's label and note; none before anybody said anything."""
    return session.scalar(
        select(Annotation)
        .where(Annotation.scan_id == scan_id)
        .order_by(Annotation.id.desc())
        .limit(1)
    )


def label_giver(newest: Annotation | None) -> int | None:
    """Return the row whose label stands after a scan's newest row; none where none does."""
    if newest is None:
        return None
    return newest.id if newest.kind in LABELS else newest.stands_id


def checked_label(label: str, note: str = "") -> str:
    """Return a label as it is kept.

    Args:
        label: a plane as people write it, or `unusable`.
        note: the note that is left with it.

    Raises:
        UnknownPlaneError: the label is neither a plane nor `unusable`.
        NoteTooLongError: the note has more than 2000 characters.
    """
    check_note(note)
    return label if label == UNUSABLE else parse_plane(label).value


def check_note(text: str) -> None:
    """Make sure that a note fits.

    Args:
        text: the note.

    Raises:
        NoteTooLongError: it has more than 2000 characters.
    """
    if len(text) > LONGEST_NOTE:
        raise NoteTooLongError(
            f"A note has at most {LONGEST_NOTE:,} characters; this one has {len(text):,}. "
            f"Please shorten it."
        )
