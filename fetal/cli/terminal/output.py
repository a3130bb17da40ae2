"""What commands print and write: line by line, so that nothing is lost where one is stopped."""

import csv
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

STANDARD = Path("-")
"""Standard input or output, as shells have it."""

_RESULTS_ON_STDOUT = "fetal.results_on_stdout"


def prepare_streams() -> None:
    """Let standard output and error take any text; what their encoding lacks is written out."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def reserve_stdout(*targets: Path | None) -> None:
    """Print words on standard error from now on, where a table or file goes to standard output.

    Args:
        targets: what the options name.

    Raises:
        click.UsageError: more than one of them is standard output.
    """
    asked = targets.count(STANDARD)
    if asked > 1:
        raise click.UsageError("Only one result can go to standard output (-).")
    click.get_current_context().meta[_RESULTS_ON_STDOUT] = asked == 1


def say(words: str) -> None:
    """Print a line at once. Where nobody reads any more, as behind `| head -1`, it is dropped."""
    context = click.get_current_context(silent=True)
    reserved = context is not None and context.meta.get(_RESULTS_ON_STDOUT, False)
    _print(words, sys.stderr if reserved else sys.stdout)


def complain(sentence: str) -> None:
    """Report in one line what did not work, beside the results."""
    _print(sentence, sys.stderr)


def name_of(path: Path) -> str:
    """Return a path as text that can be printed and stored, whatever its bytes are."""
    from fetal.scans.deidentification.file_names import readable_name

    return readable_name(path)


def write_text(target: Path, text: str) -> None:
    """Write a text in UTF-8 to a file, or to standard output where the target is `-`."""
    write_bytes(target, text.encode("utf-8", "backslashreplace"))


def write_bytes(target: Path, content: bytes) -> None:
    """Write a file, which is there whole or not at all, or to standard output (`-`)."""
    with _into(target) as file:
        file.write(content)


@contextmanager
def text_into(target: Path) -> Iterator[TextIO]:
    """Open a file for a long text, which is there whole or not at all; `-` is standard output.

    Args:
        target: the file.

    Yields:
        What takes the text; in UTF-8, with its line ends as they are.
    """
    with _into(target) as file:
        text = io.TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
        yield text
        text.flush()
        # Standard output stays open.
        text.detach()


@contextmanager
def _into(target: Path) -> Iterator[BinaryIO]:
    if target == STANDARD:
        with _unless_nobody_reads(sys.stdout):
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    place = target.resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists() and not place.is_file():
        # A pipe or a device cannot be put in place of another file.
        with place.open("wb") as file:
            yield file
        return
    draft = place.with_name(f".{place.name}-{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def table(
    target: Path | None, header: Sequence[str]
) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Open a CSV whose rows are on the disk as soon as they are known.

    Args:
        target: a file, `-` for standard output, or None for no table.
        header: the columns.

    Yields:
        A function that writes a row; it does nothing where there is no table.
    """
    if target is None:
        yield lambda _row: None
    elif target == STANDARD:
        yield _rows_into(sys.stdout, header)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
            yield _rows_into(file, header)


def _rows_into(file: TextIO, header: Sequence[str]) -> Callable[[Mapping[str, Any]], None]:
    # Standard output ends lines as all commands do.
    writer = csv.DictWriter(file, header, lineterminator="\n" if file is sys.stdout else "\r\n")

    def write(row: Mapping[str, Any]) -> None:
        with _unless_nobody_reads(file):
            writer.writerow(row)
            file.flush()

    with _unless_nobody_reads(file):
        writer.writeheader()
        file.flush()
    return write


def _print(words: str, stream: TextIO) -> None:
    with _unless_nobody_reads(stream):
        click.echo(words, file=stream)


@contextmanager
def _unless_nobody_reads(stream: TextIO) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Later lines, and Python at its end, must not meet the closed pipe again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
