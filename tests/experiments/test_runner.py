"""A sweep as it runs: nobody is judged by a training that saw them, and nothing is done twice."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

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
    markdown,
    run_sweep,
)
from fetal.experiments.folds import draw, split
from fetal.experiments.frame_store import FrameStore
from fetal.experiments.trial import in_this_process
from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES, Plane
from fetal.scans import BlankScanError, Box, encode_png
from fetal.training.settings import Stage, TrainingSettings
from tests.training.tiny_network import use_tiny_network

SMALL = TrainingSettings(
    architecture="vgg19",
    size=32,
    start="nothing",
    normalise="training set",
    stages=(Stage("All", "all", 1, 1e-3),),
    batch=8,
    mixed_precision=False,
)
SWEEP = Sweep(
    (Variant("first", SMALL), Variant("second", SMALL.but(optimizer="plain_sgd"))),
    folds=2,
    folds_run=1,
)


def run_here(
    sweep: Sweep, cases: list[ExperimentScan], folder: Path, tell: Callable[[str], None]
) -> Results:
    """Run a sweep in this process: a process of their own for so small runs would take minutes."""
    return run_sweep(sweep, cases, folder, tell, do=in_this_process)


class Killed(BaseException):
    """Stands for a kill: nothing in a sweep may catch it."""


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    """Let the network of the sweeps be one that trains in a second."""
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_network(patch)
        yield


def case(plane: Plane, seed: int, patient: str | None = None) -> ExperimentScan:
    def read() -> tuple[np.ndarray, Box | None]:
        return simulate(plane, seed, size=(80, 100)).pixels, None

    return ExperimentScan(
        f"{plane}-{seed}", f"{plane}-{seed}", plane, patient or f"P-{plane}-{seed}", read
    )


@pytest.fixture(scope="module")
def cases() -> list[ExperimentScan]:
    return [case(plane, seed) for plane in FETAL_PLANES for seed in range(6)]


@pytest.fixture(scope="module")
def results(cases: list[ExperimentScan], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return run_here(SWEEP, cases, tmp_path_factory.mktemp("sweep"), lambda _: None)


def test_nobody_is_on_two_sides_and_everybody_is_judged_once() -> None:
    cases = [
        case(plane, number, f"P-{number % 30}") for plane in FETAL_PLANES for number in range(40)
    ]
    judged: list[int] = []
    for fold in range(4):
        made = split(cases, 4, fold)
        splits = [{cases[i].patient for i in split} for split in vars(made).values()]
        assert all(splits)
        assert sum(map(len, splits)) == len(set.union(*splits)) == 30
        judged += made.judged
    assert sorted(judged) == list(range(len(cases)))


def test_a_scan_that_is_there_twice_counts_once() -> None:
    one = case(Plane.BRAIN, 1)
    assert draw([one, replace(one, name="again")], None) == [one]


def test_a_run_keeps_what_it_did_and_what_it_said(results: Results) -> None:
    lines = list(results.done().values())
    assert [line["variant"] for line in lines] == ["first", "second"]
    for line in lines:
        said = results.answers(line["run"])
        right = said.probabilities.argmax(axis=1) == said.classes
        assert line["accuracy"] == pytest.approx(right.mean())
        assert line["train"] + line["validation"] + line["judged"] == 24
        assert line["judged"] == len(said.names) == 12
        assert np.allclose(said.probabilities.sum(axis=1), 1, atol=1e-5)
        assert line["epochs"] == len(line["curves"]) == 1
        assert TrainingSettings.from_json(line["settings"]).size == 32


def test_the_table_compares_every_variant_with_the_first(results: Results) -> None:
    first, second = compare(results)
    assert (first.scans, first.runs, first.difference) == (12, 1, None)
    assert second.difference is not None
    assert second.difference.value == pytest.approx(second.accuracy.value - first.accuracy.value)
    table = markdown([first, second]).splitlines()
    assert len({len(line) for line in table}) == 1
    assert table[0].startswith("| Variant")
    assert table[3].startswith("| second")


def test_a_stopped_sweep_goes_on_and_does_nothing_twice(
    cases: list[ExperimentScan], results: Results, tmp_path: Path
) -> None:
    def die(_: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        run_here(SWEEP, cases, tmp_path, die)
    with (tmp_path / "results.jsonl").open("a") as file:
        file.write('{"run": "cut sho')
    told: list[str] = []
    again = run_here(SWEEP, cases, tmp_path, told.append)
    assert len(told) == 1
    assert told[0].startswith("[2/2] second, fold 1, seed 7")
    # The same settings and seed, in another folder: the same answers to the last bit.
    for run, line in results.done().items():
        assert again.done()[run]["accuracy"] == line["accuracy"]
        assert again.done()[run]["curves"][0]["val_loss"] == line["curves"][0]["val_loss"]
        assert np.array_equal(again.answers(run).probabilities, results.answers(run).probabilities)
    run_here(SWEEP, cases, tmp_path, lambda _: pytest.fail("a run was done twice"))


def test_variants_that_differ_in_name_alone_share_their_runs(
    cases: list[ExperimentScan], results: Results
) -> None:
    renamed = replace(SWEEP, variants=(*SWEEP.variants, Variant("third", SMALL.but(name="third"))))
    run_here(renamed, cases, results.folder, lambda _: pytest.fail("a run was done twice"))
    assert [row.variant for row in compare(results)] == ["first", "second", "third"]
    run_here(SWEEP, cases, results.folder, lambda _: None)


def test_a_stage_that_the_network_lacks_is_named_before_anything_runs(
    cases: list[ExperimentScan], tmp_path: Path
) -> None:
    odd = SMALL.but(stages=(Stage("Upper", "conv5", 1, 1e-3),))
    with pytest.raises(SweepError, match=r"“odd”.*block5.*received “conv5”"):
        run_here(Sweep((Variant("odd", odd),)), cases, tmp_path, lambda _: None)


def test_weights_that_do_not_fit_are_laid_to_their_variant(
    cases: list[ExperimentScan], tmp_path: Path
) -> None:
    np.savez(tmp_path / "other.npz", conv9__kernel=np.zeros((3, 3)))
    odd = SMALL.but(start="weights", weights=str(tmp_path / "other.npz"))
    sweep = replace(SWEEP, variants=(Variant("odd", odd),))
    with pytest.raises(SweepError, match=r"“odd”: other\.npz names none of the layers"):
        run_here(sweep, cases, tmp_path, lambda _: None)


def test_too_few_patients_are_refused(cases: list[ExperimentScan], tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="at most one for each of the 1 patients"):
        run_here(SWEEP, cases[:1], tmp_path, lambda _: None)


def test_a_scan_that_cannot_be_read_is_said_and_left_out(tmp_path: Path) -> None:
    def read() -> tuple[np.ndarray, Box | None]:
        raise BlankScanError

    good, bad = case(Plane.BRAIN, 1), ExperimentScan("bad", "bad", Plane.BRAIN, "P-bad", read)
    for _ in range(2):
        told: list[str] = []
        frames = FrameStore(tmp_path, told.append)
        assert frames.readable([good, bad], 32, crop=True) == [good]
        assert [sentence[:5] for sentence in told] == ["bad: "]


def test_the_command_runs_a_file_and_shows_its_table(tmp_path: Path) -> None:
    lines = ["image,plane,patient"]
    for plane in FETAL_PLANES:
        for seed in range(4):
            picture = simulate(plane, seed, size=(80, 100)).pixels
            (tmp_path / f"{plane}{seed}.png").write_bytes(encode_png(picture))
            lines.append(f"{plane}{seed}.png,{plane},P-{plane}-{seed}")
    (tmp_path / "table.csv").write_text("\n".join(lines))
    (tmp_path / "sweep.yaml").write_text(
        "base: {preset: default, architecture: sononet16, size: 32, start: nothing, "
        "mixed_precision: no, stages: [{name: H, learn: head, epochs: 1, learning_rate: 1e-3}]}\n"
        "variants: {plain: , focal: {loss: focal}}\nfolds: 2\nfolds_run: 1\n"
    )

    def run(*words: object) -> str:
        said = CliRunner().invoke(main, ["experiment", *map(str, words)], catch_exceptions=False)
        return said.output

    out = tmp_path / "out"
    where = ("--data", tmp_path / "table.csv", "--images", tmp_path, "--out", out)
    assert "[2/2] focal" in run(tmp_path / "sweep.yaml", *where)
    table = run("--show", out)
    assert (out / "table.md").read_text() == table
    assert table.splitlines()[3].startswith("| focal")
    assert len((out / "results.jsonl").read_text().splitlines()) == 2
    assert json.loads((out / "plan.json").read_text())[0]["variant"] == "plain"
