"""The options `--pack` and `--images`, and what they name."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.given_files import InputFile

if TYPE_CHECKING:
    from fetal.packs import PackFile

IMAGES_OF_PACK = "The folder of the images; with several --pack, one for each, in their order."


def packs(command: options.Command) -> options.Command:
    """Add `--pack` and `--images`, both to be given again and again."""
    return _pack(required=True)(_images(IMAGES_OF_PACK)(command))


def packs_or_table(command: options.Command) -> options.Command:
    """Add `--data`, `--images` and `--columns`, or `--pack` and `--images` in their place."""
    table = click.option(
        "--data",
        "table",
        type=InputFile(),
        help="A CSV with image, plane and patient, or the one of FETAL_PLANES_DB.",
    )
    images = _images(f"The folder of the images. {IMAGES_OF_PACK}")
    return table(_pack(required=False)(images(options.columns(command))))


def check_given(
    table: Path | None, packs: Sequence[str], folders: Sequence[Path], columns: str | None = None
) -> None:
    """Make sure that there is a table with a folder, or a folder for each pack.

    Args:
        table: what `--data` names.
        packs: what `--pack` names.
        folders: what `--images` names.
        columns: what `--columns` says.

    Raises:
        click.UsageError: something else was given.
    """
    if not packs:
        if table is None:
            raise click.UsageError("Missing option '--data', or '--pack' in its place.")
        if len(folders) != 1:
            raise click.UsageError("Expected one --images beside --data.")
        return
    if table is not None or columns is not None:
        raise click.UsageError("A --pack knows its table: leave --data and --columns out.")
    if len(folders) != len(packs):
        raise click.UsageError(
            f"Expected an --images for each --pack; received {len(folders)} for {len(packs)}."
        )


def pack_files(packs: Sequence[str], folders: Sequence[Path]) -> "list[PackFile]":
    """Read what packs say of the images in their folders; what is left out is complained about.

    Args:
        packs: their names.
        folders: a folder for each.

    Raises:
        PackError: a pack is not known, or its folder is laid out otherwise.
    """
    from fetal.packs import read_pack

    pairs = zip(packs, folders, strict=True)
    return [
        file for name, folder in pairs for file in read_pack(name, folder, None, options.complain)
    ]


def _pack(*, required: bool) -> Callable[[options.Command], options.Command]:
    return click.option(
        "--pack",
        "packs",
        multiple=True,
        required=required,
        metavar="NAME",
        help="A data set that the program knows, such as fetal-planes-db, hc18, more-scans or "
        "frames; may be given again.",
    )


def _images(words: str) -> Callable[[options.Command], options.Command]:
    return click.option(
        "--images",
        "folders",
        multiple=True,
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help=words,
    )
