"""Folds that leave out a source or a machine: nothing of it is learnt, and strangers are judged."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from fetal.cli import main
from fetal.experiments import (
    ExperimentScan,
    Results,
    Sweep,
    SweepError,
    Variant,
    compare,
    read_sweep,
    run_sweep,
    tables,
)
from fetal.experiments.folds import split_group
from fetal.experiments.trial import Job, TrialResult
from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES, Plane
from fetal.training.settings import PRESETS
from tests.packs import made_up

ROOT = Path(__file__).parents[2]
BASE = "base: {preset: default, start: nothing, size: 64}\n"
SETTINGS = PRESETS["default"].but(start="nothing", size=32)


def case(
    number: int, source: str, machine: str = "", patient: str = "", **told: Any
) -> ExperimentScan:
    plane = told.pop("plane", FETAL_PLANES[number % 4])
    name = f"{source}-{machine}-{number}"
    scan = simulate(plane, number, size=(64, 80)).pixels
    return ExperimentScan(
        name, name, plane, patient or name, lambda: (scan, None), source, machine, **told
    )


def several() -> list[ExperimentScan]:
    known = [case(number, source) for source in ("A", "B", "C") for number in range(8)]
    lungs = [
        case(number, "lungs", plane=Plane.OTHER, kind="adult lung", no_plane=True)
        for number in range(4)
    ]
    return known + lungs


def sure_of_brain(jobs: Iterable[Job]) -> Iterator[tuple[int, TrialResult]]:
    """Stands for trainings, which others test: whatever it is shown is a brain, at 95 %."""
    for place, job in enumerate(jobs):
        assert isinstance(job, Job)
        # What is mixed between sources has to know them.
        assert all(len(part.sources) == len(part.numbers) for part in job.train)
        job.scratch.mkdir(parents=True)
        chances = np.full((len(job.judged.numbers), 6), 0.01, np.float32)
        chances[:, 0] = 0.95
        yield place, TrialResult(chances, 1.0, 1.0, [], {})


def run(
    sweep: Sweep, folder: Path, cases: list[ExperimentScan] | None = None
) -> tuple[Results, list[str]]:
    told: list[str] = []
    cases = cases or several()
    return run_sweep(sweep, cases, folder, told.append, do=sure_of_brain), told


def test_patients_of_the_judged_source_are_learnt_from_nowhere() -> None:
    cases = [case(number, source) for source in ("A", "B") for number in range(8)]
    cases.append(case(8, "B", patient=cases[0].patient))
    made = split_group(cases, "source", "A", fold=0)
    assert made.judged == tuple(range(8))
    assert 16 not in {*made.train, *made.validation}
    assert len(made.train) + len(made.validation) == 8
    assert made.validation


def test_a_machine_is_one_of_its_source() -> None:
    cases = [case(n, s, m) for s, m in (("A", "E6"), ("A", "S10"), ("B", "E6")) for n in range(4)]
    made = split_group(cases, "machine", "A, E6", fold=0)
    assert made.judged == (0, 1, 2, 3)


def test_a_source_alone_has_nobody_to_learn_from() -> None:
    cases = [case(number, "A") for number in range(8)]
    with pytest.raises(ValueError, match="two patients beside those of “A”"):
        split_group(cases, "source", "A", fold=0)


def test_each_source_is_judged_by_trainings_on_the_others(tmp_path: Path) -> None:
    sweep = Sweep((Variant("base", SETTINGS),), leave_out="source")
    results, told = run(sweep, tmp_path)
    assert [one.left_out for one in results.plan()] == ["A", "B", "C"]
    assert "base, without A, seed 7: 25.0 % of 8 scans right" in told[0]
    for one in results.plan():
        said = results.answers(one.run)
        assert set(said.groups[~said.no_plane]) == {one.left_out}
        assert said.no_plane.sum() == 4
    [row] = compare(results)
    assert row.scans == 24
    assert row.accuracy.value == 0.25
    assert row.sure.value == 1
    assert row.sure_and_wrong.value == 0.75
    assert row.strangers is not None
    assert row.strangers.value == 1
    drawn = tables(results)
    assert "| base    | adult lung | 4     | –" in drawn
    assert drawn.count("| base ") == 1 + 3 + 1


def test_strangers_that_are_learnt_as_other_are_a_source_too(tmp_path: Path) -> None:
    sweep = Sweep(
        (Variant("base", SETTINGS),), leave_out="source", judged=("lungs",), no_plane="other"
    )
    results, told = run(sweep, tmp_path)
    assert "4 of 4 scans of no plane taken for one" in told[0]
    [line] = results.done().values()
    assert (line["judged"], line["strangers"], line["train"] + line["validation"]) == (0, 4, 24)
    assert compare(results) == []
    assert "adult lung" in tables(results)


def test_other_scans_left_out_is_another_run(tmp_path: Path) -> None:
    base = (Variant("base", SETTINGS),)
    runs = [
        {one.run for one in run(sweep, tmp_path / str(place))[0].plan()}
        for place, sweep in enumerate(
            (
                Sweep(base, folds=2, folds_run=1),
                Sweep(base, leave_out="source", judged=("A",)),
                Sweep(base, leave_out="source", judged=("B",)),
                Sweep(base, leave_out="source", judged=("A",), no_plane="other"),
            )
        )
    ]
    assert len(set.union(*runs)) == 4


def test_a_source_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    sweep = Sweep((Variant("base", SETTINGS),), leave_out="source", judged=("Z",))
    with pytest.raises(SweepError, match="some of A; B; C; received “Z”"):
        run(sweep, tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leave_out: hospital", "`leave_out` expects source or machine; received “hospital”"),
        ("leave_out: source\nfolds: 3", "makes a fold of each source, so there is no `folds`"),
        ("judged: [HC18]", "say which, `leave_out`"),
        ("leave_out: source\njudged: HC18", "`judged` expects a list of names"),
        ("no_plane: yes", "`no_plane` expects leave out or other"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "sweep.yaml").write_text(BASE + text)
    with pytest.raises(SweepError, match=said):
        read_sweep(tmp_path / "sweep.yaml")


LEAN = """
import sys

absent = ("openvino", "sqlalchemy", "alembic", "pydicom", "gdcm", "pandas", "jinja2", "fsspec")
sys.modules.update(dict.fromkeys((*absent, "streamlit", "plotly")))

from fetal.cli import main

main(["experiment", "sweep.yaml", "--pack", "frames", "--images", "framed", "--out", "out"])
"""


def test_framed_scans_are_trained_on_where_little_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = made_up.two_countries(tmp_path / "Zenodo_dataset")
    words = ["frames", "--pack", "african", "--images", str(place), "--out", "framed"]
    said = CliRunner().invoke(main, words, catch_exceptions=False).output
    assert "20 framed scans" in said
    assert "4 test scans stayed here" in said
    (tmp_path / "sweep.yaml").write_text(
        "base: {preset: default, architecture: sononet16, size: 32, start: nothing, "
        "mixed_precision: no, stages: [{name: H, learn: head, epochs: 1, learning_rate: 1e-3}]}\n"
        "leave_out: source\njudged: [Egypt]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", LEAN],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "without Egypt, seed 7" in done.stdout, done.stderr
    assert "of 10 scans right" in done.stdout
