"""Options that several commands share, and how they report."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fetal.cli.terminal.output import complain as complain
from fetal.cli.terminal.system_user import user_name
from fetal.configuration.sources import choose_workspace
from fetal.progress import OnProgress, Progress
from fetal.store.rights import keep_to_owner

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

LONGEST_NAME = 80
"""As long as a name in the database may be."""

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace(command: Command) -> Command:
    """Add `--workspace`, which stands for the environment variable.

    What such a command writes, in the workspace or out of it, is for its owner alone.
    """

    def remember(_context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
        keep_to_owner()
        if folder is not None:
            choose_workspace(folder)

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
        default=user_name,
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


def result(*names: str, **described: Any) -> Callable[[Command], Command]:
    """Add an option that names a file to write; `-` is standard output."""
    kind = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
    return click.option(*names, type=kind, **described)


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


def count_of(number: int, one: str, many: str) -> str:
    """A number with its noun, such as `1 scan` or `12 scans`."""
    return f"{number:,} {one if number == 1 else many}"


def progress(label: str, length: int) -> "ProgressBar[int]":
    """A progress bar on standard error, which holds no results; none where no person looks."""
    stream = sys.stderr if sys.stderr.isatty() else io.StringIO()
    return click.progressbar(length=length, label=label, file=stream)


@contextmanager
def bar(label: str) -> Iterator[OnProgress]:
    """A progress bar whose length is known once the first scan is done."""
    with progress(label, 1) as bar:

        def on_progress(progress: Progress) -> None:
            bar.length = max(1, progress.total)
            bar.update(progress.done - bar.pos)

        yield on_progress
        bar.update((bar.length or 1) - bar.pos)
