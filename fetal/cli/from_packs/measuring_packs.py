"""`fetal evaluate --pack`: how good a model is on data sets that the program knows."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.from_packs import pack_options
from fetal.cli.measuring.kept_card import keep_card
from fetal.cli.measuring.learnt_scans import Learnt
from fetal.cli.terminal import output
from fetal.cli.terminal.aligned_columns import columns
from fetal.cli.terminal.output import say

if TYPE_CHECKING:
    from fetal.cli.readable_images import SamePictures
    from fetal.evaluation import LabelledScan
    from fetal.evaluation.other_sources import OtherSource, SourceRow
    from fetal.packs import PackFile
    from fetal.predict import Model

EVERY_ROLE = "all"
HEADINGS = (
    *("source", "shows", "n", "patients", "right", "sure and wrong"),
    *("asked for a check", "no plane it knows"),
)

REPEATED = "the same picture is among these scans already"
NO_SCAN = "None of these scans is there that the model has not learnt from"


@dataclass(frozen=True)
class Kept:
    """Where figures go, besides the terminal.

    Attributes:
        json_file: the file that is to hold them.
        copy: a new folder for a copy of the model with them in its card.
        update: whether the model's own card is to hold them.
    """

    json_file: Path | None
    copy: Path | None
    update: bool


def refuse_beside_packs(asked: bool) -> None:
    """Make sure that no option was given that only a table of labels has.

    Raises:
        click.UsageError: one was.
    """
    if asked:
        raise click.UsageError(
            "Beside --pack expected --model, --role, --json, --card or --update-card only. Pages "
            "are written with --data; they show what the card holds of other sources."
        )


def evaluate_packs(
    model: "Model", packs: Sequence[str], folders: Sequence[Path], role: str, kept: Kept
) -> None:
    """Measure a model on packs, print the figures, and keep them where it is asked for.

    Args:
        model: the model.
        packs: their names.
        folders: a folder for each.
        role: which scans are measured: `test`, `train` or `all`.
        kept: where the figures go.

    Raises:
        click.ClickException: nothing is left to measure.
    """
    from fetal.evaluation.other_sources import with_other_sources

    found: dict[str, OtherSource] = {}
    say(f"Model: {model.name}")
    for name, folder in zip(packs, folders, strict=True):
        found[name] = _measure(model, name, folder, role)
        _print(found[name])
    if kept.json_file:
        figures = {name: one.to_json() for name, one in found.items()}
        output.write_text(kept.json_file, json.dumps(figures, indent=1, ensure_ascii=False))
    card = model.bundle.card
    measured = replace(card, metrics=with_other_sources(card, found))
    keep_card(model.bundle, measured, kept.copy, update=kept.update)


def _measure(model: "Model", name: str, folder: Path, role: str) -> "OtherSource":
    from fetal.cli.readable_images import CONTRADICTED, SamePictures
    from fetal.evaluation import examine
    from fetal.evaluation.other_sources import OtherSource, SourceCase, source_rows
    from fetal.packs import pack_named

    files = pack_options.pack_files([name], [folder])
    asked = [one for one in files if role in (EVERY_ROLE, one.role)]
    left_out: Counter[str] = Counter()
    same = SamePictures()
    used: list[PackFile] = []
    cases = list(examine(model, _unseen(asked, model, used, left_out, same)))
    kept = [
        SourceCase(case, file.source, file.kind, no_plane=file.plane is None)
        for case, file in zip(cases, used, strict=True)
        if case.digest not in same.contradicted
    ]
    left_out[CONTRADICTED] += len(cases) - len(kept)
    pack = pack_named(name)
    if not kept:
        raise click.ClickException(f"{pack.title}: {NO_SCAN}. Choose another --role or model.")
    reasons = {reason: count for reason, count in left_out.items() if count}
    return OtherSource(pack.title, pack.licence, pack.where, role, reasons, source_rows(kept))


def _unseen(
    files: "Sequence[PackFile]",
    model: "Model",
    used: "list[PackFile]",
    left_out: Counter[str],
    same: "SamePictures",
) -> "Iterator[LabelledScan]":
    from fetal.cli.readable_images import readable
    from fetal.evaluation import LabelledScan
    from fetal.planes import Plane

    learnt = Learnt([model.bundle])
    met: set[str] = set()
    for file, scan in readable(files, left_out, same):
        if why := learnt.why(scan):
            left_out[why] += 1
        elif scan.digest in met:
            left_out[REPEATED] += 1
        else:
            met.add(scan.digest)
            used.append(file)
            # No plane at all is none of the five with a name: to say so is right.
            plane = file.plane or Plane.OTHER
            yield LabelledScan(scan, plane, file.patient, file.machine or scan.machine)


def _print(found: "OtherSource") -> None:
    kept = "" if found.role == EVERY_ROLE else f", the scans kept to {found.role}"
    say(f"{found.title}{kept}:")
    columns([HEADINGS, *map(_cells, found.rows)])
    for reason, count in found.left_out.items():
        say(f"  {count:,} left out: {reason}")


def _cells(row: "SourceRow") -> tuple[str, ...]:
    from fetal.metrics import percent

    def share(count: int) -> str:
        return f"{count} ({percent(count / row.scans, 1)})"

    right = f"{row.right} of {row.known}" if row.known else "–"
    wrong = f"{row.wrong} of {row.scans}"
    return (
        row.source,
        row.kind,
        str(row.scans),
        str(row.patients),
        f"{right}: {row.accuracy.percent()}" if row.accuracy else right,
        f"{wrong}: {row.sure_and_wrong.percent()}" if row.sure_and_wrong else wrong,
        share(row.checked),
        share(row.unknown),
    )
