"""What a pack's description says: whose data, under which licence, and what its labels mean."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from fetal.planes import Plane

_DESCRIPTIONS = Path(__file__).with_name("descriptions")

NO_PLANE = "none"
"""What a description writes for a label of scans that show no fetal plane at all."""


class PackError(ValueError):
    """A pack that is not known, or whose files are not laid out as its description says."""


@dataclass(frozen=True)
class TableLayout:
    """A table with a line for each image.

    Attributes:
        names: what the table is called; looked for beside the images, above and below them.
        separator: between its columns.
        image: the column of the image's name, with or without its ending.
        plane: the column of the label, or None where all images show the same.
        patient, source, machine, role, kind, digest, look: the columns of these, where it has them.
    """

    names: tuple[str, ...]
    separator: str
    image: str
    plane: str | None = None
    patient: str | None = None
    source: str | None = None
    machine: str | None = None
    role: str | None = None
    kind: str | None = None
    digest: str | None = None
    look: str | None = None


@dataclass(frozen=True)
class SourceWords:
    """What is known of one source that a table names.

    Attributes:
        source: what it is called here.
        machine: its ultrasound machine, where all its scans come from one.
        kind: what its scans without a named plane show.
        patient_prefix: what its patients' numbers begin with in this table, and nowhere else.
    """

    source: str
    machine: str | None = None
    kind: str | None = None
    patient_prefix: str = ""


@dataclass(frozen=True)
class Pack:
    """A data set that the program knows.

    Attributes:
        name: what `--pack` takes.
        title: its own name.
        authors: who made it.
        licence: what allows its use.
        where: an address to get it from.
        about: what to know before its figures are believed.
        source: the hospital or data set, where one stands for all its scans.
        machine: the ultrasound machine, likewise.
        role: `train` or `test`, likewise.
        label: the label of all its scans, where they have but one.
        patient: the patient of all its scans, where they have but one.
        planes: its labels, and the planes that they are; None for no fetal plane at all.
        kinds: what labels of no named plane show, in words.
        roles: what its column of roles holds, and the roles that these are.
        table: its table; None where folders and names tell all.
        files: where there is no table, the pattern of the images' paths, whose groups `label`,
            `patient` and `role` tell of them; patients are counted anew in each `series`.
        sources: what is known of the sources that its table names.
        framed: whether its images are sectors already cut out and blanked, as `fetal frames` writes
            them.
    """

    name: str
    title: str
    authors: str
    licence: str
    where: str
    about: str
    planes: Mapping[str, Plane | None]
    source: str | None = None
    machine: str | None = None
    role: str | None = None
    label: str | None = None
    patient: str | None = None
    kinds: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    table: TableLayout | None = None
    files: re.Pattern[str] | None = None
    sources: Mapping[str, SourceWords] = field(default_factory=dict)
    framed: bool = False


def pack_names() -> tuple[str, ...]:
    """The packs that the program knows.

    Example:
        >>> "hc18" in pack_names()
        True
    """
    return tuple(sorted(path.stem for path in _DESCRIPTIONS.glob("*.toml")))


@cache
def pack_named(name: str) -> Pack:
    """Read the description of a pack.

    Args:
        name: one of `pack_names`.

    Raises:
        PackError: there is none of this name.

    Example:
        >>> pack_named("hc18").licence
        'CC BY 4.0'
    """
    if name not in pack_names():
        raise PackError(
            f"“{name}” is no data set that this program knows. Expected one of: "
            f"{', '.join(pack_names())}."
        )
    return _pack(name, tomllib.loads((_DESCRIPTIONS / f"{name}.toml").read_text("utf-8")))


def _pack(name: str, data: Mapping[str, Any]) -> Pack:
    values = dict(data)
    table = values.pop("table", None)
    files = values.pop("files", None)
    return Pack(
        name=name,
        planes={
            label: None if plane == NO_PLANE else Plane(plane)
            for label, plane in values.pop("planes").items()
        },
        table=TableLayout(**{**table, "names": tuple(table["names"])}) if table else None,
        files=re.compile(rf"(?:^|/){files}$", re.IGNORECASE) if files else None,
        sources={one.pop("written"): SourceWords(**one) for one in values.pop("sources", [])},
        **values,
    )
