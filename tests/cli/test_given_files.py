"""Every file that an option or an argument names: what cannot be used is one sentence."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fetal.cli import main
from tests.support.labelled_folder import labelled_folder
from tests.support.tiny_model import tiny_model

LABELS = ("--data", "labels.csv", "--images", "images")
TRAIN = ("train", *LABELS, "--out", "new")
BAD_DATA = ("--data", "BAD", "--images", "images")
BAD_IMAGES = ("--data", "labels.csv", "--images", "BAD")
PACK = ("--pack", "more-scans", "--images", ".")
SWEEP = "base: {preset: default, start: nothing, size: 64, architecture: sononet16}\n"

READ = {
    "predict FILE": ("predict", "BAD"),
    "predict --model": ("predict", "images/0.png", "--model", "BAD"),
    "predict-archive --model": ("predict-archive", "images", "--out", "r", "--model", "BAD"),
    "duplicates FILE": ("duplicates", "BAD"),
    "duplicates --model": ("duplicates", "images", "--thorough", "--model", "BAD"),
    "evaluate --data": ("evaluate", *BAD_DATA),
    "evaluate --images": ("evaluate", *BAD_IMAGES),
    "evaluate --model": ("evaluate", *LABELS, "--model", "BAD"),
    "evaluate --beside": ("evaluate", *LABELS, "--beside", "BAD"),
    "train --data": ("train", *BAD_DATA, "--out", "new"),
    "train --images": ("train", *BAD_IMAGES, "--out", "new"),
    "train --settings": (*TRAIN, "--settings", "BAD"),
    "train --weights": (*TRAIN, "--settings", "small.yaml", "--weights", "BAD"),
    "train --model": (*TRAIN, "--model", "BAD"),
    "train --about": (*TRAIN, "--about", "BAD"),
    "experiment SWEEP": ("experiment", "BAD", *LABELS, "--out", "swept"),
    "experiment --data": ("experiment", "sweep.yaml", *BAD_DATA, "--out", "swept"),
    "experiment --images": ("experiment", "sweep.yaml", *BAD_IMAGES, "--out", "swept"),
    "experiment --weights": ("experiment", "w.yaml", *LABELS, "--out", "swept", "--weights", "BAD"),
    "experiment --show": ("experiment", "sweep.yaml", *LABELS, "--out", "swept", "--show", "BAD"),
    "frames --images": ("frames", "--pack", "more-scans", "--images", "BAD", "--out", "framed"),
    "export --match": ("export", "out.csv", "--match", "BAD"),
    "import SOURCE": ("import", "BAD"),
    "import --table": ("import", "images", "--table", "BAD"),
    "import --table --columns": ("import", "images", "--table", "BAD", "--columns", "image=image"),
}
WRITTEN = {
    "predict --csv": ("predict", "images/0.png", "--csv", "BAD"),
    "predict --overlay": ("predict", "images/0.png", "--overlay", "BAD"),
    "predict-archive --out": ("predict-archive", "images", "--out", "BAD"),
    "duplicates --csv": ("duplicates", "images", "--csv", "BAD"),
    "duplicates --json": ("duplicates", "images", "--json", "BAD"),
    "settings --json": ("settings", "--json", "BAD"),
    "label-quality --csv": ("label-quality", "--csv", "BAD"),
    "label-next --csv": ("label-next", "--csv", "BAD"),
    "evaluate --json": ("evaluate", *LABELS, "--json", "BAD"),
    "evaluate --html": ("evaluate", *LABELS, "--html", "BAD"),
    "evaluate --card-text": ("evaluate", *LABELS, "--card-text", "BAD"),
    "evaluate --checklist": ("evaluate", *LABELS, "--checklist", "BAD"),
    "evaluate --card": ("evaluate", *LABELS, "--card", "BAD"),
    "train --out": ("train", *LABELS, "--out", "BAD", "--settings", "small.yaml"),
    "train --cache": (*TRAIN, "--settings", "small.yaml", "--cache", "BAD"),
    "experiment --out": ("experiment", "sweep.yaml", *LABELS, "--out", "BAD"),
    "experiment --cache": ("experiment", "sweep.yaml", *LABELS, "--out", "s", "--cache", "BAD"),
    "frames --out": ("frames", *PACK, "--out", "BAD"),
    "import --report": ("import", "images", "--unsure", "keep", "--report", "BAD"),
    "export TARGET": ("export", "BAD.csv"),
    "export TARGET zip": ("export", "BAD.zip"),
    "audit export TARGET": ("audit", "export", "BAD"),
    "models download": ("models", "download", "1", "BAD"),
    "--workspace": ("models", "list", "--workspace", "BAD"),
}
CONTENTS = {
    "damaged JSON": b'{"a": [1, ',
    "not UTF-8": "Größe,ä\n".encode("latin-1") * 40,
    "zeros": bytes(4000),
    "nothing": b"",
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with labelled images and the files that the commands need."""
    folder = tmp_path_factory.mktemp("given")
    labelled_folder(folder)
    (folder / "more_scans.csv").write_text(
        "image,plane,patient,source,role,note\n0.png,Fetal brain,1,here,train,\n"
    )
    (folder / "small.yaml").write_text("preset: default\nstart: nothing\nsize: 64\n")
    (folder / "sweep.yaml").write_text(SWEEP)
    weights = "start: weights, weights: a.npz, size: 64"
    (folder / "w.yaml").write_text(f"base: {{preset: default, {weights}}}\n")
    return folder


@pytest.fixture
def there(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, which is the working folder."""
    shutil.copytree(place, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    monkeypatch.setenv("FETAL_WORKSPACE", str(tmp_path / "workspace"))
    return tmp_path / "here"


def refused(words: list[str]) -> str:
    """Run a command that must fail with one sentence; give that sentence."""
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (1, 2)
    return one_sentence(done.stderr)


def one_sentence(told: str) -> str:
    lines = [line for line in told.splitlines() if not line.startswith(("Usage: ", "Try '"))]
    # Before a command gives up it may have counted what it left out.
    said = [line for line in lines if line and "that the folder does not hold" not in line]
    assert len(said) == 1, told
    assert "Traceback" not in told
    return said[0]


def test_every_option_that_names_a_file_is_among_these() -> None:
    """So that an option added later is tried too."""
    tried = {*READ, *WRITTEN}
    for command, words in _paths(main, ()):
        name = " ".join(words)
        assert any(name == one or one.startswith(f"{name} ") for one in tried), name
        assert command


def _paths(
    group: click.Group, before: tuple[str, ...]
) -> Iterator[tuple[click.Command, tuple[str, ...]]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _paths(command, (*before, name))
            continue
        for param in command.params:
            if isinstance(param.type, click.Path) and param.name != "workspace":
                option = param.opts[0] if param.opts[0].startswith("--") else None
                named = option or {"files": "FILE"}.get(param.name, param.name.upper())
                if (*before, name) == ("models", "download"):
                    named = ""
                yield command, tuple(filter(None, (*before, name, named)))


@pytest.mark.parametrize("words", READ.values(), ids=READ)
def test_a_file_that_is_not_there(there: Path, words: tuple[str, ...]) -> None:
    assert "nowhere" in refused([word.replace("BAD", "nowhere") for word in words])


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize("words", READ.values(), ids=READ)
def test_a_file_with_another_content(there: Path, words: tuple[str, ...], content: bytes) -> None:
    bad = there / ("bad.npz" if "--weights" in words else "bad.json")
    bad.write_bytes(content)
    refused([word.replace("BAD", bad.name) for word in words])


NOT_EMPTY = {name: words for name, words in READ.items() if name != "export --match"}


@pytest.mark.parametrize("words", NOT_EMPTY.values(), ids=NOT_EMPTY)
def test_an_empty_folder_in_place_of_a_file(there: Path, words: tuple[str, ...]) -> None:
    (there / "bad").mkdir()
    refused([word.replace("BAD", "bad") for word in words])


@pytest.mark.parametrize("words", WRITTEN.values(), ids=WRITTEN)
def test_a_place_that_nothing_can_be_written_to(there: Path, words: tuple[str, ...]) -> None:
    (there / "file").write_text("in the way")
    refused([word.replace("BAD", "file/bad") for word in words])


@pytest.fixture
def bound() -> tuple[str, ...]:
    """What stands before a command so that rights count for it, also for root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and setpriv, which takes that away, is not here")
    rights = "-dac_override,-dac_read_search"
    return ("setpriv", "--bounding-set", rights, "--inh-caps", rights)


@pytest.mark.parametrize(
    "name",
    ["predict FILE", "predict --model", "evaluate --data", "train --about", "import --table"],
)
def test_a_file_without_the_right_to_read_it(
    there: Path, bound: tuple[str, ...], name: str
) -> None:
    (there / "secret").mkdir()
    (there / "secret" / "card.json").touch()
    (there / "secret.csv").write_text("image,plane\n")
    for path in (there / "secret" / "card.json", there / "secret", there / "secret.csv"):
        path.chmod(0)
    bad = "secret" if "--model" in name else "secret.csv"
    done = run(bound, [word.replace("BAD", bad) for word in READ[name]])
    assert done.returncode != 0
    assert bad in one_sentence(done.stderr)


@pytest.mark.parametrize(
    "name", ["predict --csv", "evaluate --json", "export TARGET", "--workspace"]
)
def test_a_folder_without_the_right_to_write_in_it(
    there: Path, bound: tuple[str, ...], name: str
) -> None:
    (there / "closed").mkdir(mode=0o500)
    done = run(bound, [word.replace("BAD", "closed/bad") for word in WRITTEN[name]])
    assert done.returncode != 0
    assert "permission denied" in one_sentence(done.stderr).lower()


def run(before: tuple[str, ...], words: list[str]) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-m", "fetal.cli", *words]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, env=environment, capture_output=True, text=True)
