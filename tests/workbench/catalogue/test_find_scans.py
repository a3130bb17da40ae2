"""A filtered list, put together from many cells, is the same as if all were read and sorted."""

from itertools import product

import pytest
from sqlalchemy import select

from fetal.store.tables import ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import find_scans, scans
from fetal.workbench.catalogue.query import Order
from fetal.workbench.catalogue.scans import ScanFilter, ScanView
from tests.support.labelling import labelled_rows
from tests.workbench.training_rows import has_said

PLANES = ("brain", "femur", "thorax", "unusable")


@pytest.fixture
def stored(each_workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> list[ScanView]:
    """24 scans in several cells, most of the newest in one; each read takes two of each cell."""
    monkeypatch.setattr(find_scans, "_FIRST_READ", 2)
    monkeypatch.setattr(find_scans, "_PARTS", 3)
    labelled_rows(each_workbench, patients=8)
    with each_workbench.store.reading() as session:
        numbers = list(session.scalars(select(ScanRow.id).order_by(ScanRow.id)))
    champion = each_workbench.champion().version.id
    has_said(each_workbench, champion, {one: PLANES[one % 3] for one in numbers[::2]})
    for number in (*numbers[:4], *numbers[12:]):
        plane = PLANES[number % 4] if number < numbers[12] else "unusable"
        review.annotate(each_workbench, number, plane, "Ann")
    return scans.scans(each_workbench, ScanFilter(order="oldest"))


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_page_of_a_filter_holds_what_reading_all_would_give(
    each_workbench: Workbench, stored: list[ScanView], order: Order
) -> None:
    everything = stored if order == "oldest" else stored[::-1]
    places = [None, (everything[9].added_at, everything[9].id)]
    days = [None, everything[12].added_at]
    for after, since, limit, offset in product(places, days, (1, 5, 50), (0, 3)):
        chosen = ScanFilter(
            planes=("brain", "femur", "unusable"),
            reviewed=True,
            order=order,
            since=since,
            after=after,
            limit=limit,
            offset=offset,
        )
        fitting = [
            one.id
            for one in everything[10 if after else 0 :]
            if one.label in chosen.planes and (since is None or one.added_at >= since)
        ]
        found = [one.id for one in scans.scans(each_workbench, chosen)]
        assert found == fitting[offset : offset + limit], chosen
