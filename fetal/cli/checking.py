"""`fetal check`: whether all that the workspace names is there and undamaged."""

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.output import complain, say


@click.command(short_help="List what is missing or damaged.")
@options.workspace
def check() -> None:
    """Hold every stored scan, list of a training and model against its digest.

    Lists what is missing or damaged and what to do, and changes nothing. The exit status is 1 if
    something is. The app goes on without what is damaged; it can run meanwhile.
    """
    from fetal.workbench import open_workbench
    from fetal.workbench.catalogue.damage import extent, find_damage

    workbench = open_workbench()
    there = extent(workbench)
    with options.bar("Checking") as on_progress:
        found = list(find_damage(workbench, on_progress))
    scans = options.count_of(there.scans, "scan", "scans")
    trainings = options.count_of(there.trainings, "list of a training", "lists of trainings")
    models = options.count_of(there.models, "model", "models")
    for damage in found:
        complain(damage.sentence)
    say(
        f"Checked {scans}, {trainings} and {models}: "
        + (f"{len(found):,} missing or damaged." if found else "all are as they were stored.")
    )
    if found:
        raise SystemExit(1)
