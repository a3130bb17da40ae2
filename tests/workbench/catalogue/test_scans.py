from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, update

from fetal.planes import PLANES
from fetal.predict import Doubt
from fetal.store.table_base import now
from fetal.store.tables import ModelVersion, PredictionRow, Promotion
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.scans import ScanFilter
from fetal.workbench.ingest import upload
from tests.support.drawn import file
from tests.support.tiny_model import tiny_model
from tests.workbench.conftest import number_of


def ids(workbench: Workbench, **chosen: Any) -> list[int]:
    return [scan.id for scan in scans.scans(workbench, ScanFilter(**chosen))]


def opinion(
    workbench: Workbench, scan_id: int, plane: str, confidence: float = 0.9, **doubt: str
) -> None:
    shares = [confidence if one == plane else (1 - confidence) / 5 for one in PLANES]
    with workbench.store.session() as session:
        session.execute(
            update(PredictionRow)
            .where(PredictionRow.scan_id == scan_id)
            .values(plane=plane, confidence=confidence, probabilities=shares, **doubt)
        )


def promote_another(workbench: Workbench) -> None:
    other = tiny_model(2, "other")
    workbench.blobs.put_folder("models/other", other.folder)
    with workbench.store.session() as session:
        version = ModelVersion(
            name="other", digest=other.digest, location="models/other", card=other.card.to_json()
        )
        session.add(version)
        session.flush()
        session.add(Promotion(model_id=version.id, kind="promote", who="Ann"))


def test_every_list_takes_the_same_few_queries_however_long_it_is(
    workbench: Workbench, five_scans: list[int]
) -> None:
    for scan in five_scans:
        review.annotate(workbench, scan, "brain", "Ann")
    statements: list[str] = []
    event.listen(
        workbench.store.engine, "before_cursor_execute", lambda *args: statements.append(args[2])
    )
    scans.scans(workbench, ScanFilter(limit=1))
    one = len(statements)
    scans.scans(workbench)
    assert len(statements) - one == one


def test_filters_narrow_down_and_count_alike(workbench: Workbench, five_scans: list[int]) -> None:
    a, b, c, d, e = five_scans
    for scan, plane in zip(five_scans, ("brain", "brain", "femur", "femur", "other"), strict=True):
        opinion(workbench, scan, plane)
    review.annotate(workbench, a, "brain", "Ann")
    review.annotate(workbench, b, "femur", "Ann")
    review.annotate(workbench, c, "unusable", "Ann")
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"order": "oldest"}, [a, b, c, d, e]),
        ({"order": "newest"}, [e, d, c, b, a]),
        ({"planes": ("femur",), "order": "oldest"}, [b, d]),
        ({"planes": ("brain", "unusable"), "order": "oldest"}, [a, c]),
        ({"reviewed": True, "order": "oldest"}, [a, b, c]),
        ({"reviewed": False, "order": "oldest"}, [d, e]),
        ({"agreement": True}, [a]),
        ({"agreement": False}, [b]),
        ({"sources": ("import",)}, []),
        ({"ids": (b, e), "order": "oldest"}, [b, e]),
        ({"ids": ()}, []),
        ({"without": (a, b, c, d)}, [e]),
    ]
    for chosen, expected in cases:
        assert ids(workbench, **chosen) == expected, chosen
        assert scans.count(workbench, ScanFilter(**chosen)) == len(expected), chosen
    paged = ScanFilter(order="oldest", limit=2, offset=1)
    assert [scan.id for scan in scans.scans(workbench, paged)] == [b, c]
    assert scans.count(workbench, paged) == 5


def test_dates_narrow_down(workbench: Workbench, five_scans: list[int]) -> None:
    assert ids(workbench, since=now() - timedelta(hours=1)) == five_scans[::-1]
    assert ids(workbench, since=now() + timedelta(hours=1)) == []
    assert ids(workbench, until=now() - timedelta(hours=1)) == []


def test_a_doubtful_opinion_says_so_in_words(workbench: Workbench, five_scans: list[int]) -> None:
    opinion(workbench, five_scans[0], "brain", doubt="check", words="Hm. Please check.")
    opinion(workbench, five_scans[1], "brain", doubt="sure", words="Clear: brain.")
    doubtful, sure = (scans.scan(workbench, number) for number in five_scans[:2])
    assert doubtful.doubt is Doubt.CHECK
    assert doubtful.doubt_words == "Hm. Please check."
    assert sure.doubt is Doubt.SURE
    assert sure.doubt_words == ""


def test_an_opinion_of_an_older_program_is_put_in_today_s_words(
    workbench: Workbench, five_scans: list[int]
) -> None:
    opinion(workbench, five_scans[0], "brain", 0.4, doubt="check", words="")
    assert scans.scan(workbench, five_scans[0]).doubt_words.startswith("Doubtful: brain or ")


def test_scans_are_found_by_what_the_model_said_of_its_certainty(
    workbench: Workbench, five_scans: list[int]
) -> None:
    a, b, c, d, e = five_scans
    for scan, doubt in zip(
        five_scans, ("sure", "check", "unknown", "unknown", "sure"), strict=True
    ):
        opinion(workbench, scan, "brain", doubt=doubt)
    for doubts, expected in ((("unknown",), [c, d]), (("sure", "check"), [a, b, e])):
        assert ids(workbench, doubts=doubts, order="oldest") == expected
        assert scans.count(workbench, ScanFilter(doubts=doubts)) == len(expected)


def test_the_opinion_shown_is_the_champion_s_as_soon_as_it_has_one(
    workbench: Workbench, five_scans: list[int]
) -> None:
    promote_another(workbench)
    scan = scans.scan(workbench, five_scans[0])
    assert scan.model_name == "tiny"
    explained = scans.explanation(workbench, scan.id)
    scan = scans.scan(workbench, scan.id)
    assert scan.model_name == "other"
    assert scan.probabilities == pytest.approx(explained.probabilities)
    assert scans.scan(workbench, five_scans[1]).model_name == "tiny"


def test_a_stored_scan_is_explained_as_it_was_when_it_came(workbench: Workbench) -> None:
    (taken,) = upload.add_scans(workbench, [file(3)], who="Ann")
    before = scans.scan(workbench, number_of(taken))
    explained = scans.explanation(workbench, number_of(taken))
    assert explained.plane == before.predicted
    assert explained.probabilities == pytest.approx(before.probabilities, abs=1e-6)
    assert explained.overlay().shape == (before.height, before.width, 3)
    assert np.array_equal(explained.scan.pixels, scans.pixels(workbench, number_of(taken)))


def test_a_number_that_no_scan_has_is_refused(workbench: Workbench) -> None:
    for ask in (scans.scan, scans.pixels, scans.explanation):
        with pytest.raises(scans.UnknownScanError, match="number 7"):
            ask(workbench, 7)


def test_an_empty_workspace_has_no_scans(workbench: Workbench) -> None:
    assert scans.scans(workbench) == []
    assert scans.count(workbench) == 0
    assert scans.scans(workbench, replace(ScanFilter(), order="doubt")) == []
