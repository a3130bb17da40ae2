"""Retraining that does not forget, on patterns that a tiny network tells apart."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle import Bundle
from fetal.bundle.manifest import digests_text
from fetal.planes import PLANES
from fetal.training.calibrate import stay_near
from fetal.training.data.examples import Example
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.events import LogLine, TrainingEvent
from fetal.training.features.float32_inference import exact_copy, outputs_of
from fetal.training.model_card import About
from fetal.training.networks.from_bundle import restore
from fetal.training.pipeline import train
from fetal.training.settings import PRESETS, Stage
from fetal.training.stages.rehearsal import Rehearsal
from tests.training.tiny_network import STILL, TINY, use_tiny_network

KNOWN, NEW = (0, 1, 2, 3), (0, 1)
FAINT = 60
"""The contrast of a clinic's own scans, which the champion reads wrongly at first."""

SETTINGS = TINY.but(
    size=32,
    crop_to_sector=False,
    optimizer="adam",
    augmentation=STILL,
    stages=(Stage("All", "all", 30, 1e-2, patience=30),),
)
RETRAINING = SETTINGS.but(
    start="champion",
    stages=(Stage("Head", "head", 20, 2e-2), Stage("Upper layers", "block5", 6, 1e-3)),
)


def pattern(plane: int, seed: int, contrast: int) -> np.ndarray:
    """Stripes across, stripes along, squares, or nothing, under noise."""
    rows, columns = np.indices((32, 32)) // 2 % 2
    shape = (rows, columns, rows ^ columns, np.zeros((32, 32)))[plane]
    noise = np.random.default_rng((plane, seed)).normal(0, 20, (32, 32))
    return (80 + contrast * shape + noise).clip(0, 255).astype(np.uint8)


def example(plane: int, seed: int, split: str, contrast: int) -> Example:
    name = f"{plane}-{seed}"
    return Example(
        name, PLANES[plane], f"P-{name}", split, lambda: (pattern(plane, seed, contrast), None)
    )


def examples(
    planes: Sequence[int], first: int, contrast: int = 90, each: int = 12
) -> list[Example]:
    return [
        example(plane, first + number, "validation" if number < each // 4 else "train", contrast)
        for plane in planes
        for number in range(each)
    ]


def accuracy(bundle: Bundle, planes: Sequence[int], contrast: int = 90) -> float:
    classes = np.repeat(planes, 20)
    pixels = np.stack([pattern(plane, 9000 + i, contrast) for i, plane in enumerate(classes)])
    exact = exact_copy(restore(bundle), SETTINGS)
    _, logits = outputs_of(exact, SETTINGS, PreparedScans(pixels, classes, ("",) * len(classes)))
    return float((logits.argmax(axis=1) == classes).mean())


@pytest.fixture(scope="module", autouse=True)
def tiny() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        use_tiny_network(patch)
        yield


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory, tiny: None) -> Bundle:
    folder = tmp_path_factory.mktemp("champion")
    return train(examples(KNOWN, 0), SETTINGS, folder, lambda _: None, about=About("champion"))


@pytest.fixture(scope="module")
def older(champion: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """As an older version wrote it, without statistics."""
    folder = tmp_path_factory.mktemp("older") / "model"
    shutil.copytree(champion.folder, folder)
    (folder / "features.npz").unlink()
    (folder / "digests.json").write_text(digests_text(folder))
    return Bundle.open(folder)


def retrain(champion: Bundle, folder: Path, rehearsal: float) -> tuple[Bundle, list[TrainingEvent]]:
    events: list[TrainingEvent] = []
    settings = RETRAINING.but(rehearsal=rehearsal)
    scans = examples(NEW, 100, FAINT)
    about = About("retrained")
    return train(scans, settings, folder, events.append, about=about, champion=champion), events


@pytest.fixture(scope="module")
def retrained(champion: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return retrain(champion, tmp_path_factory.mktemp("retrained"), 1.0)[0]


def test_planes_that_the_new_scans_lack_are_kept(
    champion: Bundle, retrained: Bundle, tmp_path: Path
) -> None:
    others = (2, 3)
    assert accuracy(champion, others) > 0.95
    assert accuracy(champion, NEW, FAINT) < 0.7
    forgetful, _ = retrain(champion, tmp_path, 0.0)
    for model in (forgetful, retrained):
        assert accuracy(model, NEW, FAINT) > 0.9
    assert accuracy(forgetful, others) < 0.75
    assert accuracy(retrained, others) > 0.95


def test_a_model_can_stay_part_of_the_way_at_the_one_before(
    champion: Bundle, tmp_path: Path
) -> None:
    def weights(keep: float) -> dict[str, np.ndarray]:
        settings = RETRAINING.but(stages=(Stage("Head", "head", 3, 2e-2),), keep=keep)
        scans = examples(NEW, 100, FAINT)
        about, folder = About("kept"), tmp_path / f"{keep}"
        train(scans, settings, folder, lambda _: None, about=about, champion=champion)
        return Bundle.open(folder / "model").variables()

    before, none, half = champion.variables(), weights(0.0), weights(0.5)
    moved = [name for name in before if not np.array_equal(before[name], none[name])]
    assert moved
    for name in before:
        middle = (before[name] + none[name]) / 2
        np.testing.assert_allclose(half[name], middle, rtol=2e-3, atol=1e-4)
    assert all(np.array_equal(before[name], half[name]) for name in before if name not in moved)


def test_a_retrained_model_remembers_the_scans_before_it(
    champion: Bundle, retrained: Bundle
) -> None:
    kept = retrained.features()
    assert kept is not None
    assert kept.counts.tolist() == [18, 18, 9, 9, 0, 0]
    assert champion.trained_on() < retrained.trained_on()
    assert len(retrained.trained_on()) == 72


def test_scans_that_the_champion_had_are_not_counted_again(
    champion: Bundle, tmp_path: Path
) -> None:
    settings = RETRAINING.but(stages=(Stage("Head", "head", 1, 0.0),), rehearsal=1.0)
    about = About("again")
    again = train(
        examples(KNOWN, 0), settings, tmp_path, lambda _: None, about=about, champion=champion
    )
    before, after = champion.features(), again.features()
    assert before is not None
    assert after is not None
    assert after.counts.tolist() == before.counts.tolist()
    np.testing.assert_array_equal(after.means, before.means)


def test_a_model_without_statistics_retrains_all_the_same(older: Bundle, tmp_path: Path) -> None:
    model, events = retrain(older, tmp_path, 1.0)
    texts = [event.text for event in events if isinstance(event, LogLine)]
    assert sum("older version" in text for text in texts) == 1
    assert accuracy(model, NEW, FAINT) > 0.9
    assert model.features() is None
    assert model.card.calibration.unknown_above is None


def test_few_scans_leave_the_calibration_where_it_was(champion: Bundle, retrained: Bundle) -> None:
    before, after = champion.card.calibration, retrained.card.calibration
    assert after.temperature == pytest.approx(before.temperature, rel=0.1)
    assert after.check_below == pytest.approx(before.check_below, abs=0.02)
    assert after.unknown_above is not None
    assert before.unknown_above is not None
    assert after.unknown_above >= before.unknown_above


def test_many_scans_move_the_calibration() -> None:
    assert stay_near(0.5, 1.0, scans=4) > 0.98
    assert stay_near(0.5, 1.0, scans=4000) < 0.53


def test_made_up_features_are_of_every_plane_known_with_the_answers_to_them(
    champion: Bundle,
) -> None:
    rehearsal = Rehearsal(champion, weight=1.0, seed=7)
    features, wanted = rehearsal.draw(40, (1, 2))
    np.testing.assert_allclose(wanted.sum(axis=1), 1, rtol=1e-5)
    kernel, bias = champion.head()
    assert ((features @ kernel + bias).argmax(axis=1) == wanted.argmax(axis=1)).all()
    assert (np.bincount(wanted.argmax(axis=1), minlength=6)[:4] >= 7).all()
    np.testing.assert_array_equal(rehearsal.draw(40, (1, 2))[0], features)
    assert not np.array_equal(rehearsal.draw(40, (1, 3))[0], features)


def test_only_a_training_that_starts_from_a_champion_rehearses(champion: Bundle) -> None:
    events: list[TrainingEvent] = []
    assert Rehearsal.of(champion, PRESETS["default"], events.append)
    assert Rehearsal.of(champion, PRESETS["shipped"].but(rehearsal=1.0), events.append) is None
    assert Rehearsal.of(champion, PRESETS["default"].but(rehearsal=0.0), events.append) is None
    assert not events
