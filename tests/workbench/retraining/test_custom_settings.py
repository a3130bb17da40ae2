import pytest

from fetal.training.settings import PRESETS, SettingsError
from fetal.workbench.retraining import custom_settings


def test_a_file_changes_a_preset() -> None:
    settings = custom_settings.from_upload(b"preset: default\nstages.epochs: 3\nbatch: 8")
    assert [stage.epochs for stage in settings.stages] == [3, 3]
    assert settings.batch == 8


def test_a_changed_preset_does_not_go_by_its_name() -> None:
    assert custom_settings.from_upload(b"preset: default\nbatch: 8").name == "default, changed"
    assert custom_settings.from_upload(b"preset: default").name == "default"
    whole = custom_settings.to_file(PRESETS["default"].but(batch=8)).encode()
    assert custom_settings.from_upload(whole).name == "default, changed"
    assert custom_settings.from_upload(b"preset: default\nname: mine\nbatch: 8").name == "mine"


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_file_that_was_downloaded_can_be_uploaded(name: str) -> None:
    settings = PRESETS[name].but(start="nothing", weights=None, name="mine")
    file = custom_settings.to_file(settings)
    assert custom_settings.from_upload(file.encode()) == settings


def test_json_is_read_too() -> None:
    assert custom_settings.from_upload(b'{"preset": "original", "size": 224}').size == 224


def test_a_file_on_the_servers_disk_cannot_be_named() -> None:
    file = b"preset: default\nstart: weights\nweights: /etc/passwd"
    with pytest.raises(SettingsError, match="cannot read a weights file from the server"):
        custom_settings.from_upload(file)


def test_a_path_that_would_not_be_used_is_not_kept_either() -> None:
    file = b"preset: default\nstart: nothing\nweights: /etc/passwd"
    assert custom_settings.from_upload(file).weights is None


def test_presets_that_need_a_weights_file_are_left_to_the_command_line() -> None:
    assert {preset.start for preset in custom_settings.presets().values()} <= {
        *custom_settings.STARTS
    }
    assert "default" in custom_settings.presets()


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"", "something else"),
        (b"- 1", "something else"),
        (b"\x89PNG\xff", "no text"),
        (b"a: 1\nb: [", "line 2"),
        (b"preset: nobody", "default"),
        (b"preset: [default]", "preset"),
        (b"preset: default\nsizes: 3", "no setting `sizes`"),
        (b"preset: default\nbatch: many", "`batch` expects a whole number"),
        (b"preset: default\nsize: 100000", "`size` expects a number from 32 to 2048"),
        (b"preset: default\nstages.epochs: 0", "`epochs` expects a number from 1 to 1000"),
        (b"preset: default\nstages.learning_rate: .nan", "number"),
        (b"preset: default\naugmentation.blank: 3", "`blank` expects a number from 0 to 1"),
        (b"preset: default\nlabel_smoothing: -4", "from 0 up"),
        (b"preset: default\nstages.learning_rate: .nan", "from 0 up"),
        (b"a: &a [x]\nb: [*a, *a]", "alias"),
        # What the fuzzing found: errors of other families, and a value of two lines.
        (b"preset: 2026-13-45", "Mend"),
        (b"preset: " + b"9" * 5000, "Mend"),
        (b"[" * 5000, "Mend"),
        (b'preset: "def\n\nault"', "received “def ault”"),
        (b"# " + b"x" * custom_settings.LARGEST_FILE, "64 KB"),
    ],
)
def test_a_file_with_a_mistake_gets_a_sentence(file: bytes, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as told:
        custom_settings.from_upload(file)
    assert "\n" not in str(told.value)
