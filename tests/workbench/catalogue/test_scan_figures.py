"""What the pages draw: the picture's digest, and the champion's heat maps as they are kept."""

import numpy as np
from sqlalchemy import event, update

from fetal.store.tables import PredictionRow
from fetal.workbench import Workbench
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scan_figures import figures, scan_of
from fetal.workbench.ingest import upload
from tests.support.drawn import file
from tests.workbench.catalogue.test_scans import promote_another
from tests.workbench.conftest import number_of


def test_the_heat_is_there_as_soon_as_the_scan_is_and_costs_one_query(workbench: Workbench) -> None:
    taken = upload.add_scans(workbench, [file(3), file(4)], who="Ann")
    asked: list[str] = []
    event.listen(workbench.store.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    found = figures(workbench, [number_of(one) for one in taken])
    assert len([one for one in asked if one.startswith("SELECT")]) == 1
    for one in taken:
        number = number_of(one)
        shown, said = found[number], scans.explanation(workbench, number)
        assert shown.heat is not None
        assert np.abs(shown.heat.cells / 255 - said.heat).max() < 0.01
        assert shown.plane == said.plane
        assert scan_of(workbench, shown.digest) == one.scan_id


def test_a_row_of_an_older_program_gets_its_heat_when_it_is_shown(workbench: Workbench) -> None:
    (taken,) = upload.add_scans(workbench, [file(3)], who="Ann")
    number = number_of(taken)
    with workbench.store.session() as session:
        session.execute(update(PredictionRow).values(heat=None))
    assert figures(workbench, [number])[number].heat is None
    before = scans.scan(workbench, number)
    scans.explanation(workbench, number)
    assert figures(workbench, [number])[number].heat is not None
    assert scans.scan(workbench, number) == before


def test_another_champion_has_not_looked_at_it_yet(workbench: Workbench) -> None:
    (taken,) = upload.add_scans(workbench, [file(3)], who="Ann")
    number = number_of(taken)
    promote_another(workbench)
    shown = figures(workbench, [number])[number]
    assert shown.model_digest is not None
    assert (shown.heat, shown.plane) == (None, None)


def test_a_scan_that_is_not_there_has_none(workbench: Workbench) -> None:
    assert figures(workbench, [7]) == {}
    assert scan_of(workbench, "0" * 64) is None
