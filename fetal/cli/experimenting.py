"""`fetal experiment`: compare settings on patients that none of the trainings has seen."""

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fetal.cli.from_packs import pack_options
from fetal.cli.terminal import options
from fetal.cli.terminal.given_files import InputFile
from fetal.cli.terminal.output import say
from fetal.third_party import load_keras

if TYPE_CHECKING:
    from fetal.cli.labelled import LabelledImage
    from fetal.experiments import ExperimentScan
    from fetal.packs import PackFile


def _show(context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder is None:
        return
    from fetal.experiments import Results, tables

    say(tables(Results(folder)))
    context.exit()


@click.command()
@click.argument("sweep", type=InputFile())
@pack_options.packs_or_table
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the results; a sweep that was stopped goes on in it.",
)
@click.option(
    "--weights",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The folder of the weights files that the sweep names  [default: the working folder]",
)
@options.cache
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    help="How many trainings this computer does at the same time; of no account where "
    "FETAL_CLUSTER names a scheduler  [default: one for each GPU]",
)
@click.option(
    "--show",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=_show,
    is_eager=True,
    expose_value=False,
    help="Print the table of a folder of results, train nothing.",
)
def experiment(
    sweep: Path,
    table: Path | None,
    packs: Sequence[str],
    folders: Sequence[Path],
    columns: str | None,
    out: Path,
    weights: Path | None,
    cache: Path | None,
    at_once: int | None,
) -> None:
    """Train and judge every variant that the file SWEEP describes.

    Patients are dealt into folds: each fold is judged by trainings on the others, and some of the
    others' patients stop these early. What is done is kept in OUT: the same command, given again
    after a stop, goes on. With --pack in place of --data, the scans that packs keep to train are
    used, and a sweep may leave out one source or machine at a time. Trainings run in processes of
    this computer, or on the workers of FETAL_CLUSTER, which have to see OUT under the same path.
    """
    pack_options.check_given(table, packs, folders, columns)
    load_keras((cache or out) / "keras")
    from fetal.experiments import read_sweep, run_sweep, tables
    from fetal.experiments.trials_on_cluster import on_cluster

    asked = read_sweep(sweep, weights)
    if table is None:
        cases = _cases_of_packs(packs, folders)
    else:
        cases = _cases_of_table(table, folders[0], columns, asked.official_train)
    do = partial(on_cluster, at_once=at_once)
    results = run_sweep(asked, cases, out.absolute(), say, cache and cache.absolute(), do=do)
    drawn = tables(results)
    (out / "table.md").write_text(drawn + "\n")
    say(drawn)


def _cases_of_packs(packs: Sequence[str], folders: Sequence[Path]) -> "list[ExperimentScan]":
    """What packs hold to train on. Their test scans stay out, whatever the sweep says."""
    from fetal.packs import TRAIN_ROLE

    files = pack_options.pack_files(packs, folders)
    return [_case_of_pack(file) for file in files if file.role == TRAIN_ROLE]


def _case_of_pack(file: "PackFile") -> "ExperimentScan":
    from fetal.experiments import ExperimentScan
    from fetal.planes import Plane
    from fetal.scans.limits import read_within

    def read() -> Any:
        scan = file.read()
        return scan.pixels, scan.sector

    return ExperimentScan(
        name=f"{file.source}: {file.path.name}",
        digest=sha256(read_within(file.path)).hexdigest(),
        plane=file.plane or Plane.OTHER,
        patient=file.patient,
        read=read,
        source=file.source,
        machine=file.machine or "",
        kind=file.kind,
        no_plane=file.plane is None,
    )


def _cases_of_table(
    table: Path, folder: Path, columns: str | None, official_train: bool
) -> "list[ExperimentScan]":
    from fetal.cli.labelled import labelled_images

    images = labelled_images(table, folder, columns=columns)
    return [_case(image, folder) for image in images if not (official_train and image.test)]


def _case(image: "LabelledImage", folder: Path) -> "ExperimentScan":
    from fetal.experiments import ExperimentScan
    from fetal.scans.deidentification.file_names import readable_name
    from fetal.scans.limits import read_within

    def read() -> Any:
        scan = image.read()
        return scan.pixels, scan.sector

    digest = sha256(read_within(image.path)).hexdigest()
    name = readable_name(image.path.relative_to(folder).as_posix())
    return ExperimentScan(
        name, digest, image.plane, image.patient, read, machine=image.machine or ""
    )
