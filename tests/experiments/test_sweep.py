"""A sweep's file: what it asks for, and which key is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fetal.experiments import Sweep, SweepError, read_sweep
from fetal.training.settings import SettingsError

SWEEPS = sorted((Path(__file__).parents[2] / "experiments").glob("*.yaml"))
BASE = "base: {preset: default, start: nothing, size: 64}\n"


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Sweep]:
    def read(text: str) -> Sweep:
        path = tmp_path / "sweep.yaml"
        path.write_text(text)
        return read_sweep(path, tmp_path)

    return read


def test_variants_are_the_base_with_what_they_change(read: Callable[[str], Sweep]) -> None:
    sweep = read(
        BASE
        + """
variants:
  as it is:
  still: {augmentation: {rotation: 0, zoom: 0}, augmentation.blur: 0}
  short: {stages.epochs: 1, stages.0.learning_rate: 1e-4}
seeds: [1, 2]
folds_run: 2
"""
    )
    plain, still, short = (variant.settings for variant in sweep.variants)
    assert [variant.name for variant in sweep.variants] == ["as it is", "still", "short"]
    assert (plain.size, plain.start, plain.augmentation.rotation) == (64, "nothing", 15)
    assert (still.augmentation.rotation, still.augmentation.blur) == (0, 0)
    assert still.augmentation.shift == plain.augmentation.shift
    assert [stage.epochs for stage in short.stages] == [1, 1]
    assert [stage.learning_rate for stage in short.stages] == [1e-4, 1e-5]
    assert (sweep.seeds, sweep.folds, sweep.folds_run) == ((1, 2), 4, 2)
    assert sweep.official_train


def test_a_grid_gives_every_combination_a_name(read: Callable[[str], Sweep]) -> None:
    sweep = read(BASE + "grid: {size: [64, 96], optimizer: [adam, sgd]}\n")
    assert [(one.name, one.settings.size, one.settings.optimizer) for one in sweep.variants] == [
        ("size 64, optimizer adam", 64, "adam"),
        ("size 64, optimizer sgd", 64, "sgd"),
        ("size 96, optimizer adam", 96, "adam"),
        ("size 96, optimizer sgd", 96, "sgd"),
    ]


def test_weights_are_looked_for_in_the_folder_named(
    read: Callable[[str], Sweep], tmp_path: Path
) -> None:
    text = "base: {preset: default, start: weights, weights: some.npz}\n"
    with pytest.raises(SweepError, match=r"some\.npz; there is none"):
        read(text)
    (tmp_path / "some.npz").touch()
    assert read(text).variants[0].settings.weights == str(tmp_path / "some.npz")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("folds: 4", "expects `base`"),
        ("base: fast", "`preset` expects one of default.*received “fast”"),
        ("base: default", "received “champion”"),
        (BASE + "fold: 4", "no key `fold`"),
        (BASE + "folds: few", "`folds` expects a whole number from 2; received “few”"),
        (BASE + "folds: 2\nfolds_run: 3", "at most the 2 of `folds`; received 3"),
        (BASE + "seeds: 3", "`seeds` expects a list"),
        (BASE + "scans: -1", "`scans` expects a whole number"),
        (BASE + "official_train: 3", "`official_train` expects yes or no"),
        (BASE + "variants: [a]", "`variants` expects names with changes"),
        (BASE + "variants: {a: 3}", "“a” expects settings with values"),
        (BASE + "variants: {a: {sise: 3}}", "“a”: There is no setting `sise`. Expected one of"),
        (BASE + "variants: {a: {size: big}}", "`size` expects a whole number; received “big”"),
        (BASE + "variants: {a: {size: 8}}", "`size` expects a number from 32 to 2048; received 8"),
        (BASE + "variants: {a: {augmentation: 3}}", "`augmentation` expects names with values"),
        (BASE + "variants: {a: {augmentation.turn: 3}}", "no setting `augmentation.turn`"),
        (BASE + "variants: {a: {size.x: 3}}", "`size` holds a single value"),
        (BASE + "variants: {a: {stages.5.epochs: 3}}", "there are 2 stages"),
        (BASE + "variants: {a: {stages: [{name: x}]}}", "`stages.0` lacks epochs"),
        (BASE + "variants: {a: {stages.schedule: x}}", "`schedule` expects one of cosine"),
        (BASE + "grid: {size: 64}", "`grid.size` expects a list of values; received “64”"),
        ("- 3", "expected names with values"),
        ("base: [", "cannot be read as YAML"),
    ],
)
def test_what_is_wrong_is_named_with_what_was_expected(
    read: Callable[[str], Sweep], text: str, said: str
) -> None:
    with pytest.raises((SweepError, ValueError), match=said):
        read(text)


@pytest.mark.parametrize("path", SWEEPS, ids=lambda path: path.stem)
def test_the_sweeps_that_come_along_can_be_read(path: Path, start_weights: Path) -> None:
    assert len(read_sweep(path, start_weights).variants) > 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variants:\n  a: {size: 64}\n  a: {size: 96}\n", "Line 4: “a” stands there a second time"),
        ("variants:\n  1: {size: 64}\n  '1': {size: 96}\n", "“1” stands there a second time"),
        ("variants:\n  a: {size: 64, size: 96}\n", "“size” stands there a second time"),
        ("variants:\n  a:\n  'a, size 96': \ngrid: {size: [96]}\nvariants:\n  b:\n", "“variants”"),
        ("variants: {a: }\ngrid: {size: [64, 64]}\n", "several variants “a, size 64”"),
        ("seeds: [1, 1]\n", "whole numbers, each once"),
    ],
)
def test_what_stands_twice_is_refused_and_overwrites_nothing(
    read: Callable[[str], Sweep], text: str, message: str
) -> None:
    with pytest.raises((SettingsError, SweepError), match=message):
        read(BASE + text)
