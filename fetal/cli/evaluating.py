"""`fetal evaluate`: how good a model is on labelled images, with honest intervals."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli import options
from fetal.planes import FETAL_PLANES, PLANES

if TYPE_CHECKING:
    from fetal.bundle import Bundle
    from fetal.cli.labelled import LabelledImage
    from fetal.metrics import Evaluation
    from fetal.scans import Scan

FEW = 30
"""Of a plane with fewer scans, no figure is claimed."""


@click.command()
@options.labelled_images
@options.model
@click.option("--official-test", is_flag=True, help="Only images that the table marks Train = 0.")
@click.option(
    "--json",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write all figures to this file too.",
)
@click.option(
    "--card",
    "copy",
    type=click.Path(exists=False, path_type=Path),
    help="Write a copy of the model, with these figures in its card, to this new folder.",
)
def evaluate(
    table: Path,
    folder: Path,
    model_folder: Path | None,
    official_test: bool,
    target: Path | None,
    copy: Path | None,
) -> None:
    """Measure a model on labelled images.

    Images that the model was trained on are left out. Intervals hold 95 of 100 resamplings of the
    patients.
    """
    import numpy as np

    from fetal.bundle import copy_with_card
    from fetal.cli.labelled import labelled_images, readable
    from fetal.metrics import evaluate as measure
    from fetal.predict import load_model

    model = load_model(model_folder)
    images = labelled_images(table, folder)
    if official_test:
        images = [image for image in images if image.test]
    used: list[LabelledImage] = []
    fair = _unseen(readable(images), model.bundle, used)
    said = [list(one.probabilities.values()) for one in model.predict_many(fair)]
    if not used:
        raise click.ClickException("No labelled image is there that the model has not seen.")
    labels = np.array([PLANES.index(image.plane) for image in used])
    chances, patients = np.array(said), [image.patient for image in used]
    fetal = np.isin(labels, [PLANES.index(plane) for plane in FETAL_PLANES])
    if not fetal.any():
        raise click.ClickException("None of the images shows one of the four fetal planes.")
    four = measure(
        labels[fetal],
        chances[fetal],
        [name for name, on in zip(patients, fetal, strict=True) if on],
    )
    every = measure(labels, chances, patients)
    click.echo(f"Model: {model.name}")
    _print(four, every)
    figures = {"four fetal planes": four.to_json(), "all six planes": every.to_json()}
    if target is not None:
        target.write_text(json.dumps({"model": model.bundle.digest, **figures}, indent=1))
    if copy is not None:
        card = model.bundle.card
        copy_with_card(model.bundle, replace(card, metrics=card.metrics | figures), copy)
        click.echo(f"The model with these figures in its card is in {copy}.")


def _unseen(
    scans: "Iterator[tuple[LabelledImage, Scan]]", bundle: "Bundle", used: "list[LabelledImage]"
) -> "Iterator[Scan]":
    seen = bundle.trained_on()
    left_out = 0
    for image, scan in scans:
        if scan.digest in seen:
            left_out += 1
        else:
            used.append(image)
            yield scan
    if left_out:
        images = options.count_of(left_out, "image was", "images were")
        which = "it" if left_out == 1 else "them"
        options.complain(f"{images} left out, because the model was trained on {which}.")


def _print(four: "Evaluation", every: "Evaluation") -> None:
    click.echo(f"Accuracy over the four fetal planes: {four.accuracy.percent()}")
    click.echo(f"  on {four.n} scans of {four.patients} patients; patients resampled")
    click.echo(f"Mean of the planes' hit rates: {four.balanced_accuracy.percent()}")
    click.echo(f"Gap between stated and true confidence: {100 * four.ece:.1f} points")
    rows = [("Plane", "n", "found", "right when named")]
    for plane in PLANES:
        figures = every.per_plane.get(plane)
        count = figures.n if figures else 0
        few = plane not in FETAL_PLANES and count < FEW
        rows.append(
            (
                plane.title,
                str(count),
                figures.recall.percent() if figures and count else "–",
                "too few to claim anything"
                if few
                else figures.precision.percent()
                if figures
                else "–",
            )
        )
    _columns(rows)
    click.echo("What was taken for what (rows: the truth, columns: the model):")
    names = [plane.value for plane in PLANES]
    lines = zip(names, every.confusion, strict=True)
    _columns([("", *names), *((name, *map(str, line)) for name, line in lines)])


def _columns(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  " + "  ".join(cells).rstrip())
