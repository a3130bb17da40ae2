"""Labelled scans for a loop: real ones, or phantoms."""

import csv
from dataclasses import dataclass
from pathlib import Path

from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES
from fetal.scans import encode_png

PATIENTS = 7
"""How many patients of each fetal plane the scans show; each patient once."""


@dataclass(frozen=True)
class Labelled:
    """Scans in a folder, and the table of their planes."""

    images: Path
    table: Path
    files: list[Path]
    planes: list[str]


def real(table: Path, collection: list[tuple[Path, dict[str, str]]]) -> Labelled:
    chosen: list[tuple[Path, str]] = []
    for plane in FETAL_PLANES:
        of_plane = {
            row["Patient_num"]: (path, plane.value)
            for path, row in collection
            if row["Plane"] == plane.title and row["Train"] == "0"
        }
        chosen += list(of_plane.values())[:PATIENTS]
    return _labelled(chosen, chosen[0][0].parent, table)


def phantoms(folder: Path) -> Labelled:
    folder.mkdir()
    chosen = []
    for number in range(PATIENTS * len(FETAL_PLANES)):
        plane = FETAL_PLANES[number % len(FETAL_PLANES)]
        path = folder / f"Patient{number:05}_Plane1_1_of_1.png"
        path.write_bytes(encode_png(simulate(plane, seed=9000 + number).pixels))
        chosen.append((path, plane.value))
    return _labelled(chosen, folder, folder.parent / "labels.csv")


def _labelled(chosen: list[tuple[Path, str]], images: Path, table: Path) -> Labelled:
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("image", "plane"))
        rows.writerows((path.name, plane) for path, plane in chosen)
    files, planes = zip(*chosen, strict=True)
    return Labelled(images, table, list(files), list(planes))
