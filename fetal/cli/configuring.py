"""`fetal settings`: all settings, their values, and where each value comes from."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import complain, say


@click.command(short_help="List all settings and where each value comes from.")
@options.result("--json", "data", help="Write them as JSON to this file; - is standard output.")
@options.workspace
def settings(data: Path | None) -> None:
    """List all settings, their values, and where each value comes from.

    A value comes from the environment, else from the file fetal.toml in the workspace (or the file
    that FETAL_CONFIG names), else it is the default. Passwords are not shown. The exit status is 1
    if a value cannot be used.
    """
    from fetal.configuration.overview import overview, problems_of_file, unknown_variables

    output.reserve_stdout(data)
    views = overview()
    if data is not None:
        rows = [asdict(view) for view in views]
        output.write_text(data, json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
    else:
        width = max(len(view.name) for view in views)
        for view in views:
            say(f"{view.name:{width}}  {view.value}  ({view.source})")
    for sentence in unknown_variables():
        complain(sentence)
    problems = [*problems_of_file(), *(view.problem for view in views if view.problem)]
    for sentence in problems:
        complain(sentence)
    if problems:
        raise SystemExit(1)
