"""How many scans a second an import takes, which part of it takes how long, and how much memory.

Imports real scans from `../shared` (or the folder that FETAL_SHARED names) where they are, else
phantoms, as PNG into a fresh workspace with the shipped model. It prints

- the parts and their share, measured one scan after another: decoding; masking, which is all that
  becomes of a picture until what is not ultrasound is blank; hashing; packing; predicting; writing;
- what masking is made of: grey, every look for the sector and how many there are, faint text,
  unusual pictures; and of the first look the search for writing and for grey bars;
- reading and masking as an import does it, in processes beside this one;
- the whole import, with the CPU that it took in this process and in those beside it, and the
  highest memory of this process while it went on;
- the same scans as a drop, as the Scans page takes it, until all of them are predicted.

What bounds an import is the part with the largest share, since all parts go on at once.

With `--small` the scans are drawn, small and packed into one archive, so that memory can be
watched over many: `python benchmarks/intake.py --small --scans 10000 --no-model`.

    python benchmarks/intake.py [--scans 1000] [--parts 100] [--no-model] [--small]
"""

import argparse
import os
import resource
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle, islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.progress import Progress
from fetal.scans import Scan, encode_png, pixel_digest, read_grey, read_scan
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool
from fetal.scans.sector.blanking import blank
from fetal.scans.sector.burned_in_text import lettering_over
from fetal.scans.sector.gray_bars import find_bars
from fetal.scans.sector.text_strokes import find_writing
from fetal.scans.to_grey import to_grey
from fetal.scans.unusual_pictures import unusual
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.deid_policy import DeidentificationPolicy
from fetal.workbench.ingest.files import IngestItem, IngestOutcome, UploadedFile
from fetal.workbench.ingest.ingest import Ingest, predicting
from fetal.workbench.ingest.upload_batch import UploadQueue

TARGET = 80
PARTS_OF_MASKING = (
    "grey",
    "looks for the sector",
    "writing, first look",
    "bars, first look",
    "faint text",
    "unusual pictures",
)
_MEGA = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Time an import of many scans.")
    parser.add_argument("--scans", type=int, default=1000, help="scans to import")
    parser.add_argument("--parts", type=int, default=100, help="scans to time the parts with")
    parser.add_argument("--no-model", action="store_true", help="import without predicting")
    parser.add_argument("--small", action="store_true", help="import an archive of small scans")
    asked = parser.parse_args()
    # As in the processes that read.
    cv2.setNumThreads(1)
    if asked.no_model:
        os.environ["FETAL_MODEL"] = os.devnull
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if asked.small:
            print_import(workbench_in(place), archive_of(asked.scans, place), asked.scans)
            return
        files, kind = scans(asked.scans, place / "scans")
        print(f"{len(files)} {kind}, {os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}")
        print_parts(workbench_in(place / "parts"), files[: asked.parts])
        print_reading(files)
        print_import(workbench_in(place / "whole"), files[0].parent, len(files))
        print_drop(workbench_in(place / "drop"), files)


def workbench_in(place: Path) -> Workbench:
    return open_workbench(Workspace.at(place / "workspace"))


def archive_of(count: int, folder: Path) -> Path:
    """Scans drawn in a moment, each different, in one archive."""
    rows, across = np.mgrid[:96, :128]
    inside = (np.hypot(rows + 10, across - 64) < 96) & (abs(across - 64) < 10 + rows * 0.6)
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(folder / "scans.zip", "w") as archive:
        for at in range(count):
            pixels = np.where(inside, rng.integers(60, 200, inside.shape), 0).astype(np.uint8)
            archive.writestr(f"Patient{at // 4:05d}_{at}.png", encode_png(pixels))
    return folder / "scans.zip"


def scans(count: int, folder: Path) -> tuple[list[Path], str]:
    """Real scans where they are at hand, else phantoms; PNG files in a folder."""
    folder.mkdir()
    shared = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))
    real = shared / "data" / "fetal_planes" / "images"
    if real.is_dir():
        for path in sorted(real.iterdir())[:count]:
            (folder / f"{path.stem}.png").write_bytes(encode_png(read_grey(path.read_bytes())))
        return sorted(folder.iterdir()), "real scans"
    for seed, plane in enumerate(islice(cycle(PLANES), count)):
        pixels = simulate(plane, seed).pixels
        (folder / f"Patient{seed:05d}_1.png").write_bytes(encode_png(pixels))
    return sorted(folder.iterdir()), "phantoms"


def print_parts(workbench: Workbench, files: list[Path]) -> None:
    spent: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def part(name: str) -> Iterator[None]:
        before = time.process_time(), time.perf_counter()
        yield
        spent[name] += time.perf_counter() - before[1]
        spent[f"{name} CPU"] += time.process_time() - before[0]

    champion = predicting(workbench)
    looks = 0
    for path in files:
        data = path.read_bytes()
        with part("reading"):
            scan = read_scan(data, path.name)
        with part("decoding"):
            grey = read_grey(data)
        looks += mask(grey, part)
        with part("hashing"):
            pixel_digest(scan.pixels)
        with part("packing"):
            png = encode_png(scan.pixels)
        if champion is not None:
            with part("predicting"):
                champion.model.predict(scan)
        with part("writing"):
            write(workbench, path, scan, png)
    print(f"one after another, {len(files)} scans:")
    for kind in ("", " CPU"):
        spent[f"masking{kind}"] = (
            spent[f"reading{kind}"] - spent[f"decoding{kind}"] - spent[f"hashing{kind}"]
        )
    parts = ("decoding", "masking", "hashing", "packing", "predicting", "writing")
    whole = sum(spent[f"{name} CPU"] for name in parts)
    for name in parts:
        wall, cpu = spent[name] / len(files), spent[f"{name} CPU"] / len(files)
        print(
            f"  {name:11s} {wall * 1000:7.1f} ms a scan, {cpu * 1000:7.1f} ms of CPU, "
            f"{spent[f'{name} CPU'] / whole:4.0%}"
        )
    print(f"  of masking, with {looks / len(files):.2f} looks a scan:")
    for name in PARTS_OF_MASKING:
        print(f"    {name:22s} {spent[f'{name} CPU'] / len(files) * 1000:7.1f} ms of CPU a scan")
    reading = spent["reading CPU"] / len(files)
    print(f"  reading and masking: {reading * 1000:.1f} ms of CPU a scan")


def mask(grey: NDArray[np.uint8], part: Callable[[str], AbstractContextManager[None]]) -> int:
    """Time what masking is made of; how many looks the scan took."""
    with part("grey"):
        to_grey(grey)
    with part("looks for the sector"):
        blanked = blank(grey)
    with part("writing, first look"):
        find_writing(grey)
    with part("bars, first look"):
        find_bars(grey)
    with part("faint text"):
        lettering_over(grey, blanked.sector.writing, blanked.sector.mask)
    with part("unusual pictures"):
        unusual(grey)
    # The first look, and the one that finds nothing more, are not among them.
    return 2 + len(blanked.looks)


def write(workbench: Workbench, path: Path, scan: Scan, png: bytes) -> None:
    ingest = Ingest(workbench, "benchmark", source="import", predict=False)
    ingest.store([(IngestItem(path.name), ReadFile(scan, png, None))])


def print_reading(files: list[Path]) -> None:
    before = cpu_of_others()
    with ReaderPool() as readers:
        list(readers.read(files[: readers.count], load))
        started = time.perf_counter()
        refused = sum(read.refusal is not None for _, read in readers.read(files, load))
        spent = time.perf_counter() - started
    each = (cpu_of_others() - before) / (len(files) + readers.count)
    print(
        f"reading, masking and packing in {readers.count} processes: "
        f"{len(files) / spent:.1f} scans a second (at least {TARGET} on 2 cores), {refused} refused"
    )
    print(f"  {each * 1000:.1f} ms of CPU a scan in them, their start included")


def load(path: Path) -> tuple[bytes, str]:
    return path.read_bytes(), path.name


def print_import(workbench: Workbench, place: Path, count: int) -> None:
    predicting(workbench)
    plan = plan_import(place, unlabelled=True)
    plan.images = plan.images[:count]
    before = peak()

    def on_progress(progress: Progress) -> None:
        if progress.done in (progress.total // 10, progress.total // 2):
            print(f"  memory at its highest after {progress.done} scans: {peak():.0f} MB")

    with timed("whole import", count):
        report = import_scans(
            workbench,
            plan,
            "benchmark",
            unsure=DeidentificationPolicy.KEEP,
            on_progress=on_progress,
        )
    print(f"  {', '.join(f'{report.count(one)} {one}' for one in IngestOutcome)}")
    print(f"memory at its highest: {peak():.0f} MB, before the import {before:.0f} MB")


def print_drop(workbench: Workbench, files: list[Path]) -> None:
    predicting(workbench)
    os.environ["FETAL_UNSURE"] = "keep"
    dropped = [UploadedFile(path.name, path.read_bytes()) for path in files]
    with timed("the same as a drop", len(files)):
        drop = UploadQueue(workbench).start(dropped, "benchmark")
        drop.wait()
    added = sum(one.outcome is IngestOutcome.ADDED for one in drop.results)
    print(f"  {added} added")


@contextmanager
def timed(what: str, count: int) -> Iterator[None]:
    """Print the time that something took, and its CPU here and in the processes that read."""
    here, beside, started = time.process_time(), cpu_of_others(), time.perf_counter()
    yield
    spent, here = time.perf_counter() - started, time.process_time() - here
    # Their CPU is only known once they have ended; others start where they are needed.
    client.readers().close()
    client.readers.cache_clear()
    beside = cpu_of_others() - beside
    print(
        f"{what}: {count} in {spent:.1f} s, {count / spent:.1f} scans a second; of CPU "
        f"{here / count * 1000:.1f} ms a scan here and {beside / count * 1000:.1f} ms in the "
        "processes that read, their start included"
    )


def cpu_of_others() -> float:
    """Seconds of CPU of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak() -> float:
    """The most memory that this process ever held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MEGA


if __name__ == "__main__":
    main()
