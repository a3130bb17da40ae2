"""`fetal evaluate`: how good a model is on labelled images, with honest intervals."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import STANDARD, complain, say

if TYPE_CHECKING:
    from fetal.bundle import Bundle
    from fetal.cli.labelled import LabelledImage, SamePictures
    from fetal.evaluation import Case, LabelledScan, Report, Withstood
    from fetal.predict import Model

LEARNT = "the model was trained on it"
ALIKE = "it looks like a scan that the model was trained on"

Images = dict[str, "LabelledImage"]
"""The images that were measured, by the digest of their scan."""


def _file(name: str, words: str) -> Callable[[options.Command], options.Command]:
    return options.result(name, metavar="FILE", help=words)


@click.command()
@options.labelled_images
@options.model
@click.option("--official-test", is_flag=True, help="Only images that the table marks Train = 0.")
@click.option(
    "--corruptions",
    is_flag=True,
    help="Measure also what the model withstands: the same scans darker, blurred, cropped …",
)
@_file("--json", "Write the whole report to this file.")
@_file("--html", "Write the report as a page that stands alone.")
@click.option(
    "--no-pictures",
    is_flag=True,
    help="Leave the scans of the worst errors out of the page: they are patients’ data.",
)
@_file("--card-text", "Write a model card in Markdown.")
@click.option(
    "--card",
    type=click.Path(exists=False, path_type=Path),
    metavar="FOLDER",
    help="Write a copy of the model, with these figures in its card, to this new folder.",
)
def evaluate(
    table: Path,
    folder: Path,
    model_folder: Path | None,
    columns: str | None,
    official_test: bool,
    corruptions: bool,
    no_pictures: bool,
    **targets: Path | None,
) -> None:
    """Measure a model on labelled images.

    Images that the model was trained on are left out. Intervals hold 95 of 100 resamplings of the
    patients.
    """
    from fetal.cli.labelled import CONTRADICTED, SamePictures, labelled_images
    from fetal.cli.terminal.figures import print_figures
    from fetal.evaluation import NothingToMeasureError, examine, measure
    from fetal.predict import load_model

    output.reserve_stdout(targets["json"], targets["html"], targets["card_text"])
    _check(targets)
    model = load_model(model_folder)
    left_out: Counter[str] = Counter()
    images = labelled_images(
        table, folder, columns=columns, only_test=official_test, left_out=left_out
    )
    used: Images = {}
    same = SamePictures()
    unseen = _unseen(images, model.bundle, used, left_out, same)
    asked = list(examine(model, unseen))
    cases = [case for case in asked if case.digest not in same.contradicted]
    left_out[CONTRADICTED] += len(asked) - len(cases)
    name = f"{table.name}, only Train = 0" if official_test else table.name
    try:
        withstood = _withstood(model, cases, used) if corruptions else ()
        report = measure(cases, model.bundle, name, left_out=left_out, withstood=withstood)
    except NothingToMeasureError as error:
        raise click.ClickException(str(error)) from error
    print_figures(report, {digest: image.path for digest, image in used.items()})
    _write(report, model, {} if no_pictures else used, targets)


def _check(targets: dict[str, Path | None]) -> None:
    """Refuse what could not be written, before minutes are spent on it."""
    for path in targets.values():
        if path is None or path == STANDARD:
            continue
        if not path.absolute().parent.is_dir():
            raise click.ClickException(f"The folder of {path} does not exist. Make it first.")
    if (copy := targets["card"]) is not None and copy.exists():
        raise click.ClickException(f"{copy} exists already. Choose another folder.")


def _unseen(
    images: list["LabelledImage"],
    bundle: "Bundle",
    used: Images,
    left_out: Counter[str],
    same: "SamePictures",
) -> Iterator["LabelledScan"]:
    from fetal.cli.labelled import readable
    from fetal.evaluation import LabelledScan
    from fetal.scans.similarity.perceptual_hash import near_duplicate_hash

    learnt = bundle.training_list()
    for image, scan in readable(images, left_out, same):
        if scan.digests & learnt.digests:
            left_out[LEARNT] += 1
        elif learnt.alike(near_duplicate_hash(scan.pixels, scan.sector)[None]).any():
            left_out[ALIKE] += 1
        else:
            used[scan.digest] = image
            yield LabelledScan(scan, image.plane, image.patient, image.machine or scan.machine)
    if known := left_out[LEARNT]:
        said = options.count_of(known, "image was", "images were")
        which = "it" if known == 1 else "them"
        complain(f"{said} left out, because the model was trained on {which}.")
    if alike := left_out[ALIKE]:
        said = options.count_of(alike, "image looks", "images look")
        complain(f"{said} like scans that the model was trained on; left out.")


def _withstood(model: "Model", cases: list["Case"], used: Images) -> tuple["Withstood", ...]:
    from fetal.evaluation import withstand

    with options.bar("Corrupted scans") as on_progress:
        return withstand(model, cases, lambda case: used[case.digest].grey(), on_progress)


def _write(
    report: "Report", model: "Model", pictures: Images, targets: dict[str, Path | None]
) -> None:
    from fetal.bundle import copy_with_card
    from fetal.evaluation import exhibits, to_html, to_markdown

    card = model.bundle.card
    if path := targets["json"]:
        output.write_text(path, json.dumps(report.to_json(), indent=1, ensure_ascii=False))
    if path := targets["html"]:
        worst = report.worst if pictures else ()
        shown = exhibits(model, worst, lambda digest: pictures[digest].read())
        output.write_text(path, to_html(report, card, shown))
    if path := targets["card_text"]:
        output.write_text(path, to_markdown(report, card))
    if path := targets["card"]:
        measured = replace(card, metrics=card.metrics | report.figures())
        copy_with_card(model.bundle, measured, path)
        say(f"The model with these figures in its card is in {path}.")
