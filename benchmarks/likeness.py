"""Measures how look-alikes are found on real scans: known pairs, false ones, and made-up copies.

    python benchmarks/likeness.py [--scans 60] [--every 1] [--thorough] [--stored 1000000]
        [--sheet sheet.png]

It wants the scans of FETAL_PLANES_DB in the folder that FETAL_SHARED names, else in ../shared.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from numpy.typing import NDArray

from fetal.evaluation.corruptions import CORRUPTIONS
from fetal.scans import ScanError, encode_png, read_scan
from fetal.scans.decode import Scan, read_grey
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool
from fetal.scans.similarity.duplicates import ComparedImage, find_copies
from fetal.scans.similarity.hash_search import near_pairs
from fetal.scans.similarity.perceptual_hash import (
    ALIKE,
    REACH,
    TURNS,
    Fingerprints,
    distances,
    fingerprint,
    similarity,
    small_square,
    to_text,
)
from fetal.store.database import Store
from fetal.store.workspace import Workspace
from fetal.workbench.core.fingerprint_index import FingerprintIndex

Grey = NDArray[np.uint8]
Features = NDArray[np.float32]

SHARED = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))
KNOWN = [("Patient00786", "Patient00799"), ("Patient00820", "Patient00830")]
"""Patients of the collection who are known to share pictures."""
_WRITTEN_AT_ONCE = 50_000
_NEXT = 12
"""Pairs across patients, beyond the copies, that come nearest: they go onto the sheet."""


@dataclass(frozen=True)
class Made:
    """A copy of a scan: how it was made, the place of its original, and its small square."""

    kind: str
    place: int
    square: Grey


def cut(share: float) -> Callable[[Grey], Grey]:
    """Cut a share of the picture away on each side."""

    def of(pixels: Grey) -> Grey:
        rows, columns = (round(share * side) for side in pixels.shape)
        return np.ascontiguousarray(pixels[rows:-rows, columns:-columns])

    return of


def half(pixels: Grey) -> Grey:
    """The picture at half its size."""
    return np.asarray(cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def jpeg(pixels: Grey) -> Grey:
    """The picture as a JPEG of medium quality."""
    _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 50])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE))


CHANGES: dict[str, Callable[[Grey], Grey]] = {
    **CORRUPTIONS,
    "JPEG, quality 50": jpeg,
    "half the size": half,
    "cropped by 2 %": cut(0.02),
    "cropped by 5 %": cut(0.05),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=60, help="of how many copies are made")
    parser.add_argument("--every", type=int, default=1, help="read every so many scans only")
    parser.add_argument("--thorough", action="store_true", help="ask the shipped model too")
    parser.add_argument("--stored", type=int, default=1_000_000, help="among how many to search")
    parser.add_argument("--sheet", type=Path, help="a picture of the pairs across patients")
    options = parser.parse_args()
    images = SHARED / "data" / "fetal_planes" / "images"
    if not images.is_dir():
        parser.exit(1, f"There are no real scans in {images}; set FETAL_SHARED.\n")
    paths = sorted(images.iterdir())[:: options.every]
    look = ask if options.thorough else nobody
    seen: list[ComparedImage] = []
    known = look(read(paths, seen))
    collection(seen, options.sheet)
    chosen = np.random.default_rng(1).permutation(len(paths))[: options.scans].tolist()
    made: list[Made] = []
    places = {scan.name: number for number, scan in enumerate(seen)}
    answers = look(copies([paths[number] for number in chosen], places, made))
    shares(seen, made, known, answers)
    speed(seen, options.stored)


def ask(scans: Iterable[Scan]) -> Features | None:
    """What the shipped model makes of scans."""
    from fetal.bundle import Bundle
    from fetal.predict import shipped_folder
    from fetal.predict.pooled_features import pooled_features

    return np.array(list(pooled_features(Bundle.open(shipped_folder()), scans)), np.float32)


def nobody(scans: Iterable[Scan]) -> Features | None:
    """Only have the scans read."""
    for _ in scans:
        pass
    return None


def read(paths: list[Path], seen: list[ComparedImage]) -> Iterator[Scan]:
    """The scans, one after another; of each, little is remembered."""
    with ReaderPool() as readers:
        for path, one in readers.read(paths, lambda path: (path.read_bytes(), path.name)):
            if one.scan is None:
                print(f"{path.name}: {one.refusal}")
                continue
            square = small_square(one.scan.pixels, one.scan.sector)
            seen.append(ComparedImage(path.stem, one.scan.digest, one.scan.patient, square))
            yield one.scan


def collection(seen: list[ComparedImage], sheet: Path | None) -> None:
    """What is found among the scans as they are."""
    found = find_copies(seen)
    exact = [pair for pair in found if pair.exact]
    across = [pair for pair in found if not pair.same_patient]
    print(f"{len(seen):,} scans: {len(exact)} exact pairs, {len(found)} pairs in all")
    print(f"Across patients: {len(across)}")
    for pair in across:
        print(f"  {pair.one}  {pair.other}  {pair.distance} bits  {pair.similarity:.3f}")
    for one, other in KNOWN:
        hits = sum({pair.one[:12], pair.other[:12]} == {one, other} for pair in across)
        print(f"  known to share pictures: {one} and {other}: {hits} found")
    bits = np.array([fingerprint(scan.square) for scan in seen])
    pairs = {(pair.one, pair.other) for pair in found}
    nearest = sorted(
        (
            (similarity(seen[one].square, seen[other].square), one, other, apart)
            for one, other, apart in near_pairs(bits, REACH)
            if seen[one].patient != seen[other].patient
            and (seen[one].name, seen[other].name) not in pairs
        ),
        reverse=True,
    )
    print(f"Other pairs across patients within {REACH} bits: {len(nearest)}")
    if nearest:
        print(f"  the most similar of them: {nearest[0][0]:.3f}; a copy is from {ALIKE} on")
        print(f"  the fewest bits of them: {min(one[3] for one in nearest)}")
    if sheet is not None:
        place = {scan.name: number for number, scan in enumerate(seen)}
        shown = [(place[pair.one], place[pair.other]) for pair in across]
        shown += [(one, other) for _, one, other, _ in nearest[:_NEXT]]
        rows = [np.hstack([seen[one].square, seen[other].square]) for one, other in shown]
        if rows:
            cv2.imwrite(str(sheet), np.vstack(rows))


def copies(paths: list[Path], places: dict[str, int], made: list[Made]) -> Iterator[Scan]:
    """Copies of scans as another program would have stored them, read like any file."""
    for path in paths:
        grey = read_grey(path.read_bytes())
        for name, change in CHANGES.items():
            try:
                copy = read_scan(encode_png(np.ascontiguousarray(change(grey))), "copy.png")
            except ScanError:
                continue
            square = small_square(copy.pixels, copy.sector)
            made.append(Made(name, places[path.stem], square))
            yield copy


def shares(
    seen: list[ComparedImage], made: list[Made], known: Features | None, answers: Features | None
) -> None:
    """Which share of the copies is found: at a glance, and when a model is asked too."""
    print(f"{len(made):,} copies, and the share of each kind that is found:")
    glance: dict[str, list[bool]] = {}
    thorough: dict[str, list[bool]] = {}
    for number, copy in enumerate(made):
        square = seen[copy.place].square
        near = distances(fingerprint(square), fingerprint(copy.square)[None])[0] <= REACH
        hit = bool(near) and similarity(square, copy.square) >= ALIKE
        glance.setdefault(copy.kind, []).append(hit)
        if known is not None and answers is not None and not hit:
            neighbour = is_neighbour(known, answers[number], copy.place)
            hit = neighbour and similarity(square, copy.square, TURNS) >= ALIKE
        thorough.setdefault(copy.kind, []).append(hit)
    for kind, hits in glance.items():
        besides = f"   with the model {np.mean(thorough[kind]):6.1%}" if known is not None else ""
        print(f"  {kind:24s} {np.mean(hits):6.1%}{besides}")


def is_neighbour(known: Features, answer: Features, place: int) -> bool:
    """Whether the model sees a scan among those that are most like its copy."""
    from fetal.workbench.near_duplicates.deep_search import NEIGHBOURS

    middle = known.mean(axis=0)
    cosine = (known - middle) @ (answer - middle) / np.linalg.norm(known - middle, axis=1)
    return bool((cosine > cosine[place]).sum() < NEIGHBOURS)


def speed(seen: list[ComparedImage], stored: int) -> None:
    """What it costs, in time of a processor: other work on the computer does not count."""
    hashes = np.array([fingerprint(scan.square) for scan in seen])
    print(f"A fingerprint: {milliseconds(lambda: fingerprint(seen[0].square), 200):.2f} ms")
    few = np.random.default_rng(0).integers(0, 2**63, (10_000, 4)).astype(np.uint64)
    took = milliseconds(lambda: sum(1 for _ in near_pairs(few)), 1)
    print(f"10,000 against one another: {took / 1000:.1f} s")
    took = milliseconds(lambda: similarity(seen[0].square, seen[1].square), 30)
    print(f"Pixels of a pair: {took:.1f} ms")
    with TemporaryDirectory() as folder:
        store = Store.open(Workspace.at(Path(folder) / "workspace"))
        fill(store, hashes, stored)
        index = FingerprintIndex(store)
        took = milliseconds(lambda: index.near(hashes[0], 64), 1)
        print(f"The first question among {stored:,} stored scans: {took:.0f} ms")
        took = milliseconds(lambda: index.near(hashes[0], 64), 50)
        print(f"Each further question: {took:.1f} ms")
        store.close()


def milliseconds(work: Callable[[], object], times: int) -> float:
    """How long a piece of work takes a processor, on average."""
    started = time.process_time()
    for _ in range(times):
        work()
    return 1000 * (time.process_time() - started) / times


def fill(store: Store, hashes: Fingerprints, count: int) -> None:
    """Write fingerprints of made-up scans: real ones, in which a third of the bits is changed."""
    rng = np.random.default_rng(0)
    connection = store.engine.raw_connection()
    cursor = connection.cursor()
    # Their scans do not exist: only the index is asked.
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("BEGIN")
    for start in range(1, count + 1, _WRITTEN_AT_ONCE):
        numbers = range(start, min(start + _WRITTEN_AT_ONCE, count + 1))
        changed = np.packbits(rng.random((len(numbers), 256)) < 1 / 3, axis=1)
        bits = hashes[rng.integers(0, len(hashes), len(numbers))] ^ changed.view(np.uint64)
        rows = list(zip(numbers, map(to_text, bits), strict=True))
        cursor.executemany("INSERT INTO fingerprint (scan_id, bits) VALUES (?, ?)", rows)
    cursor.execute("COMMIT")
    connection.invalidate()


if __name__ == "__main__":
    main()
