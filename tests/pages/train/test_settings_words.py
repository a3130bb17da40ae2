from dataclasses import fields

import pytest

from fetal.training.settings import PRESETS, Augmentation, Stage, TrainingSettings
from fetal.workbench.retraining import compare_runs, custom_settings
from pages.parts.train.settings_words import PRESET_WORDS, SETTINGS, STAGE, put, words


def test_every_setting_has_a_plain_word_and_a_meaning() -> None:
    own = {one.name for one in fields(TrainingSettings)} - {"stages", "augmentation"}
    wanted = own | {f"augmentation.{one.name}" for one in fields(Augmentation)}
    assert wanted - SETTINGS.keys() == set(), "these settings have no words"
    assert SETTINGS.keys() - wanted == set(), "these words are of no setting"


def test_every_setting_of_a_stage_has_a_plain_word_and_a_meaning() -> None:
    wanted = {one.name for one in fields(Stage)}
    assert wanted - STAGE.keys() == set(), "these settings of a stage have no words"
    assert STAGE.keys() - wanted == set(), "these words are of no setting of a stage"


def test_no_two_settings_have_the_same_name() -> None:
    named = compare_runs.flat(PRESETS["default"].to_json())
    titles = [words(name).title for name in named]
    assert len(set(titles)) == len(titles)


def test_every_preset_that_can_be_started_says_what_it_is_for() -> None:
    assert custom_settings.presets().keys() == PRESET_WORDS.keys()


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("size", 256, "256 pixels"),
        ("label_smoothing", 0.05, "5 %"),
        ("augmentation.rotation", 12.5, "12.5°"),
        ("class_weights", False, "no"),
        ("start", "champion", "the champion"),
        ("stages.1.learning_rate", 5e-5, "0.00005"),
        ("stages.0.learn", "conv5", "conv5"),
        ("weights", None, "–"),
        ("of another version", [1, 2], "[1, 2]"),
    ],
)
def test_values_are_put_for_a_reader(name: str, value: object, read: str) -> None:
    assert put(name, value) == read


def test_stages_are_counted_from_one() -> None:
    assert words("stages.0.epochs").title == "Stage 1: passes at most (epochs)"
