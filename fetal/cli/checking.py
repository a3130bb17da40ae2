"""`fetal check` and `fetal rebuild-state`: whether what is stored is there, whole and in step."""

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
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.catalogue.damage import extent, find_damage

    workbench = open_for_system_user()
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


@click.command(name="rebuild-state", short_help="Work out anew what lists show of each scan.")
@options.workspace
def rebuild_state() -> None:
    """Work out anew, from its labels and predictions, what lists and counts show of each scan.

    The program keeps this true by itself. The command is for a database that was repaired or
    written to by other programs. Nothing that a person did is changed, and the app can run
    meanwhile.
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.catalogue import state_rebuild

    workbench = open_for_system_user()
    with options.bar("Comparing") as progress:
        mended = state_rebuild.rebuild_state(workbench, progress)
    say(
        f"Put right what lists show of {options.count_of(mended, 'scan', 'scans')}."
        if mended
        else "Lists show of every scan what its history says."
    )
