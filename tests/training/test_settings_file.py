"""Settings from a file are those of a preset, changed, or of a card."""

import json
from pathlib import Path

import pytest

from fetal.training.settings import PRESETS, SettingsError
from fetal.training.settings_file import read_settings


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_card_holds_can_be_read_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(PRESETS[name].to_json()))
    assert read_settings(path) == PRESETS[name]


def test_a_preset_can_be_changed_in_yaml(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(
        "preset: shipped\nsize: 224\naugmentation.rotation: 0\nmixed_precision: no\n"
        "stages:\n  - {name: All, learn: all, epochs: 3, learning_rate: 1e-3}\n"
    )
    settings = read_settings(path)
    assert (settings.size, settings.mixed_precision) == (224, False)
    assert settings.augmentation.rotation == 0
    assert settings.augmentation.zoom == PRESETS["shipped"].augmentation.zoom
    assert [stage.learning_rate for stage in settings.stages] == [1e-3]


@pytest.mark.parametrize("text", ["size: 224", "preset: default\nloss: cross"])
def test_a_wrong_file_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"settings\.yaml: .*(expects|Expected)"):
        read_settings(path)
