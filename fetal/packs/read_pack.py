"""From a pack and a folder to labelled images."""

import csv
import io
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from fetal.packs.pack import Pack, PackError, SourceWords, TableLayout, pack_named
from fetal.packs.pack_file import TEST_ROLE, TRAIN_ROLE, PackFile
from fetal.planes import Plane
from fetal.scans.limits import read_within

_ENDINGS = {".png", ".webp", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".dcm"}

Told = Mapping[str, str]
"""What a line of a table, or an image's path, tells of it: label, patient, source and so on."""


def read_pack(
    name: str,
    images: Path,
    table: Path | None = None,
    on_note: Callable[[str], None] = lambda _: None,
) -> list[PackFile]:
    """Read what a pack says of the images in a folder.

    Images that the folder lacks are passed over, since parts of large data sets are what people
    have. No image is opened.

    Args:
        name: one of `pack_names`.
        images: the folder of the images; folders in it are looked through.
        table: the pack's table. If None, it is looked for beside the images.
        on_note: called with a sentence for what was left out.

    Returns:
        The labelled images that are there, in the table's order, or by their paths.

    Raises:
        PackError: the pack is not known, its table is not there or has other columns, or the
            folder holds none of its images.

    Example:
        >>> files = read_pack("hc18", Path("HC18"))  # doctest: +SKIP
        >>> files[0].plane, files[0].role  # doctest: +SKIP
        (<Plane.BRAIN: 'brain'>, 'train')
    """
    pack = pack_named(name)
    if pack.table is not None:
        found = _from_table(pack, pack.table, images, table, on_note)
    else:
        found = _from_paths(pack, images)
    labels = {label.casefold(): label for label in pack.planes}
    unknown: Counter[str] = Counter()
    files = []
    for path, told in found:
        written = told.get("label", pack.label or "")
        label = labels.get(written.casefold())
        if label is None:
            unknown[written] += 1
        else:
            files.append(_file(pack, path, label, told))
    for label, count in unknown.items():
        on_note(
            f"{count:,} images of {pack.title} are labelled “{label}”, none of its labels, "
            "and were left out."
        )
    if not files:
        raise PackError(
            f"No image of {pack.title} was found in {images}. Expected the layout that it is "
            f"published in ({pack.where}); name the folder that holds it."
        )
    return files


def _from_table(
    pack: Pack,
    layout: TableLayout,
    images: Path,
    table: Path | None,
    on_note: Callable[[str], None],
) -> Iterator[tuple[Path, Told]]:
    there = _by_name(images)
    columns = {
        "label": layout.plane,
        **{key: getattr(layout, key) for key in ("patient", "source", "machine", "role")},
        **{key: getattr(layout, key) for key in ("kind", "digest", "look")},
    }
    missing = several = 0
    for line in _lines(pack, layout, table or _table_near(pack, layout, images)):
        paths = there.get(_plain(line[layout.image]), [])
        if len(paths) == 1:
            yield paths[0], {key: line[name] for key, name in columns.items() if name}
        missing += not paths
        several += len(paths) > 1
    if missing:
        on_note(
            f"{missing:,} lines of the table of {pack.title} name images that the folder does not "
            "hold."
        )
    if several:
        on_note(
            f"{several:,} lines of the table of {pack.title} fit several images, and were left out."
        )


def _from_paths(pack: Pack, images: Path) -> Iterator[tuple[Path, Told]]:
    assert pack.files is not None
    base = images.resolve()
    for path in _pictures(base):
        # With the folder's own name: it may itself be the one that tells.
        match = pack.files.search(f"{base.name}/{path.relative_to(base).as_posix()}")
        if match:
            told = match.groupdict()
            yield path, {key: value for key, value in told.items() if value is not None}


def _file(pack: Pack, path: Path, label: str, told: Told) -> PackFile:
    plane = pack.planes[label]
    written = told.get("source", "")
    words = pack.sources.get(written) or SourceWords(pack.source or written or pack.title)
    kind = pack.kinds.get(told.get("kind", ""))
    if plane in (None, Plane.OTHER):
        kind = kind or words.kind or pack.kinds.get(label)
        if pack.framed:
            kind = told.get("kind") or kind
    else:
        kind = None
    patient = told.get("patient") or pack.patient or path.stem
    if not pack.framed:
        number = patient.removeprefix(words.patient_prefix).lstrip("0") or "0"
        patient = " ".join(filter(None, (words.source, told.get("series"), number)))
    return PackFile(
        path=path,
        plane=plane,
        kind=kind or (plane.title if plane else "no plane"),
        patient=patient,
        source=words.source,
        machine=told.get("machine") or words.machine or pack.machine,
        role=_role(pack, told),
        framed=pack.framed,
        digest=told.get("digest") or None,
        look=told.get("look") or None,
    )


def _role(pack: Pack, told: Told) -> str:
    written = told.get("role")
    if written is None and pack.role is not None:
        return pack.role
    # What is not said to train must not.
    role = pack.roles.get((written or "").lower(), TEST_ROLE)
    return TRAIN_ROLE if role == TRAIN_ROLE else TEST_ROLE


def _lines(pack: Pack, layout: TableLayout, table: Path) -> Iterator[Mapping[str, str]]:
    text = read_within(table).decode("utf-8-sig", "replace")
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=layout.separator)
    names = [(name or "").strip() for name in reader.fieldnames or ()]
    reader.fieldnames = names
    expected = [
        value
        for key, value in vars(layout).items()
        if key not in ("names", "separator") and value is not None
    ]
    lacking = [name for name in expected if name not in names]
    if lacking:
        raise PackError(
            f"{table.name} has no column “{lacking[0]}”. Expected the table of {pack.title} with "
            f"the columns {', '.join(expected)}, parted by “{layout.separator}”."
        )
    for line in reader:
        yield {name: (line[name] or "").strip() for name in names}


def _table_near(pack: Pack, layout: TableLayout, images: Path) -> Path:
    folders = [images, images.resolve().parent, *sorted(p for p in images.iterdir() if p.is_dir())]
    for folder in folders:
        for name in layout.names:
            if (folder / name).is_file():
                return folder / name
    raise PackError(
        f"Expected the table of {pack.title}, {' or '.join(layout.names)}, in {images} or beside "
        "it; there is none. Put it there."
    )


def _by_name(images: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in _pictures(images):
        found.setdefault(_plain(path.name), []).append(path)
    return found


def _plain(name: str) -> str:
    """An image's name without its folders and its ending, which differ from copy to copy."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    stem, dot, ending = last.rpartition(".")
    return (stem if dot and f".{ending.lower()}" in _ENDINGS else last).casefold()


def _pictures(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in _ENDINGS:
                yield Path(place) / name
