"""`fetal settings`, as an administrator reads it."""

import json
from pathlib import Path

import pytest

from fetal.configuration.declared import SETTINGS
from tests.cli.conftest import Fetal


def test_all_settings_are_listed_with_their_source(fetal: Fetal, tmp_path: Path) -> None:
    done = fetal("settings", "--workspace", tmp_path / "other")
    assert done.exit_code == 0
    lines = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert [name for name, _ in lines] == [one.name for one in SETTINGS]
    said = dict(lines)
    assert said["FETAL_WORKSPACE"] == f"{tmp_path / 'other'}  (option --workspace)"
    assert said["FETAL_MODEL"].endswith("  (environment)")
    assert said["FETAL_FILM_FRAMES"] == "2000  (default)"
    assert not (tmp_path / "other").exists()


def test_passwords_are_never_shown(fetal: Fetal, monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://ada:s3cr:e@t@db/fetal?sslmode=require&sslpassword=hidden"
    monkeypatch.setenv("FETAL_DATABASE_URL", address)
    monkeypatch.setenv("FETAL_BLOBS", "s3://key:s3cret@bucket/fetal")
    for words in (("settings",), ("settings", "--json", "-")):
        told = fetal(*words).output
        assert "postgresql://ada:***@db/fetal?sslmode=require&sslpassword=***" in told
        assert "s3://key:***@bucket/fetal" in told
        assert not any(secret in told for secret in ("s3cr", "e@t", "hidden"))


def test_json_holds_the_same(fetal: Fetal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_FILM_FRAMES", "9")
    rows = {row["name"]: row for row in json.loads(fetal("settings", "--json", "-").stdout)}
    assert rows["FETAL_FILM_FRAMES"] == {
        "name": "FETAL_FILM_FRAMES",
        "meaning": "the most frames of a film",
        "value": "9",
        "source": "environment",
        "problem": None,
    }


def test_a_wrong_value_and_a_misspelt_name_are_told_beside_the_list(
    fetal: Fetal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_FILM_FRAMES", "many")
    monkeypatch.setenv("FETAL_FILM_FRAME", "9")
    done = fetal("settings")
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == len(SETTINGS)
    assert done.stderr.splitlines() == [
        "FETAL_FILM_FRAME is set in the environment and is no setting. Did you mean "
        "FETAL_FILM_FRAMES?",
        "FETAL_FILM_FRAMES: expected a whole number from 1, received “many” (environment). Correct "
        "it, or take it away to have the default: 2000.",
    ]


def test_a_command_with_a_wrong_setting_says_one_sentence(
    fetal: Fetal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_CACHE_GB", "much")
    done = fetal("models", "list")
    assert (done.exit_code, done.stdout) == (1, "")
    [sentence] = done.stderr.splitlines()
    assert "FETAL_CACHE_GB: expected a number above 0, such as 8, received “much”" in sentence
