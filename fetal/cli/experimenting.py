"""`fetal experiment`: compare settings on patients that none of the trainings has seen."""

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.given_files import InputFile
from fetal.cli.terminal.output import say
from fetal.third_party import load_keras

if TYPE_CHECKING:
    from fetal.cli.labelled import LabelledImage
    from fetal.experiments import ExperimentScan


def _show(context: click.Context, _option: click.Parameter, folder: Path | None) -> None:
    if folder is None:
        return
    from fetal.experiments import Results, compare, markdown

    say(markdown(compare(Results(folder))))
    context.exit()


@click.command()
@click.argument("sweep", type=InputFile())
@options.labelled_images
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
    "--show",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    callback=_show,
    is_eager=True,
    expose_value=False,
    help="Print the table of a folder of results, train nothing.",
)
def experiment(
    sweep: Path,
    table: Path,
    folder: Path,
    columns: str | None,
    out: Path,
    weights: Path | None,
    cache: Path | None,
) -> None:
    """Train and judge every variant that the file SWEEP describes.

    Patients are dealt into folds: each fold is judged by trainings on the others, and some of the
    others' patients stop these early. What is done is kept in OUT: the same command, given again
    after a stop, goes on.
    """
    load_keras((cache or out) / "keras")
    from fetal.cli.labelled import labelled_images
    from fetal.experiments import compare, markdown, read_sweep, run_sweep

    asked = read_sweep(sweep, weights)
    images = [
        image
        for image in labelled_images(table, folder, columns=columns)
        if not (asked.official_train and image.test)
    ]
    cases = [_case(image, folder) for image in images]
    results = run_sweep(asked, cases, out, say, cache)
    drawn = markdown(compare(results))
    (out / "table.md").write_text(drawn + "\n")
    say(drawn)


def _case(image: "LabelledImage", folder: Path) -> "ExperimentScan":
    from fetal.experiments import ExperimentScan
    from fetal.scans.deidentification.file_names import readable_name
    from fetal.scans.limits import read_within

    def read() -> Any:
        scan = image.read()
        return scan.pixels, scan.sector

    digest = sha256(read_within(image.path)).hexdigest()
    name = readable_name(image.path.relative_to(folder).as_posix())
    return ExperimentScan(name, digest, image.plane, image.patient, read)
