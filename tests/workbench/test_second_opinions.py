"""What a second reader said is kept with every prediction, whichever way it came."""

import csv
import io
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from fetal.jobs.batch_prediction import score
from fetal.predict import Doubt, SecondOpinion, load_model
from fetal.store.tables import PredictionRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue import exports, scans
from fetal.workbench.ingest.upload import add_scans
from fetal.workbench.models import model_evaluation
from tests.support.drawn import file
from tests.support.labelling import add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model
from tests.support.tiny_second_reader import ALWAYS, NEVER, tiny_model_with_second_reader


@pytest.fixture
def contrary(begun_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workbench]:
    """A workbench, on either database, whose champion's second reader agrees with nothing."""
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model_with_second_reader(NEVER).folder))
    workbench = open_workbench(begun_workspace)
    yield workbench
    workbench.close()


def kept(workbench: Workbench) -> list[PredictionRow]:
    with workbench.store.reading() as session:
        return list(session.scalars(select(PredictionRow).order_by(PredictionRow.id)))


def agrees(row: PredictionRow) -> bool:
    opinion = SecondOpinion.from_json(row.second_opinion)
    assert opinion is not None
    return opinion.agrees


def test_a_new_scan_is_shown_and_exported_with_both_opinions(contrary: Workbench) -> None:
    [taken] = add_scans(contrary, [file(1)], who="Ann", patient="4711")
    assert taken.scan_id is not None
    view = scans.scan(contrary, taken.scan_id)
    pixels = scans.stored_scan(contrary, taken.scan_id)
    expected = load_model(tiny_model_with_second_reader(NEVER).folder).predict(pixels)
    assert view.second_opinion is not None
    assert expected.second_opinion is not None
    assert view.second_opinion.words == expected.second_opinion.words
    assert view.doubt is Doubt.CHECK
    assert view.doubt_words == expected.words
    assert "readers" in view.doubt_words
    [line] = csv.DictReader(io.StringIO(exports.export_labels(contrary)))
    assert line["second_reader"] == view.second_opinion.words
    assert line["readers_agree"] == "no"
    assert line["doubt"] == "check"


def test_scores_that_are_made_later_hold_it_too_and_older_ones_stay(contrary: Workbench) -> None:
    number = add_scans(contrary, [file(1)], who="Ann", patient="4711")[0].scan_id
    assert number is not None
    single = add_version(contrary, tiny_model(5, "single"))
    score(contrary.store, contrary.model(single), single, [number])
    both = add_version(contrary, tiny_model_with_second_reader(0.0, 6, "both"))
    score(contrary.store, contrary.model(both), both, [number])
    champion, alone, agreeing = kept(contrary)
    assert alone.second_opinion is None
    assert agrees(champion) is False
    assert agrees(agreeing) is True
    assert (champion.doubt, alone.words.startswith("The two")) == ("check", False)


@pytest.mark.parametrize(("agree_at", "name"), [(ALWAYS, "sure"), (NEVER, "check")])
def test_an_evaluation_counts_a_disagreement_as_a_doubt(
    workbench: Workbench, agree_at: float, name: str
) -> None:
    label_scans(workbench)
    keep_apart(workbench, 5)
    version = add_version(workbench, tiny_model_with_second_reader(agree_at, 6, "other"))
    report = model_evaluation.evaluate(workbench, version).report
    assert {group.name: group.scans for group in report.doubts if group.scans} == {name: 15}
