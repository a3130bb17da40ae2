"""`fetal label-quality`: which labels are likely wrong."""

from pathlib import Path
from typing import Any

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import complain, say

_HEADER = ("place", "scan", "label", "model says", "probability", "quality", "locked for testing")
_SHOWN = 20


@click.command(name="label-quality", short_help="List labels that are likely wrong.")
@click.option("--worker", is_flag=True, help="Leave the work to a worker and do not wait for it.")
@options.result("--csv", "table", help="A table of the list; - is standard output.")
@options.who
@options.workspace
def label_quality(worker: bool, table: Path | None, who: str) -> None:
    """Rank the labels of the workspace, the most doubtful first.

    Each label is held against what is said by a head that has not seen the patient: logistic
    regression on the features of the network that has learnt from fewest of these scans. The
    features are kept, so that the next check takes seconds. Work through the list on the Dataset
    page, under Labels.

    \b
    Examples:
        fetal label-quality
        fetal label-quality --csv suspects.csv
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.store.states import CheckKind, RunState
    from fetal.workbench.label_quality import check_requests

    output.reserve_stdout(table)
    workbench = open_for_system_user()
    if worker:
        asked = check_requests.ask_for_check(workbench, CheckKind.MISTAKES, who)
        say(f"Check {asked.id} waits for a worker.")
        return
    with options.bar("Checking") as on_progress:
        done = check_requests.check_now(workbench, CheckKind.MISTAKES, who, on_progress)
    if done.status is not RunState.DONE:
        complain(done.reason or f"Check {done.id} is done by a worker that was quicker.")
        raise SystemExit(1)
    _tell(workbench, done.id, done.result, table)


def _tell(workbench: Any, check_id: int, figures: dict[str, Any], table: Path | None) -> None:
    from fetal.workbench.label_quality.suspects import suspects

    found = suspects(workbench, check_id, most=10**6)
    with output.table(table, _HEADER) as write:
        for one in found:
            told = (
                *(one.place + 1, one.scan.name, one.label.value, one.opinion.value),
                *(round(one.probability, 4), round(one.quality, 4)),
                "yes" if one.held_out else "",
            )
            write(dict(zip(_HEADER, told, strict=True)))
    for one in found[:_SHOWN]:
        say(f"{one.scan.name}  {one.label.value}  model: {one.opinion.value}")
    scans = options.count_of(figures["scans"], "label", "labels")
    say(
        f"Held {scans} against one another by the features of {figures['network']}: about "
        f"{figures['likely_wrong']:,} likely wrong, {len(found):,} listed. Work through them on "
        "the Dataset page, under Labels."
    )
    if figures["learnt"]:
        say(
            f"{figures['network']} has itself learnt from {figures['learnt']:,} scans here: a "
            "mistake that it has learnt too may stay hidden."
        )
