"""Labels and notes: given, listed and taken back."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from fetal.api.callers import Labeller, Reader
from fetal.api.once_only import Key, once
from fetal.api.problems import documented
from fetal.api.records.label_records import (
    AnnotationRecord,
    Given,
    History,
    NewLabel,
    NewNote,
    Replaced,
)
from fetal.api.records.shared_records import MOST_NUMBER
from fetal.api.routes.scan_routes import ScanNumber
from fetal.workbench.annotations import review
from fetal.workbench.annotations.history import history
from fetal.workbench.catalogue import scans

router = APIRouter(tags=["labels"], responses=documented(404, 409))

_Number = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="The label's or note's number")]


@router.get("/scans/{scan_id}/annotations")
def listed(caller: Reader, scan_id: ScanNumber) -> History:
    """List all that was said of a scan, the newest first; what was taken back too."""
    scans.scan(caller.workbench, scan_id)
    found = history(caller.workbench, scan_id)
    return History(items=[AnnotationRecord.model_validate(one) for one in found])


@router.post("/scans/{scan_id}/annotations", response_model=Given, status_code=201)
def label(caller: Labeller, scan_id: ScanNumber, new: NewLabel, key: Key = None) -> Response:
    """Label a scan: accept the model's opinion or correct it.

    With `seen`, the answer tells whether another person's label came in between.
    """

    def give() -> Given:
        if "seen" not in new.model_fields_set:
            number = review.annotate(caller.workbench, scan_id, new.label, caller.name, new.note)
            return Given(annotation_id=number, scan_id=scan_id, replaced=None)
        kept = review.label(
            caller.workbench, scan_id, new.label, caller.name, new.note, seen=new.seen
        )
        replaced = Replaced.model_validate(kept.conflict) if kept.conflict else None
        return Given(annotation_id=kept.annotation_id, scan_id=scan_id, replaced=replaced)

    asked = (f"POST /scans/{scan_id}/annotations", new.model_dump_json().encode())
    return once(caller, key, asked, give, 201)


@router.post("/scans/{scan_id}/notes", response_model=Given, status_code=201)
def note(caller: Labeller, scan_id: ScanNumber, new: NewNote, key: Key = None) -> Response:
    """Leave a note on a scan; its label stays."""

    def leave() -> Given:
        number = review.note(caller.workbench, scan_id, new.note, caller.name)
        return Given(annotation_id=number, scan_id=scan_id, replaced=None)

    asked = (f"POST /scans/{scan_id}/notes", new.model_dump_json().encode())
    return once(caller, key, asked, leave, 201)


@router.post("/annotations/{annotation_id}/undo", response_model=Given, status_code=201)
def undo(caller: Labeller, annotation_id: _Number, key: Key = None) -> Response:
    """Take back a label or note of one's own; it stays in the scan's history."""

    def take_back() -> Given:
        gone = review.undo_one(caller.workbench, annotation_id, caller.name)
        return Given(annotation_id=gone.undo_id, scan_id=gone.scan_id, replaced=None)

    return once(caller, key, (f"POST /annotations/{annotation_id}/undo", b""), take_back, 201)
