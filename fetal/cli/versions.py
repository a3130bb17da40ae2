"""`fetal models`: the versions of a workspace."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import say

if TYPE_CHECKING:
    from fetal.workbench import ModelView, Workbench
    from fetal.workbench.models.promotion import TestSet


@click.group(short_help="See, compare, promote and take along model versions.")
def models() -> None:
    """See, compare, promote and take along the model versions of the workspace.

    MODEL is a version's number or its name, as `fetal models list` shows them.
    """


@models.command(name="list")
@options.workspace
def list_command() -> None:
    """List all versions; the star marks the one that predicts."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.models import promotion as versions

    for view in versions.versions(open_for_system_user()):
        star = "*" if view.is_champion else " "
        say(f"{star} {view.id:>3}  {view.name}  ({view.origin}, {view.added_at:%Y-%m-%d})")


@models.command()
@click.argument("model")
@options.workspace
def show(model: str) -> None:
    """Print a version's card: what it was trained on, its figures and its limits."""
    _, view = _find(model)
    say(json.dumps(view.card, indent=1, ensure_ascii=False))


@models.command()
@click.argument("first")
@click.argument("second")
@options.workspace
def compare(first: str, second: str) -> None:
    """Judge version SECOND beside version FIRST on the locked test set.

    Prints both accuracies, the verdict, and what has joined and left the set.
    """
    from fetal.workbench.models import promotion as versions

    workbench, one = _find(first)
    _, other = _find(second)
    comparison = versions.compare(workbench, one.id, other.id)
    for view, figures in ((one, comparison.first), (other, comparison.second)):
        if figures is not None:
            say(f"{view.name}: {figures.accuracy.percent()}")
    if comparison.verdict is not None:
        open_still = comparison.verdict.verdict == "worse" and not comparison.verdict.certain
        until = ", until more scans show otherwise" if open_still else ""
        say(f"Verdict: {comparison.verdict.verdict}{until}")
    say(comparison.words)
    _print_changes(comparison.locked)


@models.command(name="scores")
@options.workspace
def scores_command() -> None:
    """Measure every version on the locked test set as it is now."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.models import promotion as versions

    for row in versions.scores(open_for_system_user()):
        told = row.accuracy.percent() if row.accuracy else row.problem or "no scan to measure on"
        seen = f", {row.seen} left out: it was trained on them" if row.seen else ""
        say(f"{row.version.name}: {told} ({_counted(row.n_scans, 'scan')}{seen})")


@models.command()
@click.argument("model")
@options.who
@options.workspace
def promote(model: str, who: str) -> None:
    """Let a version predict from now on, for everybody."""
    from fetal.workbench.models import promotion as versions

    workbench, view = _find(model)
    say(f"“{versions.promote(workbench, view.id, who).name}” predicts from now on.")


@models.command()
@options.who
@options.workspace
def rollback(who: str) -> None:
    """Go back to the version that predicted before."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.models import promotion as versions

    workbench = open_for_system_user()
    champion = next((view for view in versions.versions(workbench) if view.is_champion), None)
    seen = champion.id if champion is not None else None
    say(f"“{versions.roll_back(workbench, who, seen).name}” predicts again.")


@models.command()
@click.argument("model")
@click.argument("target", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@options.workspace
def download(model: str, target: Path) -> None:
    """Write a version's folder to TARGET, a ZIP file; - is standard output."""
    from fetal.workbench.models import promotion as versions

    workbench, view = _find(model)
    output.reserve_stdout(target)
    output.write_bytes(target, versions.archive(workbench, view.id))
    say(f"Wrote {output.name_of(target)}.")


def _print_changes(locked: "TestSet") -> None:
    scans, patients = _counted(len(locked.scans), "scan"), _counted(locked.patients, "patient")
    say(f"Locked test set: {scans} of {patients}")
    if locked.joined_at is not None and not locked.first:
        say(f"{locked.joined} joined last, on {locked.joined_at:%Y-%m-%d %H:%M} UTC")
    for gone in locked.left:
        say(f"Left: {gone.name}, {gone.reason} on {gone.at:%Y-%m-%d %H:%M} UTC")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _find(model: str) -> tuple["Workbench", "ModelView"]:
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.models import promotion as versions

    workbench = open_for_system_user()
    for view in versions.versions(workbench):
        if model in (str(view.id), view.name):
            return workbench, view
    raise click.ClickException(f"There is no model “{model}”. See `fetal models list`.")
