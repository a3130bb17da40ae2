"""`fetal import`, `fetal export` and `fetal demo`: what goes into a workspace and out of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fetal.cli import options

if TYPE_CHECKING:
    from fetal.workbench import Workbench
    from fetal.workbench.dataset import ImportReport

_NAMED = 20
"""How many missing images are named one by one."""


@click.command(name="import")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option(
    "--table",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A CSV of labels (image, plane and perhaps patient; or the one of FETAL_PLANES_DB).",
)
@click.option("--unlabelled", is_flag=True, help="The images carry no label; they are predicted.")
@click.option("--patient", help="With --unlabelled: the patient of images that name none.")
@options.who
@options.workspace
def import_command(
    folder: Path | None, table: Path | None, unlabelled: bool, patient: str | None, who: str
) -> None:
    """Bring images, labels or both into the workspace.

    FOLDER holds one folder for each plane; or, with --table, the images that the table names; or,
    with --unlabelled, images. With --table alone, scans that are stored already get its labels.
    Bad files get one line each, and the others go on; the exit status is then 1.

    \b
    Examples:
        fetal import scans/                       scans/brain/…, scans/abdomen/…
        fetal import images/ --table labels.csv
        fetal import images/ --unlabelled
    """
    if unlabelled and (table or folder is None):
        raise click.UsageError("--unlabelled expects a folder and no table.")
    if folder is None and table is None:
        raise click.UsageError("Expected a folder, a --table or both.")
    from fetal.workbench import open_workbench
    from fetal.workbench.dataset import import_csv, import_folder

    bench = open_workbench()
    if unlabelled and folder is not None:
        _add(bench, folder, patient, who)
        return
    with _bar("Importing") as report:
        if table is not None:
            brought = import_csv(bench, table, folder, who, report)
        elif folder is not None:
            brought = import_folder(bench, folder, who, report)
    _tell(brought)


@click.command(name="export", short_help="Write labels, with or without images, to a file.")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@options.who
@options.workspace
def export_command(target: Path, who: str) -> None:
    """Write the labels to TARGET: a .csv, or a .zip with the images too."""
    from fetal.workbench import open_workbench
    from fetal.workbench.dataset import export_archive, export_labels

    if target.suffix.lower() not in (".csv", ".zip"):
        raise click.UsageError(
            "Expected a target that ends in .csv (labels) or .zip (with images)."
        )
    bench = open_workbench()
    if target.suffix.lower() == ".zip":
        with _bar("Exporting") as report:
            export_archive(bench, None, target, who, report)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(export_labels(bench, None, who), encoding="utf-8")
    click.echo(f"Wrote {target}.")


@click.command(short_help="Load built-in sample scans.")
@options.who
@options.workspace
def demo(who: str) -> None:
    """Load two dozen built-in sample scans (simulated, no patients) into the workspace."""
    from fetal.workbench import open_workbench
    from fetal.workbench.intake import Outcome, add_samples

    taken = add_samples(open_workbench(), who)
    added = sum(one.outcome is Outcome.ADDED for one in taken)
    there = options.count_of(len(taken) - added, "sample was", "samples were")
    click.echo(f"Added {options.count_of(added, 'sample scan', 'sample scans')}; {there} there.")
    click.echo("See them with `fetal serve`.")


class _Files(Sequence[Any]):
    """The files of one drop, of which only one at a time is in memory."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: Any) -> Any:
        from fetal.workbench.picture_index import load

        return load(self._paths[index])


def _add(bench: "Workbench", folder: Path, patient: str | None, who: str) -> None:
    from fetal.workbench.intake import Outcome, add_scans
    from fetal.workbench.picture_index import scan_files

    files = _Files(scan_files(folder))
    with _bar("Importing") as report:
        taken = add_scans(
            bench, files, who=who, patient=patient, source="import", on_progress=report
        )
    refused = [one for one in taken if one.outcome is Outcome.REFUSED]
    added = sum(one.outcome is Outcome.ADDED for one in taken)
    there = len(taken) - added - len(refused)
    click.echo(f"Added {options.count_of(added, 'scan', 'scans')}; {there} were there already.")
    for one in refused:
        options.complain(f"{one.file}: {one.sentence}")
    if refused:
        raise SystemExit(1)


def _tell(brought: "ImportReport") -> None:
    from fetal.workbench.intake import Outcome

    added = sum(taken.outcome is Outcome.ADDED for taken in brought.taken)
    there = sum(taken.outcome is Outcome.ALREADY_THERE for taken in brought.taken)
    click.echo(
        f"Added {options.count_of(added, 'scan', 'scans')} and "
        f"{options.count_of(brought.labelled, 'label', 'labels')}; "
        f"{there} were there already."
    )
    if brought.kept:
        kept = options.count_of(brought.kept, "scan keeps", "scans keep")
        click.echo(f"{kept} another label, which a person gave after an earlier import.")
    for sentence in brought.refused:
        options.complain(sentence)
    if brought.missing:
        missing = options.count_of(len(brought.missing), "image is", "images are")
        options.complain(f"{missing} in the table but neither in the folder nor stored:")
        for name in brought.missing[:_NAMED]:
            options.complain(f"  {name}")
        if len(brought.missing) > _NAMED:
            options.complain(f"  and {len(brought.missing) - _NAMED:,} more")
    if brought.refused:
        raise SystemExit(1)


@contextmanager
def _bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar whose length is known once the first scan is done."""
    with click.progressbar(length=1, label=label) as bar:

        def report(done: int, of: int) -> None:
            bar.length = max(1, of)
            bar.update(done - bar.pos)

        yield report
        bar.update((bar.length or 1) - bar.pos)
