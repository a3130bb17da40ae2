"""How well the ultrasound is told from what is written around it and over it.

On simulated scans, where every pixel's truth is known, blanked as a scan is when it is read, it
prints

- the share of the text pixels beside the sector that is left, and the share of the sector's pixels
  that is lost: of scans of the usual size, small and large ones, darker and brighter ones;
- the scans where most text is left or most of the sector lost;
- how many words, written over the sector for the purpose, are found, and in how many scans
  something is found where nothing was written.

On the real scans of `../shared` (or the folder that FETAL_SHARED names), where they are, it prints
how many have no sector that could be told, in how many writing is found over the ultrasound, how
many words are found there that were written for the purpose, and how much CPU a scan takes. With
`--sheet` it draws them, to be looked at: the outline yellow (red where the finder was unsure), what
is blanked blue, writing over the ultrasound orange.

    python benchmarks/sector.py [--seeds 2000 2050] [--scans 1389] [--sheet FOLDER]
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal.phantom import Phantom, simulate
from fetal.phantom.scan import SIZE
from fetal.planes import PLANES
from fetal.scans import Sector, encode_png, find_lettering, find_sector, read_scan
from fetal.scans.sector.blanking import blank
from fetal.scans.sector.burned_in_text import lettering_over

TEXT_LEFT, SECTOR_LOST = 0.005, 0.02
WORDS = ("DOE JANE", "GA 21w4d", "RIGHT", "feto a", "1 D 46.2 mm", "SPINE", "03.07.1984", "+", "x")
GREYS = (160, 200, 230, 255)
WORDS_A_SCAN = 3
WORST = 4
SHEET = (5, 8)
THUMBNAIL = (320, 220)

Grey = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the finder of sectors and of writing.")
    parser.add_argument("--seeds", type=int, nargs=2, default=(2000, 2050), help="from, and before")
    parser.add_argument("--scans", type=int, default=10_000, help="real scans at most")
    parser.add_argument("--sheet", type=Path, help="folder for contact sheets of the real scans")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    print_phantoms(range(*asked.seeds))
    files = real_scans()
    if not files:
        print("No real scans are at hand.")
        return
    print_real(files[:: max(1, len(files) // asked.scans)], asked.sheet)


@dataclass
class Tally:
    """Pixels counted over many phantoms."""

    left: int = 0
    text: int = 0
    lost: int = 0
    sector: int = 0
    unsure: int = 0
    scans: list[tuple[float, float, str]] = field(default_factory=list)

    def add(self, name: str, phantom: Phantom, pixels: Grey) -> Sector:
        """Blank a phantom as a scan is blanked when it is read, and count."""
        found = blank(pixels).sector
        beside = phantom.text & ~phantom.sector
        left, text = int((beside & found.mask).sum()), int(beside.sum())
        lost, sector = int((phantom.sector & ~found.mask).sum()), int(phantom.sector.sum())
        self.left, self.text = self.left + left, self.text + text
        self.lost, self.sector = self.lost + lost, self.sector + sector
        self.unsure += not found.found
        self.scans.append((left / max(text, 1), lost / sector, name))
        return found

    def line(self, name: str) -> str:
        """What was counted, in one line."""
        left, lost = self.left / max(self.text, 1), self.lost / self.sector
        missed = [
            n for n, is_it in (("text", left > TEXT_LEFT), ("sector", lost > SECTOR_LOST)) if is_it
        ]
        verdict = f"missed: {', '.join(missed)}" if missed else "held"
        return (
            f"{name:26s} {len(self.scans):5d} scans: {left:.2%} of the text left, "
            f"{lost:.2%} of the sector lost, {self.unsure} unsure ({verdict})"
        )


@dataclass
class Written:
    """Words written over sectors, and how many were found."""

    words: int = 0
    found: int = 0
    alarms: int = 0
    scans: int = 0

    def add(self, pixels: Grey, sector: Mask, seed: int) -> None:
        """Write over a scan, look for it, and count."""
        self.scans += 1
        self.alarms += bool(find_lettering(pixels, sector))
        drawn, inks = written_over(pixels, sector, np.random.default_rng(seed))
        covered = np.zeros(pixels.shape, np.bool_)
        for box in find_lettering(drawn, sector):
            covered[box.place] = True
        self.words += len(inks)
        self.found += sum(covered[ink].mean() >= 0.5 for ink in inks)

    def line(self) -> str:
        """What was counted, in one line."""
        return (
            f"writing over the sector: {self.found} of {self.words} words found "
            f"({self.found / max(self.words, 1):.1%}); something found without any in "
            f"{self.alarms} of {self.scans} scans"
        )


def print_phantoms(seeds: Iterable[int]) -> None:
    print(
        f"simulated scans, targets: at most {TEXT_LEFT:.1%} of the text left, "
        f"{SECTOR_LOST:.0%} of the sector lost"
    )
    usual, written = Tally(), Written()
    others: dict[str, Tally] = {}
    for seed in seeds:
        for at, plane in enumerate(PLANES):
            phantom = simulate(plane, seed)
            found = usual.add(f"{plane.value} {seed}", phantom, phantom.pixels)
            if seed % 2 == 0:
                written.add(phantom.pixels, found.mask, 6 * seed + at)
            if seed % 5 == 0:
                for name, changed, pixels in changes(phantom):
                    others.setdefault(name, Tally()).add(f"{plane.value} {seed}", changed, pixels)
    print(usual.line(f"{SIZE[1]} x {SIZE[0]}"))
    for name, tally in others.items():
        print(tally.line(name))
    most_left = sorted(usual.scans, key=lambda scan: -scan[0])[:WORST]
    print("  most text left: " + ", ".join(f"{name} {left:.1%}" for left, _, name in most_left))
    most_lost = sorted(usual.scans, key=lambda scan: -scan[1])[:WORST]
    print("  most sector lost: " + ", ".join(f"{name} {lost:.1%}" for _, lost, name in most_lost))
    print(written.line())


def changes(phantom: Phantom) -> Iterator[tuple[str, Phantom, Grey]]:
    """The same scan darker and brighter, and scans of other sizes."""
    for name, factor in (("at 60 % of the brightness", 0.6), ("at 150 %", 1.5)):
        yield name, phantom, (phantom.pixels * factor).clip(0, 255).astype(np.uint8)
    for width, height in ((640, 392), (1137, 787), (1440, 1080)):
        other = simulate(phantom.plane, phantom.seed, size=(height, width))
        yield f"{width} x {height}", other, other.pixels


def written_over(pixels: Grey, sector: Mask, rng: np.random.Generator) -> tuple[Grey, list[Mask]]:
    """A scan with words over its sector, and the pixels of each."""
    height, width = pixels.shape
    deep = cv2.distanceTransform(np.pad(sector, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    taken = deep < height / 80
    drawn = pixels.copy()
    inks: list[Mask] = []
    for _ in range(20 * WORDS_A_SCAN):
        if len(inks) == WORDS_A_SCAN:
            break
        grey = int(rng.choice(GREYS))
        size = float(rng.uniform(0.018, 0.045)) * height / 22
        page = np.zeros(pixels.shape, np.uint8)
        place = int(rng.uniform(0.05, 0.9) * width), int(rng.uniform(0.1, 0.95) * height)
        font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX]))
        thick = 1 if size < 0.75 else 2
        kind = cv2.LINE_AA if rng.random() < 0.5 else cv2.LINE_8
        cv2.putText(page, str(rng.choice(WORDS)), place, font, size, 255, thick, kind)
        ink = page > 100
        if not ink.any() or (ink & taken).any():
            continue
        around = np.ones((height // 30, height // 15), np.uint8)
        taken |= cv2.dilate(ink.astype(np.uint8), around) > 0
        share = page.astype(np.float32) / 255
        drawn = (drawn * (1 - share) + grey * share).astype(np.uint8)
        inks.append(ink)
    return drawn, inks


def real_scans() -> list[Path]:
    shared = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))
    folder = shared / "data" / "fetal_planes" / "images"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def print_real(files: list[Path], folder: Path | None) -> None:
    counts: Counter[str] = Counter()
    written, searching, reading = Written(), 0.0, 0.0
    sheets: dict[str, list[Grey]] = {"unsure": [], "lettering": [], "others": []}
    for at, path in enumerate(files):
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L"))
        started = time.process_time()
        sector = find_sector(pixels)
        searching += time.process_time() - started
        if at % 10 == 0:
            written.add(pixels, sector.mask, at)
            reading += seconds_to_read(encode_png(pixels))
        lettering = lettering_over(pixels, sector.writing, sector.mask)
        counts["unsure"] += not sector.found
        counts["lettering"] += bool(lettering)
        if folder is not None:
            kind = "lettering" if lettering else "others"
            sheets[kind if sector.found else "unsure"].append(thumbnail(pixels, sector, path.stem))
    print(
        f"{len(files)} real scans: {counts['unsure']} without a sector that could be told, "
        f"writing found over the ultrasound of {counts['lettering']}"
    )
    print(written.line())
    tenth = len(range(0, len(files), 10))
    print(
        f"CPU a scan: {searching / len(files) * 1000:.1f} ms for the sector and the writing, "
        f"{reading / tenth * 1000:.1f} ms to read a PNG file whole (at most 50)"
    )
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, thumbnails in sheets.items():
            write_sheets(folder, kind, thumbnails)


def seconds_to_read(data: bytes) -> float:
    started = time.process_time()
    read_scan(data, "")
    return time.process_time() - started


def thumbnail(pixels: Grey, sector: Sector, name: str) -> Grey:
    """The scan as it came with the finder's lines, beside the scan as it is kept."""
    before = cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR)
    before[~sector.mask] = before[~sector.mask] // 2 + np.array([90, 0, 0], np.uint8)
    colour = (0, 220, 255) if sector.found else (0, 0, 255)
    corners = np.rint(sector.outline).astype(np.int32)
    cv2.polylines(before, [corners], True, colour, 3)
    for left, top, right, bottom in lettering_over(pixels, sector.writing, sector.mask):
        cv2.rectangle(before, (left - 3, top - 3), (right + 2, bottom + 2), (0, 130, 255), 3)
    after = cv2.cvtColor(np.where(sector.mask, pixels, np.uint8(0)), cv2.COLOR_GRAY2BGR)
    both = [cv2.resize(one, THUMBNAIL, interpolation=cv2.INTER_AREA) for one in (before, after)]
    cv2.putText(both[0], name[7:28], (4, 214), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255, 255, 255))
    return np.asarray(np.hstack(both), np.uint8)


def write_sheets(folder: Path, kind: str, thumbnails: list[Grey]) -> None:
    across, down = SHEET[0] // 2 + 1, SHEET[1]
    for first in range(0, len(thumbnails), across * down):
        some = thumbnails[first : first + across * down]
        some += [np.zeros_like(some[0])] * (-len(some) % across)
        rows = [np.hstack(some[at : at + across]) for at in range(0, len(some), across)]
        cv2.imwrite(str(folder / f"{kind}-{first:04d}.png"), np.vstack(rows))


if __name__ == "__main__":
    main()
