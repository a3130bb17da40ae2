"""Which fine-tuning of the second reader learns our planes and forgets least of what is none.

Kinds of scans are left out of the training one after another: frames that miss a standard plane
with the cervix, adult organs, and a whole source of other machines. Each variant is judged on what
it has not seen, and on patients held back of what it has: of scans of the four fetal planes, how
many keep half of the probability on their plane (else they would lose their *sure*), and of frames
that show none, how many get half of it on some plane (a *sure* mistake of the first reader would
pass). Only training scans are used. A stopped run goes on where it stopped.

    fetal frames --pack fetal-planes-db --images DIR --pack more-scans --images DIR --out FRAMES
    KERAS_BACKEND=jax python benchmarks/second_reader.py FRAMES --weights sononet16.npz --out FOLDER
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fetal.packs import PackFile, read_pack
from fetal.planes import Plane
from fetal.splits import patient_folds
from fetal.third_party import load_keras
from fetal.training.second_reader.answer_groups import NO_PLANE
from fetal.training.second_reader.reader_frames import frame_for_reader
from fetal.training.second_reader.reader_settings import SecondReaderSettings
from fetal.training.settings import PRESETS

FOLDS = 5
AGREE = 0.5

USUAL = SecondReaderSettings(learn="all", augmentation=PRESETS["shipped"].augmentation)

VARIANTS = {
    "untrained": USUAL.but(learning_rate=0.0, epochs=1),
    "0.15 of itself": USUAL.but(distillation=0.15),
    "0.5 of itself": USUAL.but(distillation=0.5),
    "1 of itself": USUAL.but(distillation=1.0),
    "2 of itself": USUAL.but(distillation=2.0),
    "0.5, upper layers": USUAL.but(distillation=0.5, learn="conv4"),
    "0.5, no fragments": USUAL.but(distillation=0.5, fragments=0.0),
    "0.5, many fragments": USUAL.but(distillation=0.5, fragments=0.5),
    "0.5, moved back by 0.3": USUAL.but(distillation=0.5, keep=0.3),
    "1, twice as long": USUAL.but(distillation=1.0, epochs=20),
}


@dataclass(frozen=True)
class Scans:
    """Framed scans with what is known of them."""

    pixels: NDArray[np.uint8]
    planes: list[Plane | None]
    kinds: NDArray[np.str_]
    held_back: NDArray[np.bool_]

    def take(self, chosen: NDArray[np.bool_]) -> "tuple[NDArray[np.uint8], list[Plane | None]]":
        """Return the pixels and the planes of some."""
        return self.pixels[chosen], [self.planes[place] for place in np.flatnonzero(chosen)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare fine-tunings of the second reader.")
    parser.add_argument("frames", type=Path, help="a folder that `fetal frames` wrote")
    parser.add_argument("--weights", type=Path, required=True, help="SonoNet-16 with its head")
    parser.add_argument("--out", type=Path, required=True, help="where answers are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--table", action="store_true", help="train nothing, print what is done")
    chosen = parser.parse_args()
    scans = read(read_pack("frames", chosen.frames))
    chosen.out.mkdir(parents=True, exist_ok=True)
    if not chosen.table:
        run(chosen, scans)
    table(chosen, scans)


def read(files: Sequence[PackFile]) -> Scans:
    pixels = []
    for file in files:
        scan = file.read()
        pixels.append(frame_for_reader(scan.pixels, scan.sector))
    counts: dict[str, Counter[Plane]] = {}
    for file in files:
        counts.setdefault(file.patient, Counter())[file.plane or Plane.OTHER] += 1
    folds = patient_folds(counts, FOLDS)
    return Scans(
        np.stack(pixels),
        [file.plane for file in files],
        np.array([kind_of(file) for file in files]),
        np.array([folds[file.patient] == 0 for file in files]),
    )


def kind_of(file: PackFile) -> str:
    if file.plane is None:
        return "adult organs"
    if file.plane in (Plane.OTHER, Plane.CERVIX):
        return "other and cervix"
    return "HC18" if "HC18" in file.source else "fetal planes"


LEFT_OUT = ("other and cervix", "adult organs", "HC18")


def answers_file(out: Path, name: str, seed: int, left: str) -> Path:
    parts = (name, str(seed), left)
    return out / ("_".join(part.replace(" ", "-").replace(",", "") for part in parts) + ".npy")


def run(chosen: argparse.Namespace, scans: Scans) -> None:
    load_keras()
    import keras

    from fetal.training.second_reader.fine_tune import fine_tune
    from fetal.training.second_reader.reader_batches import ReaderScans
    from fetal.training.second_reader.reader_network import load_reader

    start = load_reader(chosen.weights)
    for seed in chosen.seeds:
        for name in chosen.variants:
            for left in LEFT_OUT:
                path = answers_file(chosen.out, name, seed, left)
                if path.exists():
                    continue
                began = time.monotonic()
                learnt = ~scans.held_back & (scans.kinds != left)
                settings = VARIANTS[name].but(seed=seed)
                folder = path.with_suffix(".run")
                network = fine_tune(
                    start, ReaderScans.of(*scans.take(learnt)), settings, folder, lambda _: None
                )
                unfinished = path.with_suffix(".part.npy")
                np.save(unfinished, chances(network, scans.pixels).astype(np.float32))
                unfinished.replace(path)
                print(
                    f"{name}, seed {seed}, without {left}: {time.monotonic() - began:.0f} s",
                    flush=True,
                )
                keras.utils.clear_session(free_memory=False)


def chances(network: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The probabilities of the five answers, (n, 5)."""
    from keras import ops

    from fetal.training.second_reader.reader_losses import answers

    size = 32
    padded = np.concatenate([pixels, pixels[: -len(pixels) % size]])[..., None]
    logits = [
        network.predict_on_batch(padded[at : at + size].astype(np.float32))[1]
        for at in range(0, len(padded), size)
    ]
    told = answers(ops.convert_to_tensor(np.concatenate(logits)[: len(pixels)]))
    return np.exp(np.asarray(ops.convert_to_numpy(told), np.float64))


def table(chosen: argparse.Namespace, scans: Scans) -> None:
    """Shares over all seeds: sure answers lost, and frames of no plane that get a plane."""
    headings = [
        "Variant",
        "Runs",
        "Fetal planes lost",
        "HC18, seen, lost",
        "HC18, unseen, lost",
        "Other and cervix, unseen, passed",
        "seen",
        "Adult organs, unseen, passed",
        "seen",
    ]
    print(f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for name in chosen.variants:
        done = [
            (left, np.load(path))
            for seed in chosen.seeds
            for left in LEFT_OUT
            if (path := answers_file(chosen.out, name, seed, left)).exists()
        ]
        if done:
            cells = " | ".join(shares(scans, done))
            print(f"| {name} | {len(done)} | {cells} |")


def shares(scans: Scans, done: Sequence[tuple[str, NDArray[np.float32]]]) -> Iterator[str]:
    places = np.array([place_of(plane) for plane in scans.planes])

    def mean(kind: str, unseen: bool) -> str:
        judged = []
        for left, told in done:
            if (left == kind) is not unseen:
                continue
            rows = (scans.kinds == kind) & (scans.held_back | unseen)
            if kind in ("fetal planes", "HC18"):
                judged.append(told[rows, places[rows]] < AGREE)
            else:
                judged.append(told[rows, :NO_PLANE].max(axis=1) >= AGREE)
        if not judged:
            return "–"
        together = np.concatenate(judged)
        return f"{100 * together.mean():.1f} % of {len(together) // len(judged)}"

    yield mean("fetal planes", False)
    for kind in ("HC18",):
        yield mean(kind, False)
        yield mean(kind, True)
    for kind in ("other and cervix", "adult organs"):
        yield mean(kind, True)
        yield mean(kind, False)


def place_of(plane: Plane | None) -> int:
    from fetal.training.second_reader.answer_groups import answer_of

    return answer_of(plane)


if __name__ == "__main__":
    main()
