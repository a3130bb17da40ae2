"""`fetal predict`: planes of image files, without any workspace."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.given_files import expand
from fetal.cli.terminal.output import STANDARD, complain, say
from fetal.planes import PLANES

if TYPE_CHECKING:
    from fetal.predict import Model, Prediction

_HEADER = (
    *("file", "plane", "probability", "doubt", "unfamiliarity", *PLANES, "plane_set"),
    *("second_reader", "readers_agree", "error"),
)
# As in fetal.explain, which takes its time to import.
_MAPS = ("cividis", "viridis", "inferno", "magma")
_METHODS = ("grad-cam", "grad-cam++", "hirescam", "eigen-cam", "score-cam")


@click.command(short_help="Name the plane of image files.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@options.model
@click.option(
    "--overlay",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for pictures of each scan with the heat map over it.",
)
@options.result("--csv", "table", help="A table of all results; - is standard output.")
@click.option(
    "--plane",
    type=click.Choice([plane.value for plane in PLANES]),
    help="Explain this plane in the overlays  [default: the predicted one]",
)
@click.option(
    "--method",
    default=_METHODS[0],
    show_default=True,
    type=click.Choice(_METHODS),
    help="How the overlays explain; score-cam takes some seconds a scan.",
)
@click.option(
    "--frames",
    default=5,
    show_default=True,
    type=click.IntRange(1, 40),
    help="Of a DICOM film, name at most so many frames: those that look most like a plane.",
)
@click.option("--opacity", default=0.5, show_default=True, type=click.FloatRange(0, 1))
@click.option("--colours", default="cividis", show_default=True, type=click.Choice(_MAPS))
def predict(
    files: tuple[Path, ...],
    model_folder: Path | None,
    overlay: Path | None,
    table: Path | None,
    frames: int,
    **look: Any,
) -> None:
    """Name the plane of image FILES (PNG, JPEG, TIFF, BMP, WebP, DICOM; or folders of them).

    A file that cannot be read gets one line, and the others go on; the exit status is then 1.
    What lies in a folder and is no picture is only counted. The file - is standard input.
    No workspace is touched, and nothing is kept but what you ask for. Each line of the table is
    on the disk as soon as its scan is done.

    \b
    Examples:
        fetal predict scans/*.png --overlay out/ --csv results.csv
        cat scan.png | fetal predict - --csv -
    """
    from fetal.predict import load_model

    output.reserve_stdout(table)
    model = load_model(model_folder)
    drawn: set[str] = set()
    refused = False
    with output.table(table, _HEADER) as write:
        for path in expand(files):
            for row, prediction in _seen(model, path, frames):
                write(row)
                if prediction is None:
                    refused = True
                    complain(f"{row['file']}: {row['error']}")
                    continue
                say(f"{row['file']}: {_in_words(prediction)}")
                if overlay is not None:
                    target = overlay / _picture_name(Path(row["file"]), drawn)
                    _draw(model, prediction, target, look)
    if refused:
        raise SystemExit(1)


def _seen(
    model: "Model", path: Path, frames: int
) -> Iterator[tuple[dict[str, str], "Prediction | None"]]:
    """A line of the table for a scan, and for each of the best frames of a film."""
    from fetal.scans import ScanError

    try:
        for file, prediction in _predictions(model, path, frames):
            yield _row(file, prediction), prediction
    except ScanError as error:
        yield _refused(path, str(error)), None
    except OSError as error:
        yield _refused(path, f"The file cannot be read ({error.strerror})."), None


def _predictions(model: "Model", path: Path, frames: int) -> Iterator[tuple[Path, "Prediction"]]:
    from fetal.scans import is_film, read_scan
    from fetal.scans.deidentification.file_names import frame_name
    from fetal.scans.limits import read_within
    from fetal.workbench.ingest.cine_upload import propose

    data = sys.stdin.buffer.read() if path == STANDARD else read_within(path)
    if not is_film(data):
        yield path, model.predict(read_scan(data, path.name))
        return
    for frame in propose(data, path.name, model, frames)[0]:
        if frame.prediction is not None:
            yield path.with_name(frame_name(path.name, frame.index)), frame.prediction


def _refused(path: Path, why: str) -> dict[str, str]:
    return dict.fromkeys(_HEADER, "") | {"file": output.name_of(path), "error": why}


def _row(file: Path, prediction: "Prediction") -> dict[str, str]:
    from fetal.predict.second_opinion import opinion_cells

    second, agree = opinion_cells(prediction.second_opinion)
    said = {plane.value: f"{prediction.probabilities[plane]:.4f}" for plane in PLANES}
    return dict.fromkeys(_HEADER, "") | {
        "file": output.name_of(file),
        "plane": prediction.plane.value,
        "probability": f"{prediction.confidence:.4f}",
        "doubt": prediction.words,
        "unfamiliarity": f"{prediction.unfamiliarity:.4f}",
        **said,
        "plane_set": "" if prediction.plane_set is None else prediction.plane_set.words,
        "second_reader": second,
        "readers_agree": agree,
    }


def _in_words(prediction: "Prediction") -> str:
    from fetal.metrics import percent

    if prediction.doubt == "unknown":
        return prediction.words
    return f"{prediction.plane.title}, {percent(prediction.confidence, 1)}. {prediction.words}"


def _draw(model: "Model", prediction: "Prediction", target: Path, look: dict[str, Any]) -> None:
    from PIL import Image

    from fetal.planes import Plane

    plane = Plane(look["plane"]) if look["plane"] else None
    chosen = look["method"]
    heat = None if chosen == _METHODS[0] else model.explain(prediction, chosen)
    picture = prediction.overlay(plane, look["opacity"], look["colours"], heat)
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(target)


def _picture_name(path: Path, taken: set[str]) -> str:
    """A name of its own for each scan: files of the same name may come from several folders."""
    name, number = f"{path.stem}.png", 1
    while name in taken:
        number += 1
        name = f"{path.stem}-{number}.png"
    taken.add(name)
    return name
