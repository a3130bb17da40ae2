"""A folder of simulated scans with a table of their labels."""

from functools import cache
from pathlib import Path

from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.scans import encode_png


def labelled_folder(place: Path, count: int = 12) -> None:
    """Make `images` and `labels.csv` in a folder: two scans a patient, the planes in turn."""
    (place / "images").mkdir()
    lines = ["image,plane,patient"]
    for seed in range(count):
        plane = PLANES[seed % len(PLANES)]
        (place / "images" / f"{seed}.png").write_bytes(_picture(plane, seed))
        lines.append(f"{seed}.png,{plane},P{seed // 2}")
    (place / "labels.csv").write_text("\n".join(lines) + "\n")


@cache
def _picture(plane: Plane, seed: int) -> bytes:
    return encode_png(simulate(plane, seed, size=(200, 260)).pixels)
