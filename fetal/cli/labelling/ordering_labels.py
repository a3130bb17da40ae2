"""`fetal label-next`: which scans to label next, and what more labels would bring."""

from pathlib import Path

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import complain, say

_HEADER = ("place", "scan", "model says", "probability")


@click.command(name="label-next", short_help="Put scans without a label into order.")
@options.result("--csv", "table", help="A table of the order; - is standard output.")
@options.who
@options.workspace
def label_next(table: Path | None, who: str) -> None:
    """Put the scans without a label into the order in which labels teach most.

    First come scans that the model doubts, that look like nothing labelled yet, and planes with
    few labels. Also tells what more labels would bring.

    \b
    Examples:
        fetal label-next
        fetal label-next --csv order.csv
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.store.states import CheckKind, RunState
    from fetal.workbench.label_quality import check_requests, suspects

    output.reserve_stdout(table)
    workbench = open_for_system_user()
    with options.bar("Ordering") as on_progress:
        done = check_requests.check_now(workbench, CheckKind.NEXT, who, on_progress)
    if done.status is not RunState.DONE:
        complain(done.reason or f"Check {done.id} is done by a worker that was quicker.")
        raise SystemExit(1)
    found = suspects.listed_scans(workbench, done.id)
    with output.table(table, _HEADER) as write:
        for place, one in enumerate(found, start=1):
            told = (place, one.name, one.opinion.value, round(one.probability, 4))
            write(dict(zip(_HEADER, told, strict=True)))
    say(f"{options.count_of(len(found), 'scan', 'scans')} without a label are in order.")
    for one in done.result.get("forecasts", []):
        value, low, high = (100 * one[name] for name in ("value", "low", "high"))
        say(
            f"{one['more']} more labels: {value:+.1f} points of right answers "
            f"({low:+.1f} to {high:+.1f})."
        )
    if "too_few" in done.result:
        say(f"No forecast: {done.result['too_few']}")
