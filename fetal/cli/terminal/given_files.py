"""Files that commands are given: looked for in folders, read from `-`, refused in one sentence."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from fetal.cli.terminal.output import STANDARD, complain, name_of


class InputFile(click.Path):
    """A file that an option names; `-` is standard input."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, allow_dash=True, path_type=Path)

    def convert(self, value: Any, param: Any, ctx: Any) -> Path:
        """Check that it is there."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        return Path("/dev/stdin") if path == STANDARD else path


def expand(files: tuple[Path, ...]) -> Iterator[Path]:
    """Find the files that are named, and the pictures in the folders that are named.

    What else lies in a folder is counted in one line on standard error at the end.

    Args:
        files: files and folders, as a person named them.

    Yields:
        The files. Of a folder, those that are pictures or films by their content or their name.

    Raises:
        click.ClickException: there is none.
    """
    from fetal.scans.archives.picture_files import is_picture_file

    others = found = 0
    for path in files:
        if not path.is_dir():
            found += 1
            yield path
            continue
        for inner in sorted(path.rglob("*")):
            if inner.name.startswith(".") or not inner.is_file():
                continue
            if is_picture_file(inner):
                found += 1
                yield inner
            else:
                others += 1
    if others:
        one, many = "file that is no picture was", "files that are no pictures were"
        complain(f"{others:,} {one if others == 1 else many} left out.")
    if not found:
        raise click.ClickException("No picture was found there.")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON file that holds names with values.

    Args:
        path: the file.

    Returns:
        Its content.

    Raises:
        click.ClickException: it is no UTF-8, no JSON, or holds something else.
    """
    expected = f"“{name_of(path)}” is not the JSON file that was expected"
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"{expected} ({error}).") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{expected}: it holds no names with values.")
    return content
