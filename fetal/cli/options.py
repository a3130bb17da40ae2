"""Options that several commands share, and how they report."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

LONGEST_NAME = 80
"""As long as a name in the database may be."""

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace(command: Command) -> Command:
    """Add `--workspace`, which stands for the environment variable."""

    def remember(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
        if folder is not None:
            os.environ["FETAL_WORKSPACE"] = str(folder.absolute())

    return click.option(
        "--workspace",
        type=click.Path(file_okay=False, path_type=Path),
        callback=remember,
        expose_value=False,
        is_eager=True,
        help="The workspace's folder  [default: FETAL_WORKSPACE, else ./workspace]",
    )(command)


def who(command: Command) -> Command:
    """Add `--who`, the person whose name is kept with what is done."""
    return click.option(
        "--who",
        default=_user,
        show_default="your user name",
        callback=lambda _context, _option, name: name[:LONGEST_NAME],
        help="Your name, for the records.",
    )(command)


def model(command: Command) -> Command:
    """Add `--model`, a model's folder."""
    return click.option(
        "--model",
        "model_folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="A model's folder  [default: FETAL_MODEL, else the model that came with the program]",
    )(command)


def labelled_images(command: Command) -> Command:
    """Add `--data`, `--images` and `--columns`: a table of labels and the folder of its images."""
    folder = click.option(
        "--images",
        "folder",
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="The folder of the images.",
    )
    table = click.option(
        "--data",
        "table",
        required=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A CSV with image, plane and patient, or the one of FETAL_PLANES_DB.",
    )
    return table(folder(columns(command)))


def columns(command: Command) -> Command:
    """Add `--columns`, which says what the columns of a table of labels hold."""
    return click.option(
        "--columns",
        metavar="image=FILE,plane=LABEL",
        help="Which column of the table holds what, where the guess is wrong. Known are image, "
        "plane, patient, machine, operator and train; train= says that no column holds it.",
    )(command)


def cache(command: Command) -> Command:
    """Add `--cache`, the folder of what frozen layers made of scans."""
    return click.option(
        "--cache",
        type=click.Path(file_okay=False, path_type=Path),
        help="Keep what frozen layers make of scans here, to share it between trainings; as "
        "private as the scans  [default: beside the output]",
    )(command)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def complain(sentence: str) -> None:
    """Say in one line what did not work, beside the results."""
    click.echo(sentence, err=True)


def count_of(number: int, one: str, many: str) -> str:
    """A number with its noun, such as `1 scan` or `12 scans`."""
    return f"{number:,} {one if number == 1 else many}"


def expand(files: tuple[Path, ...]) -> Iterator[Path]:
    """The files that are named, and those in the folders that are named."""
    for path in files:
        if path.is_dir():
            yield from sorted(
                inner
                for inner in path.rglob("*")
                if inner.is_file() and not inner.name.startswith(".")
            )
        else:
            yield path


@contextmanager
def bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar whose length is known once the first scan is done."""
    with click.progressbar(length=1, label=label) as bar:

        def report(done: int, of: int) -> None:
            bar.length = max(1, of)
            bar.update(done - bar.pos)

        yield report
        bar.update((bar.length or 1) - bar.pos)
