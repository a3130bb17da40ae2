"""Documents and code say the same."""

import ast
import doctest
import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import fetal
from fetal.cli import main
from fetal.configuration.declared import SETTINGS
from fetal.planes import PLANES
from fetal.training.settings import PRESETS
from pages.parts.review.keys import SHEET

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
PROGRAM = sorted([*(ROOT / "fetal").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])

each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def python_blocks(text: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def code_of(text: str) -> list[str]:
    """What stands in indented blocks, a command a line, and between backticks."""
    without = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    joined = re.sub(r"\\\n\s*", " ", without)
    blocks = re.findall(r"^ {4}(\S.*)$", joined, re.MULTILINE)
    return blocks + re.findall(r"`([^`\n]+)`", joined)


def commands_of(text: str) -> list[list[str]]:
    """Every `fetal …` of a document, as the words that a shell would pass on."""
    lines = (line.removeprefix(".venv/bin/") for line in code_of(text))
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("fetal ")]


def resolve(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that words name, and what follows it."""
    command: click.Command = main
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        assert rest[0] in command.commands, f"there is no `fetal {' '.join(words)}`"
        command = command.commands[rest.pop(0)]
    return command, rest


def options_of(command: click.Command) -> set[str]:
    params = [option for option in command.params if isinstance(option, click.Option)]
    return {"--help", "-h"}.union(*(one.opts + one.secondary_opts for one in params))


def leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield words
        return
    for name, inner in command.commands.items():
        yield from leaves(inner, (*words, name))


@each_document
def test_every_command_that_a_document_names_is_there_with_its_options(document: Path) -> None:
    for words in commands_of(document.read_text()):
        command, rest = resolve(words)
        named = {word.split("=")[0] for word in rest if word.startswith("--")}
        assert named <= options_of(command), f"`fetal {' '.join(words)}`"


@pytest.mark.parametrize("words", list(leaves(main)), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    documented = commands_of(read("docs/researcher.md"))
    assert any(tuple(found[: len(words)]) == words for found in documented)


def test_every_option_of_the_command_line_that_is_named_alone_is_there() -> None:
    known = set[str]().union(*(options_of(resolve(list(words))[0]) for words in leaves(main)))
    table_of_serve = re.findall(r"^\| `(--[a-z-]+)", read("docs/administrator.md"), re.MULTILINE)
    named = re.findall(r"`(--[a-z-]+)", read("docs/researcher.md"))
    assert table_of_serve
    assert set(named) <= known
    assert set(table_of_serve) <= options_of(main.commands["serve"])


def test_presets_are_documented_and_can_be_chosen() -> None:
    documented = set(re.findall(r"`--preset (\w+)`", read("docs/researcher.md")))
    [option] = [one for one in main.commands["train"].params if one.name == "preset"]
    assert isinstance(option.type, click.Choice)
    assert documented == set(option.type.choices) == set(PRESETS)


def test_administrators_read_every_setting_as_it_is_declared() -> None:
    rows = re.findall(
        r"^\| `(FETAL_[A-Z_]+)` \| (.*) \| (.*) \|$", read("docs/administrator.md"), re.MULTILINE
    )
    plain = [
        tuple(re.sub(r" \(\[[^)]*\)\)|`", "", cell) for cell in (name, meaning, default))
        for name, meaning, default in rows
    ]
    assert plain == [(one.name, one.meaning, one.default_text) for one in SETTINGS]


def test_only_the_declarations_name_a_setting_of_the_environment() -> None:
    named = {
        (str(path.relative_to(ROOT)), node.value)
        for path in PROGRAM
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"FETAL_[A-Z_]+", node.value)
    }
    assert {name for _, name in named} == {one.name for one in SETTINGS}
    assert {Path(path).parent.name for path, _ in named} == {"configuration"}


@each_document
def test_every_link_and_picture_is_there(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if target.startswith(("https://", "http://")):
            continue
        file, _, heading = target.partition("#")
        place = document.parent / file if file else document
        assert place.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", place.read_text(), re.MULTILINE)
            assert heading in {title.lower().replace(" ", "-") for title in titles}, target


@each_document
def test_every_file_that_a_document_runs_or_names_is_there(document: Path) -> None:
    named = re.findall(
        r"(?<![a-z]/)\b((?:bench|fetal|pages|tests)/[\w/.]*\w)",
        "\n".join(code_of(document.read_text())),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []


@each_document
def test_python_in_documents_names_only_what_is_there(document: Path) -> None:
    for block in python_blocks(document.read_text()):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "fetal":
                assert hasattr(fetal, node.attr), ast.unparse(node)
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(str(node.module))
                assert [name.name for name in node.names if not hasattr(module, name.name)] == []


def test_what_is_ours_says_why_and_the_code_says_where() -> None:
    section = read("docs/contributor.md").partition("## What is ours and why\n")[2]
    rows = re.findall(r"^\| [^|:]+: ([^|]+) \|", section.partition("\n## ")[0], re.MULTILINE)
    assert len(rows) > 10
    for named in rows:
        folder = ""
        for path in re.findall(r"`([^`]+)`", named):
            found = [ROOT / start / path for start in ("fetal", ".", folder)]
            places = [place for place in found if place.exists()]
            assert places, path
            folder = str(places[0].parent)
            texts = [places[0]] if places[0].is_file() else places[0].rglob("*.py")
            said = " ".join(" ".join(text.read_text().split()) for text in texts)
            assert "docs/contributor.md, “What is ours and why”" in said, path


def test_every_page_is_described_for_users() -> None:
    titles = re.findall(r'st\.Page\([^)]*title=_\("([^"]+)"', read("pages/parts/app/router.py"))
    headings = re.findall(r"^## (.+)$", read("docs/user.md"), re.MULTILINE)
    assert titles
    assert [title for title in titles if title not in headings] == []


def test_the_documented_keys_are_those_of_the_review_page() -> None:
    pressing = set[object]()
    for name in ("pages/review.py", "pages/parts/review/label_buttons.py"):
        for node in ast.walk(ast.parse(read(name))):
            if isinstance(node, ast.Call):
                named = {one.arg: one.value for one in node.keywords}
                key = named.get("shortcut")
                pressing |= {key.value} if isinstance(key, ast.Constant) else set()
    on_the_sheet = {key for _, lines in SHEET for keys, _ in lines for key in keys.split()}
    table = read("docs/user.md").partition("### Keys")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    written = {key for row in rows for key in re.findall("`(.+?)`", row)}
    digits = {str(digit) for digit in range(1, len(PLANES) + 1)}
    assert pressing == {"A", "S", "B", "Z"}
    assert pressing < on_the_sheet
    assert f"`1` to `{len(PLANES)}`" in rows
    arrows = set("←→↑↓")
    assert {key.replace("-", "−") for key in written} | digits | arrows == on_the_sheet | {"?"}


def test_the_documented_digits_are_the_order_of_the_planes() -> None:
    rows = re.findall(r"^\| (\d) \| (.+?) \|", read("docs/user.md"), re.MULTILINE)
    assert rows == [(str(number), plane.title) for number, plane in enumerate(PLANES, start=1)]


def test_the_two_commands_of_the_readme_are_in_the_makefile() -> None:
    commands = re.findall(r"^ {4}make (\w+)", read("README.md"), re.MULTILINE)
    targets = re.findall(r"^(\w+):", read("Makefile"), re.MULTILINE)
    assert commands == ["run", "test"]
    assert set(commands) <= set(targets)


def test_the_newest_version_of_the_changelog_is_the_programs() -> None:
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == fetal.__version__


def test_every_benchmark_is_documented() -> None:
    said = read("docs/contributor.md")
    scripts = sorted((ROOT / "benchmarks").glob("*.py"))
    assert [path.name for path in scripts if f"`python benchmarks/{path.name}`" not in said] == []


CHEAP = ("planes", "splits", "metrics", "scans", "phantom", "explain", "predict")
ALONE = (
    "bundle/card.py",
    "store/workspace.py",
    "training/settings.py",
    "workbench/tables_of_labels.py",
)


def modules_with_examples() -> list[str]:
    """Modules that import in a moment, whose examples need no workspace and no model."""
    files = [path for path in PROGRAM if path.is_relative_to(ROOT / "fetal")]
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in files
        if ">>>" in path.read_text()
        and (
            path.relative_to(ROOT / "fetal").parts[0].removesuffix(".py") in CHEAP
            or path.relative_to(ROOT / "fetal").as_posix() in ALONE
        )
    ]


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_give_what_they_show(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
