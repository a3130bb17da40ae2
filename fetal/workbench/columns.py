"""Which column of a table of labels holds what: guessed from its header, then from its cells."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from fetal.planes import UnknownPlaneError, parse_plane
from fetal.store.tables import UNUSABLE

MEANINGS: dict[str, str] = {
    "image": "the image’s file name",
    "plane": "the plane",
    "patient": "the patient",
    "machine": "the ultrasound machine",
    "operator": "who scanned, as a code",
    "train": "learn from it (1) or keep it to test (0)",
}
"""What a column may hold, with words for a person."""

_KNOWN: dict[str, tuple[str, ...]] = {
    "image": ("image", "image_name", "image name", "file", "filename", "file_name", "file name"),
    "plane": ("plane", "label", "class"),
    "patient": ("patient", "patient_id", "patient id", "patient_num"),
    "machine": ("us_machine", "machine"),
    "operator": ("operator",),
    "train": ("train",),
}
_FILE = re.compile(r"\.(png|jpe?g|tiff?|bmp|webp|gif|dcm|dicom)$", re.IGNORECASE)
_ENOUGH = 0.8
"""The share of cells that must look like planes, or like files, for a column to be taken for it."""


class ColumnsError(ValueError):
    """A mapping of columns that cannot be used."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The headers of the columns that hold what; none where the table has no such column.

    Attributes:
        image: the image's file name.
        plane: the plane.
        patient: the patient's identifier.
        machine: the ultrasound machine.
        operator: who scanned, as a code.
        train: 0 where the image is kept out of training.
    """

    image: str | None = None
    plane: str | None = None
    patient: str | None = None
    machine: str | None = None
    operator: str | None = None
    train: str | None = None

    def words(self) -> str:
        """The mapping as `--columns` takes it, such as `image=FILE,plane=LABEL`."""
        return ",".join(f"{name}={column}" for name, column in asdict(self).items() if column)


def guess_columns(names: Sequence[str], lines: Sequence[Sequence[str]]) -> Columns:
    """Guess which column holds what.

    A known header decides. Where none is known for the image or the plane, the cells do: file
    names, or planes.

    Args:
        names: the header's cells.
        lines: some lines below it.

    Returns:
        The guess; what is not found stays none.

    Example:
        >>> guess_columns(["FILE", "what"], [["a.png", "Fetal brain"]]).words()
        'image=FILE,plane=what'
    """
    lower = [name.strip().lower() for name in names]
    found = Columns(
        **{
            meaning: next((names[lower.index(one)] for one in known if one in lower), None)
            for meaning, known in _KNOWN.items()
        }
    )
    if found.plane is None:
        found = replace(found, plane=_by_cells(names, lines, found, _is_plane))
    if found.image is None:
        found = replace(found, image=_by_cells(names, lines, found, _is_file))
    return found


def parse_columns(text: str, names: Sequence[str] = ()) -> Columns:
    """Read a mapping as a person types it.

    Args:
        text: such as `image=FILE,plane=LABEL`.
        names: the table's headers, if they are known; letter case does not count.

    Returns:
        The mapping.

    Raises:
        ColumnsError: it is not written like that, or names a column that is not there.
    """
    chosen: dict[str, str] = {}
    lower = {name.strip().lower(): name for name in names}
    for part in filter(None, (part.strip() for part in text.split(","))):
        meaning, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or meaning not in MEANINGS or not column:
            raise ColumnsError(
                f"Expected columns such as image=FILE,plane=LABEL; received “{part}”. "
                f"Known are {', '.join(MEANINGS)}."
            )
        if names and column.lower() not in lower:
            raise ColumnsError(
                f"The table has no column “{column}”. It has {', '.join(names)[:200]}."
            )
        chosen[meaning] = lower.get(column.lower(), column)
    return Columns(**chosen)


def _by_cells(
    names: Sequence[str],
    lines: Sequence[Sequence[str]],
    found: Columns,
    fits: Callable[[str], bool],
) -> str | None:
    """The first free column most of whose cells fit."""
    taken = set(asdict(found).values())
    for at, name in enumerate(names):
        cells = [line[at] for line in lines if at < len(line) and line[at].strip()]
        if name not in taken and cells and sum(map(fits, cells)) >= _ENOUGH * len(cells):
            return name
    return None


def _is_plane(cell: str) -> bool:
    if cell.strip().lower() == UNUSABLE:
        return True
    try:
        parse_plane(cell)
    except UnknownPlaneError:
        return False
    return True


def _is_file(cell: str) -> bool:
    return _FILE.search(cell.strip()) is not None
