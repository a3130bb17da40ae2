"""`fetal evaluate`: how good a model is on labelled images, with honest intervals."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import click

from fetal.cli.from_packs import pack_options
from fetal.cli.from_packs.measuring_packs import Kept, evaluate_packs, refuse_beside_packs
from fetal.cli.measuring.kept_card import keep_card
from fetal.cli.measuring.learnt_scans import ALIKE, LEARNT, Learnt
from fetal.cli.measuring.strange_pictures import ask_about, parse_strange
from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import STANDARD, complain

if TYPE_CHECKING:
    from fetal.cli.labelled import LabelledImage
    from fetal.cli.measuring.strange_pictures import StrangeFolder
    from fetal.cli.readable_images import SamePictures
    from fetal.evaluation import Case, LabelledScan, Report, Withstood
    from fetal.predict import Model

Images = dict[str, "LabelledImage"]
"""The images that were measured, by the digest of their scan."""


def _file(name: str, words: str) -> Callable[[options.Command], options.Command]:
    return options.result(name, metavar="FILE", help=words)


@click.command()
@pack_options.packs_or_table
@options.model
@click.option(
    "--role",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Of a pack: the scans that it keeps to test, those to train, or all.",
)
@click.option("--official-test", is_flag=True, help="Only images that the table marks Train = 0.")
@click.option(
    "--corruptions",
    is_flag=True,
    help="Measure also what the model withstands: the same scans darker, blurred, cropped …",
)
@click.option(
    "--strange",
    multiple=True,
    metavar="KIND=FOLDER",
    callback=parse_strange,
    help="Measure also how it notices pictures that it has not learnt: a kind, such as other "
    "anatomy, other device or no ultrasound, and their folder. May be given several times.",
)
@click.option(
    "--beside",
    multiple=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Compare with this model on the same images. May be given several times.",
)
@_file("--json", "Write the whole report to this file.")
@_file("--html", "Write the report as a page that stands alone.")
@click.option(
    "--no-pictures",
    is_flag=True,
    help="Leave the scans of the worst errors out of the page: they are patients’ data.",
)
@_file("--card-text", "Write a model card in Markdown.")
@_file("--checklist", "Write which question of which reporting guideline is answered where (JSON).")
@click.option(
    "--card",
    type=click.Path(exists=False, path_type=Path),
    metavar="FOLDER",
    help="Write a copy of the model, with these figures in its card, to this new folder.",
)
@click.option(
    "--update-card", is_flag=True, help="Write these figures into the card of the model itself."
)
def evaluate(
    table: Path | None,
    packs: tuple[str, ...],
    folders: tuple[Path, ...],
    role: str,
    model_folder: Path | None,
    columns: str | None,
    official_test: bool,
    corruptions: bool,
    no_pictures: bool,
    update_card: bool,
    strange: tuple["StrangeFolder", ...],
    beside: tuple[Path, ...],
    **targets: Path | None,
) -> None:
    """Measure a model on labelled images.

    Images that the model was trained on are left out. Intervals hold 95 of 100 resamplings of the
    patients. With --pack in place of --data, other sources are measured: what comes out is printed,
    and kept in the card (--update-card, --card), from where every later page shows it.
    """
    from fetal.cli.labelled import labelled_images
    from fetal.cli.readable_images import CONTRADICTED, SamePictures
    from fetal.cli.terminal.figures import print_figures
    from fetal.evaluation import NothingToMeasureError, examine, measure
    from fetal.predict import load_model

    pack_options.check_given(table, packs, folders, columns)
    output.reserve_stdout(*(targets[name] for name in ("json", "html", "card_text", "checklist")))
    _check(targets)
    model = load_model(model_folder)
    if table is None:
        asked_more = (official_test, corruptions, no_pictures, strange, beside)
        pages = [targets[name] for name in ("html", "card_text", "checklist")]
        refuse_beside_packs(any(asked_more) or any(pages))
        kept = Kept(targets["json"], targets["card"], update_card)
        evaluate_packs(model, packs, folders, role, kept)
        return
    others = [load_model(one) for one in beside]
    learnt = Learnt(one.bundle for one in (model, *others))
    left_out: Counter[str] = Counter()
    images = labelled_images(
        table, folders[0], columns=columns, only_test=official_test, left_out=left_out
    )
    used: Images = {}
    same = SamePictures()
    began = perf_counter()
    asked = list(examine(model, _unseen(images, learnt, used, left_out, same)))
    seconds = perf_counter() - began
    cases = [case for case in asked if case.digest not in same.contradicted]
    left_out[CONTRADICTED] += len(asked) - len(cases)
    name = f"{table.name}, only Train = 0" if official_test else table.name
    strangers = ask_about(model, strange, learnt.why)
    try:
        withstood = _withstood(model, cases, used) if corruptions else ()
        report = measure(
            cases,
            model.bundle,
            name,
            left_out=left_out,
            withstood=withstood,
            strange=strangers.cases,
            strangers_left_out=strangers.left_out,
            others={other.name: _same_scans(other, cases, used) for other in others},
            seconds=seconds,
        )
    except NothingToMeasureError as error:
        raise click.ClickException(str(error)) from error
    print_figures(report, {digest: image.path for digest, image in used.items()})
    _write(report, model, {} if no_pictures else used, targets, update_card=update_card)


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
    learnt: Learnt,
    used: Images,
    left_out: Counter[str],
    same: "SamePictures",
) -> Iterator["LabelledScan"]:
    from fetal.cli.readable_images import readable
    from fetal.evaluation import LabelledScan

    for image, scan in readable(images, left_out, same):
        if why := learnt.why(scan):
            left_out[why] += 1
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


def _same_scans(other: "Model", cases: list["Case"], used: Images) -> list["Case"]:
    """What another model says of the scans that were measured, in their order."""
    from fetal.evaluation import LabelledScan, examine

    scans = (
        LabelledScan(used[case.digest].read(), case.plane, case.patient, case.machine)
        for case in cases
    )
    return list(examine(other, scans))


def _withstood(model: "Model", cases: list["Case"], used: Images) -> tuple["Withstood", ...]:
    from fetal.evaluation import withstand

    with options.bar("Corrupted scans") as on_progress:
        return withstand(model, cases, lambda case: used[case.digest].grey(), on_progress)


def _write(
    report: "Report",
    model: "Model",
    pictures: Images,
    targets: dict[str, Path | None],
    *,
    update_card: bool,
) -> None:
    from fetal.evaluation import exhibits, to_html, to_markdown
    from fetal.evaluation.reviewing.checklist import checklist_of

    card = model.bundle.card
    if path := targets["json"]:
        output.write_text(path, json.dumps(report.to_json(), indent=1, ensure_ascii=False))
    if path := targets["html"]:
        worst = report.worst if pictures else ()
        shown = exhibits(model, worst, lambda digest: pictures[digest].read())
        output.write_text(path, to_html(report, card, shown))
    if path := targets["card_text"]:
        output.write_text(path, to_markdown(report, card))
    if path := targets["checklist"]:
        answered = checklist_of(report, card)
        output.write_text(path, json.dumps(answered.to_json(), indent=1, ensure_ascii=False))
    measured = replace(card, metrics=card.metrics | report.figures())
    keep_card(model.bundle, measured, targets["card"], update=update_card)
