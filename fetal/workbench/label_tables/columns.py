"""Which column of a table of labels holds what: guessed from its header, then from its cells."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from fetal.planes import UnknownPlaneError, parse_plane
from fetal.store.tables import UNUSABLE
from fetal.workbench.label_tables.cells import (
    UnclearCellError,
    is_empty,
    is_split_word,
    kept_to_test,
    squashed,
    words,
)

MEANINGS: dict[str, str] = {
    "image": "the image’s file name",
    "plane": "the plane",
    "patient": "the patient",
    "machine": "the ultrasound machine",
    "operator": "who scanned, as a code",
    "train": "learn from it (1, train) or keep it to test (0, test)",
}
"""What a column may hold, with words for a person."""

_KNOWN: dict[str, str] = {
    "image": "image imagename imagefile imagefilename imagepath imageid file filename filenames "
    "filepath path img imgname imgpath picture picturename bild bilddatei dateiname datei",
    "plane": "plane label class labels planename planelabel classname classlabel category "
    "standardplane ebene klasse",
    "patient": "patient patientid patientnum idpatient patientnumber patientno patientnr "
    "patientidentifier patientcode patientkey patientuid patientindex patid patno patnr pid "
    "patientenid patientennummer patientennr idpaciente paciente subject subjectid idsubject "
    "subjectnumber subjectno participant participantid mrn medicalrecordnumber motherid mother "
    "patientname nameofpatient namepatient patientsname",
    "machine": "usmachine machine ultrasoundmachine device scanner manufacturermodelname",
    "operator": "operator",
    "train": "train istrain intrain training istraining trainset officialtrain usefortraining "
    "learn",
}
"""Headers that are known, as `squashed` writes them; those that come first are preferred."""

_TEST_FLAGS = words("test istest intest testset istestset testing heldout isheldout")
"""Headers of columns in which 1 keeps a scan to test."""
_SPLITS = words(
    "split datasplit datasetsplit splits set subset fold partition phase usage purpose dataset "
    "traintest traintestsplit testtrain trainvaltest"
)
"""Headers of columns that may tell the splits in words."""
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
        train: whether an image may be learnt from or is kept to test, as 0 and 1 or in words.
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
    found = Columns(
        **{meaning: _by_name(names, known.split()) for meaning, known in _KNOWN.items()}
    )
    # One column may number the planes, and another one name them.
    known = [name for name in names if squashed(name) in _KNOWN["plane"].split()]
    fitting = next((name for name in known if _fits(names, lines, name, _is_plane)), None)
    found = replace(found, plane=fitting or found.plane)
    if found.plane is None:
        found = replace(found, plane=_by_cells(names, lines, found, _is_plane))
    if found.train is None:
        found = replace(found, train=_split_column(names, lines, found))
    if found.image is None:
        found = replace(found, image=_by_cells(names, lines, found, _is_file))
    return found


def says_which_test(header: str) -> bool:
    """Return whether 1 in a column keeps a scan to test, such as in one called `is_test`."""
    return squashed(header) in _TEST_FLAGS


def ignored_split_columns(names: Sequence[str], columns: Columns) -> list[str]:
    """Return the headers that promise a split, and are not read.

    Args:
        names: the header's cells.
        columns: what the columns are taken for.
    """
    taken = set(asdict(columns).values())
    promising = _SPLITS | _TEST_FLAGS | set(_KNOWN["train"].split())
    return [name for name in names if squashed(name) in promising and name not in taken]


def parse_columns(text: str, names: Sequence[str] = ()) -> Columns:
    """Read a mapping as a person types it.

    Args:
        text: such as `image=FILE,plane=LABEL`; `train=` says that no column holds it.
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
        needed = meaning in ("image", "plane")
        if not equals or meaning not in MEANINGS or (needed and not column):
            raise ColumnsError(
                f"Expected columns such as image=FILE,plane=LABEL; received “{part}”. "
                f"Known are {', '.join(MEANINGS)}."
            )
        if names and column and column.lower() not in lower:
            raise ColumnsError(
                f"The table has no column “{column}”. It has {', '.join(names)[:200]}."
            )
        chosen[meaning] = lower.get(column.lower(), column)
    return Columns(**chosen)


def _by_name(names: Sequence[str], known: Sequence[str]) -> str | None:
    headers = [squashed(name) for name in names]
    return next((names[headers.index(one)] for one in known if one in headers), None)


def _split_column(
    names: Sequence[str], lines: Sequence[Sequence[str]], found: Columns
) -> str | None:
    """A column of flags or words that tells the splits; numbers of folds tell none."""
    taken = set(asdict(found).values())
    for headers, fits in ((_TEST_FLAGS, _is_split), (_SPLITS, is_split_word)):
        for name in names:
            if name not in taken and squashed(name) in headers and _fits(names, lines, name, fits):
                return name
    return None


def _fits(
    names: Sequence[str],
    lines: Sequence[Sequence[str]],
    name: str,
    fits: Callable[[str], bool],
) -> bool:
    """Whether most cells of a column that hold anything fit."""
    at = list(names).index(name)
    cells = [line[at] for line in lines if at < len(line) and not is_empty(line[at])]
    return bool(cells) and sum(map(fits, cells)) >= _ENOUGH * len(cells)


def _by_cells(
    names: Sequence[str],
    lines: Sequence[Sequence[str]],
    found: Columns,
    fits: Callable[[str], bool],
) -> str | None:
    """The first free column most of whose cells fit."""
    taken = set(asdict(found).values())
    return next(
        (name for name in names if name not in taken and _fits(names, lines, name, fits)), None
    )


def _is_split(cell: str) -> bool:
    try:
        kept_to_test(cell)
    except UnclearCellError:
        return False
    return True


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
