"""Stored scans: lists, single ones, their pictures, and what the model sees on them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime
from starlette.responses import Response

from fetal.api.callers import Reader
from fetal.api.problems import PNG, documented
from fetal.api.records.scan_records import (
    Doubt,
    Heat,
    Label,
    PlaneSetRecord,
    PredictionRecord,
    Scan,
    SecondOpinionRecord,
    Source,
)
from fetal.api.records.shared_records import MOST_NUMBER
from fetal.planes import PLANES
from fetal.predict import KeptHeat
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.query import ScanFilter
from fetal.workbench.catalogue.stored_pixels import stored_picture

router = APIRouter(tags=["scans"], responses=documented(404, 409))

ScanNumber = Annotated[int, Path(ge=1, le=MOST_NUMBER, description="The scan's number")]


def chosen_scans(
    plane: Annotated[
        list[Label] | None, Query(description="The label, or the opinion where there is none")
    ] = None,
    source: Annotated[list[Source] | None, Query()] = None,
    doubt: Annotated[list[Doubt] | None, Query()] = None,
    labelled: bool | None = None,
    agreement: Annotated[
        bool | None, Query(description="Whether model and person say the same")
    ] = None,
    since: Annotated[AwareDatetime | None, Query(description="Added then or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Added then or before")] = None,
) -> ScanFilter:
    """Return which scans the query of a request chooses."""
    return ScanFilter(
        planes=tuple(plane or ()),
        sources=tuple(source or ()),
        doubts=tuple(doubt or ()),
        reviewed=labelled,
        agreement=agreement,
        since=_moment(since),
        until=_moment(until),
    )


def _moment(given: datetime | None) -> datetime | None:
    """A moment that the database can compare with: the first and last years have no UTC."""
    if given is None:
        return None
    low, high = (datetime(year, 1, 1, tzinfo=given.tzinfo) for year in (2, 9998))
    return min(max(given, low), high)


@router.get("/scans/{scan_id}")
def one(caller: Reader, scan_id: ScanNumber) -> Scan:
    """Return a stored scan with its label and the model's opinion."""
    return Scan.model_validate(scans.scan(caller.workbench, scan_id))


@router.get("/scans/{scan_id}/picture", response_class=Response, responses=PNG)
def picture(caller: Reader, scan_id: ScanNumber) -> Response:
    """Return a scan's picture as it is stored: PNG, grey, blank outside the ultrasound."""
    return Response(stored_picture(caller.workbench, scan_id), media_type="image/png")


@router.get("/scans/{scan_id}/prediction")
def prediction(caller: Reader, scan_id: ScanNumber) -> PredictionRecord:
    """Return what the model that predicts now says of a scan, with its heat map as numbers."""
    said = scans.explanation(caller.workbench, scan_id)
    framing = KeptHeat.of(said)
    cells = {
        plane: [[round(float(value), 3) for value in row] for row in said.heat[place]]
        for place, plane in enumerate(PLANES)
    }
    sets, second = said.plane_set, said.second_opinion
    return PredictionRecord(
        scan_id=scan_id,
        model=caller.workbench.champion().version.name,
        plane=said.plane,
        probabilities=said.probabilities,
        confidence=said.confidence,
        doubt=said.doubt.value,
        words=said.words,
        unfamiliarity=said.unfamiliarity,
        plane_set=PlaneSetRecord.model_validate(sets) if sets else None,
        second_opinion=SecondOpinionRecord.model_validate(second) if second else None,
        heat=Heat(left=framing.left, top=framing.top, side=framing.side, cells=cells),
    )
