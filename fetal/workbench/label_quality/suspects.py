"""The list of likely mistakes as people work through it: the model's word or the person's."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.planes import Plane
from fetal.splits import TEST
from fetal.store.labelling.labelling_tables import ListedScan
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Patient, ScanRow
from fetal.workbench.annotations.review import Labelled, label
from fetal.workbench.catalogue.scans import ScanView, views
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


@dataclass(frozen=True)
class Suspect:
    """A label that may be wrong.

    Attributes:
        scan: the scan as it is now.
        place: its place on the list; 0 is the most doubtful.
        label: the label that was judged.
        opinion: what a head says that has not seen the patient.
        probability: of that plane, 0 to 1.
        quality: of the label, 0 to 1: the lower, the more likely it is wrong.
        held_out: whether the scan is locked away for testing, where comparisons rest on its label.
        settled: whether somebody labelled the scan anew since the check, the same or otherwise.
    """

    scan: ScanView
    place: int
    label: Plane
    opinion: Plane
    probability: float
    quality: float
    held_out: bool
    settled: bool


def suspects(workbench: Workbench, check_id: int, skip: int = 0, most: int = 50) -> list[Suspect]:
    """List likely mistakes by their places, so that a list stays as it is while people work on it.

    Args:
        workbench: the workbench.
        check_id: the check that listed them.
        skip: how many to leave out at the start.
        most: how many to return.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        places = select(ListedScan.scan_id).where(ListedScan.check_id == check_id)
        numbers = session.scalars(places.order_by(ListedScan.place).offset(skip).limit(most))
        return _read(session, check_id, list(numbers))


def count_suspects(workbench: Workbench, check_id: int) -> int:
    """Count the scans that a check listed, those that were erased since not among them."""
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        query = select(func.count()).select_from(ListedScan)
        return session.scalar(query.where(ListedScan.check_id == check_id)) or 0


def waiting_scans(workbench: Workbench, check_id: int) -> list[int]:
    """Return the scans of a list whose labels nobody gave anew since, the most doubtful first.

    Args:
        workbench: the workbench.
        check_id: the check that listed them.

    Returns:
        Their numbers, as a queue takes them.
    """
    workbench.permit(Permission.SEE)
    same = ScanState.label_id.is_not_distinct_from(ListedScan.label_id)
    with workbench.store.reading() as session:
        return list(
            session.scalars(
                select(ListedScan.scan_id)
                .join(ScanState, ScanState.scan_id == ListedScan.scan_id)
                .where(ListedScan.check_id == check_id, same)
                .order_by(ListedScan.place)
            )
        )


@dataclass(frozen=True)
class OrderedScan:
    """A scan at its place in the order of what to label next.

    Attributes:
        name: what people call it.
        opinion: what a head says that was fitted to all labels.
        probability: of that plane, 0 to 1.
    """

    name: str
    opinion: Plane
    probability: float


def listed_scans(workbench: Workbench, check_id: int) -> list[OrderedScan]:
    """Return all scans that a check put into order, the first to be labelled first.

    Args:
        workbench: the workbench.
        check_id: the check.
    """
    workbench.permit(Permission.SEE)
    query = (
        select(ScanRow.name, ListedScan.opinion, ListedScan.probability)
        .join(ScanRow, ScanRow.id == ListedScan.scan_id)
        .where(ListedScan.check_id == check_id)
        .order_by(ListedScan.place)
    )
    with workbench.store.reading() as session:
        return [OrderedScan(row[0], Plane(row[1]), row[2]) for row in session.execute(query)]


def settle(workbench: Workbench, suspect: Suspect, word: Plane, who: str) -> Labelled:
    """Give a doubted scan the model's word or the person's own, as a label of its own.

    To keep the label is a label too: who looked, and when, stays in the scan's history, and the
    next check does not list it again. Both can be undone like every label.

    Args:
        workbench: the workbench.
        suspect: the label that may be wrong, as the person saw it.
        word: the plane that the scan shows.
        who: the person.

    Raises:
        NotPermittedError: the person may not label.
        UnknownScanError: the scan was erased meanwhile.
    """
    return label(workbench, suspect.scan.id, word.value, who, seen=suspect.scan.label_id)


def _read(session: Session, check_id: int, numbers: list[int]) -> list[Suspect]:
    rows = {
        row.scan_id: row
        for row in session.scalars(
            select(ListedScan).where(
                ListedScan.check_id == check_id, ListedScan.scan_id.in_(numbers)
            )
        )
    }
    seen = views(session, numbers)
    held_out = set(
        session.scalars(
            select(Patient.id).where(
                Patient.id.in_({scan.patient for scan in seen}), Patient.split == TEST
            )
        )
    )
    return [
        Suspect(
            scan=scan,
            place=rows[scan.id].place,
            label=Plane(rows[scan.id].label or ""),
            opinion=Plane(rows[scan.id].opinion),
            probability=rows[scan.id].probability,
            quality=rows[scan.id].quality,
            held_out=scan.patient in held_out,
            settled=scan.label_id != rows[scan.id].label_id,
        )
        for scan in seen
    ]
