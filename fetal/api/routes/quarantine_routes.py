"""Scans that wait, since a name may be left on them: looked at, kept or left out."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import Response

from fetal.api.callers import Sender
from fetal.api.problems import PNG, documented
from fetal.api.records.scan_records import TakenFile, Waiting, WaitingScans
from fetal.api.records.shared_records import MOST_NUMBER
from fetal.scans import encode_png
from fetal.workbench.ingest import quarantine_decisions

router = APIRouter(tags=["quarantine"], responses=documented(404, 409))

_Number = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="The number under which it waits")]


@router.get("/quarantine")
def listed(caller: Sender) -> WaitingScans:
    """List the scans that wait for whoever asks. They are in memory, and gone when the app ends."""
    found = caller.quarantine().of(caller.person).items()
    return WaitingScans(
        items=[
            Waiting(
                number=number,
                file=held.file,
                reason=held.reason,
                width=held.scan.pixels.shape[1],
                height=held.scan.pixels.shape[0],
            )
            for number, held in found
        ]
    )


@router.get("/quarantine/{number}/picture", response_class=Response, responses=PNG)
def picture(caller: Sender, number: _Number) -> Response:
    """Return the picture as it would be stored: look whether a name is left on it."""
    held = caller.quarantine().of(caller.person).get(number)
    if held is None:
        raise _gone(number)
    return Response(encode_png(held.scan.pixels), media_type="image/png")


@router.post("/quarantine/{number}/keep")
def keep(caller: Sender, number: _Number) -> TakenFile:
    """Store a scan as it is: somebody has looked, and no name is left on it.

    What has to be blanked first is sent to the Scans page instead.
    """
    place = caller.quarantine()
    waits = number in place.of(caller.person)
    taken = (
        quarantine_decisions.keep(caller.workbench, place, number, caller.name) if waits else None
    )
    if taken is None:
        raise _gone(number)
    return TakenFile.model_validate(taken)


@router.post("/quarantine/{number}/leave-out")
def leave_out(caller: Sender, number: _Number) -> TakenFile:
    """Let go of a scan; nothing of it is stored."""
    place = caller.quarantine()
    mine = [number] if number in place.of(caller.person) else []
    taken = quarantine_decisions.leave_out(caller.workbench, place, mine, caller.name)
    if number not in taken:
        raise _gone(number)
    return TakenFile.model_validate(taken[number])


def _gone(number: int) -> HTTPException:
    return HTTPException(
        404,
        f"Expected the number of a scan that waits for you, received {number}. List them with "
        "GET /quarantine; it may be decided on already, or the app was started again.",
    )
