"""`fetal frames`: training scans as a small folder, to be carried to a machine that trains."""

from collections.abc import Sequence
from pathlib import Path

import click

from fetal.cli.from_packs import pack_options
from fetal.cli.terminal import options
from fetal.cli.terminal.output import complain, say


@click.command()
@pack_options.packs
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; it must not exist.",
)
@click.option(
    "--side",
    default=320,
    show_default=True,
    type=click.IntRange(32, 2048),
    help="The longest side of a framed scan, in pixels.",
)
@click.option(
    "--quality",
    default=92,
    show_default=True,
    type=click.IntRange(1, 100),
    help="Of the pictures (WebP).",
)
def frames(
    packs: Sequence[str], folders: Sequence[Path], out: Path, side: int, quality: int
) -> None:
    """Write the training scans of packs as a small folder.

    Each is cut to the ultrasound, blank around it, and no longer than --side. Scans that are kept
    to test are never written. `fetal experiment` and `fetal train` read the folder with
    `--pack frames --images OUT`. It holds patients' scans: carry it as such.
    """
    from fetal.cli.readable_images import readable
    from fetal.packs import TRAIN_ROLE
    from fetal.packs.framed_folder import write_framed

    if out.exists():
        raise click.ClickException(
            f"{out} exists already. Choose another folder, or remove it first."
        )
    files = pack_options.pack_files(packs, folders)
    training = [file for file in files if file.role == TRAIN_ROLE]
    if not training:
        raise click.ClickException("None of these scans is one to train on; nothing was written.")
    # Only a folder that is whole may bear the name.
    unfinished = out.with_name(f".{out.name}.part")
    written = write_framed(readable(training), unfinished, side, quality)
    unfinished.rename(out)
    apart = len(files) - len(training)
    say(
        f"{written.scans:,} framed scans, {written.size / 1e6:.1f} MB, are in {out}; "
        f"{options.count_of(apart, 'test scan', 'test scans')} stayed here."
    )
    if written.contradicted:
        complain(f"{written.contradicted:,} pictures have different planes, and were left out.")
