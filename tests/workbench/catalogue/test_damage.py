"""A picture that is gone or damaged concerns its own scan only, and can be mended."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from fetal.cli import main
from fetal.jobs.batch_prediction import score
from fetal.progress import Progress
from fetal.scans import encode_png
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, PredictionRow, Run, ScanRow
from fetal.workbench import Workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.catalogue.damage import extent, find_damage
from fetal.workbench.catalogue.exports import export_archive
from fetal.workbench.catalogue.scans import DamagedScanError
from fetal.workbench.ingest.upload import IngestOutcome, add_scans
from fetal.workbench.models import comparison, model_evaluation, promotion, test_predictions
from fetal.workbench.near_duplicates import compare_stored
from fetal.workbench.privacy import erasure
from tests.support.drawn import fan, file
from tests.support.labelling import add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model

Damaging = Callable[[int], object]

DAMAGES: dict[str, Callable[[Path], object]] = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:200]),
    "one byte": lambda path: path.write_bytes(path.read_bytes()[:-20] + b"x" * 20),
    "another picture": lambda path: path.write_bytes(encode_png(fan(99))),
}


@pytest.fixture(params=DAMAGES)
def any_damage(request: pytest.FixtureRequest, workbench: Workbench) -> Damaging:
    """Damages the picture of a scan in one of several ways."""
    return lambda number: DAMAGES[request.param](picture_of(workbench, number))


@pytest.fixture
def damage(workbench: Workbench) -> Damaging:
    """Cuts the picture of a scan short."""
    return lambda number: DAMAGES["cut short"](picture_of(workbench, number))


def picture_of(workbench: Workbench, number: int) -> Path:
    with workbench.store.reading() as session:
        return workbench.workspace.folder / "blobs" / session.get_one(ScanRow, number).blob


def test_a_damaged_picture_is_told_in_one_sentence(
    workbench: Workbench, five_scans: list[int], any_damage: Damaging
) -> None:
    any_damage(five_scans[0])
    name = scans.scan(workbench, five_scans[0]).name
    for look in (scans.pixels, scans.explanation):
        with pytest.raises(DamagedScanError, match=f"picture of {name}.*same file in again"):
            look(workbench, five_scans[0])
        look(workbench, five_scans[1])


def test_the_same_file_heals_its_scan_and_keeps_the_label(
    workbench: Workbench, five_scans: list[int], any_damage: Damaging
) -> None:
    review.annotate(workbench, five_scans[0], "brain", "Ann")
    any_damage(five_scans[0])
    [taken] = add_scans(workbench, [file(0)], who="Ann", patient="4711")
    assert (taken.outcome, taken.scan_id) == (IngestOutcome.ALREADY_THERE, five_scans[0])
    assert "is whole again" in taken.sentence
    assert (scans.pixels(workbench, five_scans[0]) > 0).any()
    assert scans.scan(workbench, five_scans[0]).label == "brain"
    assert list(find_damage(workbench)) == []
    [again] = add_scans(workbench, [file(0)], who="Ann", patient="4711")
    assert "whole again" not in again.sentence


def test_an_export_goes_on_and_says_what_is_not_in_it(
    workbench: Workbench, five_scans: list[int], damage: Damaging, tmp_path: Path
) -> None:
    damage(five_scans[2])
    name = scans.scan(workbench, five_scans[2]).name
    export_archive(workbench, None, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        pictures = [one for one in archive.namelist() if one.startswith("images/")]
        assert len(pictures) == 4
        assert f"images/{name}.png" not in pictures
        assert name in archive.read("left out.txt").decode()
        assert name in archive.read("labels.csv").decode()


def test_a_new_champion_predicts_all_other_scans(
    workbench: Workbench, five_scans: list[int], damage: Damaging
) -> None:
    damage(five_scans[3])
    version = add_version(workbench, tiny_model(2, "v2"))
    promotion.promote(workbench, version, "Ann")
    assert promotion.refresh(workbench, version) == [scans.scan(workbench, five_scans[3]).name]
    with workbench.store.reading() as session:
        said = select(PredictionRow.scan_id).where(PredictionRow.model_id == version)
        assert set(session.scalars(said)) == set(five_scans) - {five_scans[3]}


def test_scans_are_compared_beside_a_damaged_one(
    workbench: Workbench, five_scans: list[int], damage: Damaging
) -> None:
    damage(five_scans[0])
    assert compare_stored.search(workbench) == 0


@pytest.fixture
def tested(workbench: Workbench) -> list[int]:
    """The scans of two patients who are kept apart for testing."""
    numbers = label_scans(workbench, patients=4)
    keep_apart(workbench, 2)
    with workbench.store.reading() as session:
        rows = session.scalars(select(ScanRow).where(ScanRow.id.in_(numbers))).all()
    splits = {row.id: row.patient_id for row in rows}
    kept = sorted(set(splits.values()))[:2]
    return [number for number in numbers if splits[number] in kept]


def test_a_comparison_goes_on_and_counts_what_it_left_out(
    workbench: Workbench, tested: list[int], damage: Damaging
) -> None:
    version = add_version(workbench, tiny_model(2, "v2"))
    damage(tested[0])
    found = comparison.compare(workbench, 1, version)
    assert found.n_scans == len(tested) - 1
    assert found.words.endswith("missing or damaged: 1")
    report = model_evaluation.evaluate(workbench, version).report
    assert report.left_out == {model_evaluation.UNREADABLE: 1}
    assert [row.n_scans for row in promotion.scores(workbench)] == [len(tested), len(tested) - 1]


def test_a_scan_that_is_erased_during_a_comparison_is_left_out(
    workbench: Workbench, tested: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = add_version(workbench, tiny_model(2, "v2"))

    def erase_first(store: Store, *arguments: Any, **options: Any) -> None:
        score(store, *arguments, **options)
        monkeypatch.undo()
        erasure.erase(workbench, scans.scan(workbench, tested[0]).name, "Ann")

    monkeypatch.setattr(test_predictions, "score", erase_first)
    found = comparison.compare(workbench, 1, version)
    assert found.n_scans == len(tested) - 1
    assert all(one.scan.id != tested[0] for one in found.disagreements)


def test_all_damage_is_listed_with_what_to_do(workbench: Workbench, five_scans: list[int]) -> None:
    version = add_version(workbench, tiny_model(2, "v2"))
    workbench.blobs.put("snapshots/" + 64 * "a" + ".json", b'{"examples": []}')
    with workbench.store.session() as session:
        session.scalars(select(Run)).one().snapshot = "snapshots/" + 64 * "a" + ".json"
        place = session.get_one(ModelVersion, version).location
    assert [found.name for found in find_damage(workbench)] == ["The list of scans of training 1"]
    DAMAGES["gone"](picture_of(workbench, five_scans[0]))
    DAMAGES["empty"](picture_of(workbench, five_scans[1]))
    graph = workbench.workspace.folder / "blobs" / place / "graph.bin"
    graph.write_bytes(graph.read_bytes()[:-1])
    reported: list[Progress] = []
    found = list(find_damage(workbench, reported.append))
    assert [one.missing for one in found] == [True, False, False, False]
    assert found[-1].name == "The model “v2”"
    assert reported[-1] == Progress(extent(workbench).all, extent(workbench).all)


def test_the_command_lists_damage_and_its_status_tells_of_it(
    workbench: Workbench, five_scans: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_WORKSPACE", str(workbench.workspace.folder))
    whole = CliRunner().invoke(main, ["check"])
    assert whole.exit_code == 0
    assert "Checked 5 scans, 0 lists of trainings and 1 model: all are as" in whole.output
    DAMAGES["cut short"](picture_of(workbench, five_scans[0]))
    broken = CliRunner().invoke(main, ["check"])
    assert broken.exit_code == 1
    name = scans.scan(workbench, five_scans[0]).name
    assert f"The picture of {name} is damaged. Bring the same file in again" in broken.output
    assert "1 missing or damaged" in broken.output
