"""`fetal import`, `fetal export` and `fetal demo`: what goes into a workspace and out of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.given_files import InputFile
from fetal.cli.terminal.output import STANDARD, complain, say
from fetal.cli.terminal.stop_key import stopping

if TYPE_CHECKING:
    from fetal.workbench.imports.labelled_files import ImportReport
    from fetal.workbench.label_tables.columns import Columns

_NAMED = 20
"""How many images that are missing or set aside are named one by one."""


@click.command(name="import")
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "--table",
    type=InputFile(),
    help="A CSV of labels (image, plane and perhaps patient; or the one of FETAL_PLANES_DB).",
)
@options.columns
@click.option("--unlabelled", is_flag=True, help="The images carry no label; they are predicted.")
@click.option("--patient", help="The patient of images that name none.")
@click.option(
    "--unsure",
    type=click.Choice(["ask", "refuse", "keep"]),
    help="What becomes of scans on which text may be left: ask sets them aside, to be looked at "
    "on the Scans page; keep takes them as they are.  [default: FETAL_UNSURE, else ask]",
)
@click.option("--dry-run", is_flag=True, help="Read everything, write nothing, tell what would be.")
@options.result(
    "--report", help="Write what became of each file to this CSV; - is standard output."
)
@options.who
@options.workspace
def import_command(
    source: Path | None,
    table: Path | None,
    columns: str | None,
    unlabelled: bool,
    patient: str | None,
    unsure: str | None,
    dry_run: bool,
    report: Path | None,
    who: str,
) -> None:
    """Bring images, labels or both into the workspace.

    SOURCE is a folder, a ZIP archive or a DICOMDIR. It holds one folder for each plane; or a table
    of labels with its images, such as FETAL_PLANES_DB; or the data set HC18; or, with --table, the
    images that the table names; or, with --unlabelled, images. With --table alone, scans that are
    stored already get its labels. Bad files get one line each, and the others go on; the exit
    status is then 1. Stopped with Ctrl-C and given again, it goes on where it was.

    \b
    Examples:
        fetal import scans/                       scans/brain/…, scans/abdomen/…
        fetal import FETAL_PLANES_ZENODO.zip --dry-run
        fetal import images/ --table labels.csv --report report.csv
        fetal import images.zip --unlabelled --unsure keep
    """
    if unlabelled and (table or source is None):
        raise click.UsageError("--unlabelled expects a folder or an archive, and no table.")
    if source is None and table is None:
        raise click.UsageError("Expected a folder or an archive, a --table or both.")
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.imports.import_run import import_scans, plan_import
    from fetal.workbench.ingest.deid_policy import DeidentificationPolicy
    from fetal.workbench.ingest.upload import warm_up

    output.reserve_stdout(report)
    planned = plan_import(
        source, table=table, columns=_columns(columns, table), unlabelled=unlabelled
    )
    say(f"Found {planned.kind.value}: {options.count_of(len(planned.images), 'image', 'images')}.")
    if planned.columns is not None:
        say(f"Columns: {planned.columns.words()}")
    warm_up(len(planned.images))
    workbench = open_for_system_user()
    with stopping() as stop, options.bar("Reading" if dry_run else "Importing") as on_progress:
        brought = import_scans(
            workbench,
            planned,
            who,
            patient=patient,
            dry_run=dry_run,
            unsure=DeidentificationPolicy(unsure) if unsure else None,
            on_progress=on_progress,
            stop=stop,
        )
    if report is not None:
        output.write_text(report, brought.csv())
    _tell(brought)


@click.command(name="export", short_help="Write labels, with or without images, to a file.")
@click.argument("target", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--match",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write the names of your own files in this folder beside the scans that came from them. "
    "The workspace does not keep the names.",
)
@options.who
@options.workspace
def export_command(target: Path, match: Path | None, who: str) -> None:
    """Write the labels to TARGET: a .csv, or a .zip with the images too.

    The target - is standard output, and gets the labels.
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.catalogue.exports import export_archive, write_labels
    from fetal.workbench.label_tables.own_file_names import names_in

    if target != STANDARD and target.suffix.lower() not in (".csv", ".zip"):
        raise click.UsageError(
            "Expected a target that ends in .csv (labels) or .zip (with images)."
        )
    output.reserve_stdout(target)
    workbench = open_for_system_user()
    files = names_in(match) if match is not None else None
    left_out: Sequence[str] = ()
    if target.suffix.lower() == ".zip":
        with options.bar("Exporting") as on_progress:
            left_out = export_archive(workbench, None, target, who, on_progress, files).left_out
    else:
        with output.text_into(target) as text:
            write_labels(workbench, text, None, who, files)
    if target != STANDARD:
        say(f"Wrote {output.name_of(target)}.")
    for sentence in left_out:
        complain(sentence)
    if left_out:
        raise SystemExit(1)


@click.command(short_help="Load built-in sample scans.")
@options.who
@options.workspace
def demo(who: str) -> None:
    """Load two dozen built-in sample scans (simulated, no patients) into the workspace."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.ingest.upload import IngestOutcome, add_samples

    taken = add_samples(open_for_system_user(), who)
    added = sum(one.outcome is IngestOutcome.ADDED for one in taken)
    there = options.count_of(len(taken) - added, "sample was", "samples were")
    say(f"Added {options.count_of(added, 'sample scan', 'sample scans')}; {there} there.")
    say("See them with `fetal serve`.")


def _columns(text: str | None, table: Path | None) -> "Columns | None":
    if text is None:
        return None
    from fetal.workbench.label_tables.columns import ColumnsError, parse_columns
    from fetal.workbench.label_tables.label_table import open_label_table, read_table_file

    try:
        return parse_columns(text, open_label_table(read_table_file(table)).names if table else ())
    except ColumnsError as error:
        raise click.UsageError(str(error)) from error


def _tell(brought: "ImportReport") -> None:
    from fetal.workbench.imports.recognise import Kind
    from fetal.workbench.ingest.upload import IngestOutcome

    added = options.count_of(brought.count(IngestOutcome.ADDED), "scan", "scans")
    labelled = options.count_of(brought.labelled, "label", "labels")
    there = f"{brought.count(IngestOutcome.ALREADY_THERE):,}"
    if brought.dry_run:
        say(f"Would add {added}; {there} are there already. Nothing was written.")
        _tell_planes(brought)
    else:
        brought_labels = "" if brought.kind == Kind.UNLABELLED else f" and {labelled}"
        say(f"Added {added}{brought_labels}; {there} were there already.")
    if brought.stopped:
        say("Stopped. Give the command again to go on where it was.")
    if brought.masks:
        masks = options.count_of(brought.masks, "file", "files")
        say(f"{masks} of the data set are outlines, not scans, and were left out.")
    if brought.unlisted:
        unlisted = options.count_of(len(brought.unlisted), "image is", "images are")
        say(f"{unlisted} not listed in the table, and left out.")
    if brought.kept:
        kept = options.count_of(brought.kept, "scan keeps", "scans keep")
        say(f"{kept} another label, which a person gave after an earlier import.")
    for sentence in (*brought.remarks, *brought.refused):
        complain(sentence)
    if brought.missing:
        missing = options.count_of(len(brought.missing), "image is", "images are")
        complain(f"{missing} listed but neither at hand nor stored:")
        _name(brought.missing)
    if brought.set_aside:
        aside = options.count_of(len(brought.set_aside), "scan is", "scans are")
        complain(
            f"{aside} set aside, since a name may be written where nothing was blanked. Look at "
            "them by dropping them on the Scans page, or import again with --unsure keep:"
        )
        _name(brought.set_aside)
    if brought.refused or brought.set_aside or brought.stopped:
        raise SystemExit(1)


def _name(files: Sequence[str]) -> None:
    """Name a few files, one a line."""
    for name in files[:_NAMED]:
        complain(f"  {name}")
    if len(files) > _NAMED:
        complain(f"  and {len(files) - _NAMED:,} more")


def _tell_planes(brought: "ImportReport") -> None:
    for plane, count in brought.per_plane().most_common():
        say(f"  {plane or 'no label':10s} {count:7,}")
    if brought.kept_to_test:
        say(f"  {'of them kept out of training (test)':10s} {brought.kept_to_test:,}")
    say(f"  {'refused':10s} {len(brought.refused):7,}")
    say(f"  {'set aside':10s} {len(brought.set_aside):7,}")
    say(f"  {'missing':10s} {len(brought.missing):7,}")
