"""Folders of pictures that a model has not learnt to name, by the kind of their strangeness."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fetal.cli.terminal.given_files import expand
from fetal.planes import Plane, UnknownPlaneError, parse_plane

if TYPE_CHECKING:
    from fetal.evaluation import Case, LabelledScan
    from fetal.predict import Model
    from fetal.scans import Scan

REFUSED = "it is refused as a scan, which is no danger"


@dataclass(frozen=True)
class StrangeFolder:
    """A folder of strange pictures.

    Attributes:
        kind: what is strange about them, such as “other device”.
        folder: where they are. A folder in it that is named by a plane says what its pictures
            show; the others show no plane.
    """

    kind: str
    folder: Path


@dataclass
class StrangeCases:
    """What a model said of strange pictures.

    Attributes:
        cases: its answers, by kind.
        left_out: how many pictures were not shown to it, by reason, in words with the kind.
    """

    cases: dict[str, list["Case"]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)


def parse_strange(
    _context: click.Context, _option: click.Parameter, given: Sequence[str]
) -> tuple[StrangeFolder, ...]:
    """Read `--strange KIND=FOLDER`.

    Raises:
        click.BadParameter: it is not written so, or there is no such folder.
    """
    found = []
    for one in given:
        kind, equals, folder = one.partition("=")
        if not (kind.strip() and equals and Path(folder).is_dir()):
            raise click.BadParameter(
                f"expected a kind and a folder that is there, such as “other anatomy=adult/”; "
                f"received “{one}”."
            )
        found.append(StrangeFolder(kind.strip(), Path(folder)))
    return tuple(found)


def ask_about(
    model: "Model", folders: Sequence[StrangeFolder], learnt: Callable[["Scan"], str | None]
) -> StrangeCases:
    """Show a model strange pictures.

    Args:
        model: the model.
        folders: where they are.
        learnt: says why a scan is to be left out, or None.

    Returns:
        What it said. Each picture is of a patient of its own.
    """
    from fetal.evaluation import examine

    found = StrangeCases()
    for one in folders:
        answers = list(examine(model, _readable(one, learnt, found.left_out)))
        found.cases.setdefault(one.kind, []).extend(answers)
    return found


def _readable(
    one: StrangeFolder, learnt: Callable[["Scan"], str | None], left_out: Counter[str]
) -> Iterator["LabelledScan"]:
    from fetal.evaluation import LabelledScan
    from fetal.scans import ScanError, read_scan
    from fetal.scans.limits import read_within

    for path in expand((one.folder,)):
        try:
            scan = read_scan(read_within(path), path.name)
        except (ScanError, OSError):
            left_out[f"{one.kind}: {REFUSED}"] += 1
            continue
        if why := learnt(scan):
            left_out[f"{one.kind}: {why}"] += 1
            continue
        inside = path.relative_to(one.folder)
        yield LabelledScan(scan, _plane_of(inside), f"{one.kind}: {inside}")


def _plane_of(path: Path) -> Plane:
    for name in reversed(path.parts[:-1]):
        try:
            return parse_plane(name)
        except UnknownPlaneError:
            continue
    return Plane.OTHER
