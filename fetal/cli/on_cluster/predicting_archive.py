"""`fetal predict-archive`: planes of very many files, on every process that there is."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.output import complain, name_of, say
from fetal.cli.terminal.stop_key import stopping
from fetal.progress import Progress

if TYPE_CHECKING:
    from fetal.cluster.archive_run import Estimate

LIBRARY = "library"
"""The source that is the workspace's own scans."""

_NAMED = 20
"""How many files that were refused are named; the table has all of them."""


@click.command(short_help="Name the plane of all files of an archive.")
@click.argument("source")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table of results, a file in Parquet.",
)
@options.model
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes of this computer that share the work and its cores; of no account where "
    "FETAL_CLUSTER names a scheduler.",
)
@click.option(
    "--frames",
    default=5,
    show_default=True,
    type=click.IntRange(1, 40),
    help="Of a DICOM film, name at most so many frames: those that look most like a plane.",
)
@click.option(
    "--price",
    type=click.FloatRange(0),
    help="What a process costs an hour, to estimate what the work costs.",
)
@click.option(
    "--estimate",
    "only_estimate",
    is_flag=True,
    help="Stop after the first files, once it is known how long the rest takes. They stay done.",
)
@options.who
@options.workspace
def predict_archive(
    source: str,
    out: Path,
    model_folder: Path | None,
    workers: int,
    frames: int,
    price: float | None,
    only_estimate: bool,
    who: str,
) -> None:
    """Name the plane of every picture and film of SOURCE, and write a table of all.

    SOURCE is a folder; a prefix of a bucket, such as s3://bucket/archive; or a DICOMweb search for
    instances, such as "https://pacs/dicom-web/instances?Modality=US". Or it is the word library,
    for all stored scans of the workspace; the model that predicts there then predicts them, and
    what it says is kept there too. No other SOURCE touches the workspace. Stopped with Ctrl-C, or
    killed, the same command goes on where it was. A file that cannot be read has a line with the
    reason, and the others go on; the exit status is then 1.

    \b
    Examples:
        fetal predict-archive /data/archive --out results.parquet --workers 4
        fetal predict-archive s3://bucket/archive --out results.parquet --estimate --price 0.40
        fetal predict-archive library --out results.parquet
    """
    if source == LIBRARY:
        if model_folder is not None or only_estimate:
            raise click.UsageError("The library is predicted by its own model, without --estimate.")
        _predict_library(out, workers, who)
        return
    from fetal.bundle import Bundle
    from fetal.cluster.archive_run import ArchiveRun
    from fetal.cluster.archive_sources.choose_source import choose_source
    from fetal.configuration.overview import check_settings
    from fetal.predict import shipped_folder

    check_settings()
    bundle = Bundle.open(model_folder or shipped_folder())

    def on_estimate(estimate: "Estimate") -> bool:
        complain(_in_words(estimate, price))
        return not only_estimate

    with stopping() as stop, options.bar("Predicting") as on_progress:
        run = ArchiveRun(
            choose_source(source),
            bundle,
            out,
            workers=workers,
            frames=frames,
            on_standing=lambda one: on_progress(Progress(one.done, one.files)),
            on_estimate=on_estimate,
            stop=stop,
        )
        standing, refused = run.run(_NAMED)
    for item, why in refused:
        complain(f"{name_of(Path(item))}: {why}")
    if standing.refused > len(refused):
        more = standing.refused - len(refused)
        complain(f"{options.count_of(more, 'more file was', 'more files were')} refused.")
    if standing.done < standing.files:
        say(f"{standing.done:,} of {standing.files:,} files are done. Give the command again.")
        return
    read = options.count_of(standing.files - standing.refused, "file", "files")
    say(f"Predicted {read}; wrote {name_of(out)}.")
    if standing.refused:
        raise SystemExit(1)


def _predict_library(out: Path, workers: int, who: str) -> None:
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.models.library_predictions import predict_library

    workbench = open_for_system_user()
    with stopping() as stop, options.bar("Predicting") as on_progress:
        done = predict_library(
            workbench, out, who, workers=workers, on_progress=on_progress, stop=stop
        )
    if done is None:
        say("Stopped. Give the command again to go on where it was.")
        return
    count, left_out = done
    for name in left_out:
        complain(f"{name}: the picture is missing or damaged.")
    predicted = options.count_of(count - len(left_out), "scan", "scans")
    say(f"Predicted {predicted}; wrote {name_of(out)}.")
    if left_out:
        raise SystemExit(1)


def _in_words(estimate: "Estimate", price: float | None) -> str:
    files = options.count_of(estimate.files, "file", "files")
    time = _time(estimate.seconds)
    cost = "" if price is None else f", at a price of {estimate.price(price):,.2f}"
    processes = options.count_of(estimate.workers, "process", "processes")
    return (
        f"{files} are left: about {time} with {processes}{cost} "
        f"(measured on {estimate.measured:,})."
    )


def _time(seconds: float) -> str:
    """A time in words.

    Example:
        >>> _time(5400.0)
        '1 h 30 min'
    """
    minutes = round(seconds / 60)
    if minutes == 0:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"
