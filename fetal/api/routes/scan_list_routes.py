"""The list of scans in pages, and the same list as a table of labels to take along."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from fetal.api.callers import Exporter, Reader
from fetal.api.paging import After, Limit, key_of, place_of
from fetal.api.problems import Answers, documented
from fetal.api.records.scan_records import Scan
from fetal.api.records.shared_records import Page
from fetal.api.routes.scan_routes import chosen_scans
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.exports import stream_labels
from fetal.workbench.catalogue.query import ScanFilter

router = APIRouter(responses=documented())

Chosen = Annotated[ScanFilter, Depends(chosen_scans)]
_CSV: Answers = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("/scans", tags=["scans"])
def some(
    caller: Reader,
    chosen: Chosen,
    order: Annotated[
        Literal["newest", "oldest"], Query(description="Which scans come first")
    ] = "newest",
    after: After = None,
    limit: Limit = 100,
) -> Page[Scan]:
    """List stored scans, a page at a time."""
    asked = replace(chosen, order=order, limit=limit + 1, after=place_of(after))
    found = scans.scans(caller.workbench, asked)
    shown = found[:limit]
    more = key_of((shown[-1].added_at, shown[-1].id)) if len(found) > limit else None
    return Page(items=[Scan.model_validate(one) for one in shown], next=more)


@router.get(
    "/exports/labels.csv", tags=["exports"], response_class=StreamingResponse, responses=_CSV
)
def labels(caller: Exporter, chosen: Chosen) -> StreamingResponse:
    """Return the chosen scans as a table that `fetal import` reads again; it comes as it is read.

    The audit keeps that it was taken.
    """
    lines = stream_labels(caller.workbench, chosen, caller.name)
    return StreamingResponse(_encoded(lines), media_type="text/csv; charset=utf-8")


def _encoded(lines: Iterator[str]) -> Iterator[bytes]:
    for text in lines:
        yield text.encode()
