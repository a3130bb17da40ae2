"""`fetal predict-archive`: planes of very many files, on every process that there is."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from fetal.cli.terminal import options
from fetal.cli.terminal.output import complain, name_of, say
from fetal.cli.terminal.stop_key import stopping
from fetal.cli.terminal.times import time_in_words
from fetal.progress import Progress

if TYPE_CHECKING:
    from fetal.cluster.archive_run import Estimate
    from fetal.cluster.shard_ledger import Standing
    from fetal.jobs.batches.asked_for import ArchiveJob

    Ran = tuple[Standing, list[tuple[str, str]]]

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
@click.option(
    "--title",
    help="What the page that lists jobs calls it; names no patient.  [default: the kind of SOURCE]",
)
@options.who
@options.workspace
@click.pass_context
def predict_archive(
    context: click.Context,
    source: str,
    out: Path,
    model_folder: Path | None,
    workers: int,
    frames: int,
    price: float | None,
    only_estimate: bool,
    title: str | None,
    who: str,
) -> None:
    """Name the plane of every picture and film of SOURCE, and write a table of all.

    SOURCE is a folder; a prefix of a bucket, such as s3://bucket/archive; or a DICOMweb search for
    instances, such as "https://pacs/dicom-web/instances?Modality=US". Or it is the word library,
    for all stored scans of the workspace; the model that predicts there then predicts them, and
    what it says is kept there too. Of another SOURCE, --workspace has the workspace list it as a
    job with how far it is, to be cancelled or tried again there; without it, no workspace is
    touched. Stopped with Ctrl-C, or killed, the same command goes on where it was. A file that
    cannot be read has a line with the reason, and the others go on; the exit status is then 1.

    \b
    Examples:
        fetal predict-archive /data/archive --out results.parquet --workers 4
        fetal predict-archive s3://bucket/archive --out results.parquet --estimate --price 0.40
        fetal predict-archive /data/archive --out results.parquet --workspace /data/fetal
        fetal predict-archive library --out results.parquet
    """
    if source == "library":
        if model_folder is not None or only_estimate:
            raise click.UsageError("The library is predicted by its own model, without --estimate.")
        _predict_library(out, workers, who)
        return
    from fetal.configuration.overview import check_settings
    from fetal.jobs.batches.asked_for import ArchiveJob

    check_settings()
    model = str(model_folder.absolute()) if model_folder else None
    job = ArchiveJob(source, str(out.absolute()), model, workers, frames, price)

    def on_estimate(estimate: "Estimate") -> bool:
        complain(_in_words(estimate, price))
        return not only_estimate

    listed = context.get_parameter_source("workspace") is ParameterSource.COMMANDLINE
    with stopping() as stop, options.bar("Predicting") as on_progress:
        run = partial(_predict_into, who, title) if listed else _predict_alone
        standing, refused = run(
            job,
            on_estimate=on_estimate,
            on_standing=lambda one: on_progress(Progress(one.done, one.files)),
            stop=stop,
        )
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


def _predict_alone(job: "ArchiveJob", **asked: Any) -> "Ran":
    from fetal.bundle import Bundle
    from fetal.cluster.archive_run import ArchiveRun
    from fetal.cluster.archive_sources.choose_source import choose_source
    from fetal.predict import shipped_folder

    run = ArchiveRun(
        choose_source(job.source),
        Bundle.open(job.model or shipped_folder()),
        Path(job.out),
        workers=job.workers,
        frames=job.frames,
        **asked,
    )
    return run.run(_NAMED)


def _predict_into(who: str, title: str | None, job: "ArchiveJob", **asked: Any) -> "Ran":
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.archive_jobs import predict_archive_into

    workbench = open_for_system_user()
    return predict_archive_into(workbench, job, who, title=title, refusals=_NAMED, **asked)


def _predict_library(out: Path, workers: int, who: str) -> None:
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.library_jobs import predict_library_into

    workbench = open_for_system_user()
    with stopping() as stop, options.bar("Predicting") as on_progress:
        done = predict_library_into(
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
    time = time_in_words(estimate.seconds)
    cost = "" if price is None else f", at a price of {estimate.price(price):,.2f}"
    processes = options.count_of(estimate.workers, "process", "processes")
    return (
        f"{files} are left: about {time} with {processes}{cost} "
        f"(measured on {estimate.measured:,})."
    )
