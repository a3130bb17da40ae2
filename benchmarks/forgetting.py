"""What a retraining forgets: accuracy on what the new scans show, and on all that they do not.

A champion is trained on about half of the patients that the table marks Train = 1. Clinics whose
patients it has never seen then retrain it with a few hundred scans: of two planes only, or of one
machine only. Every model is judged on the Train = 0 scans, which none of them has seen.

    python benchmarks/forgetting.py --data TABLE --images FOLDER --weights FILE --out FOLDER
"""

import argparse
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle
from fetal.bundle.manifest import digests_text
from fetal.cli.labelled import LabelledImage, labelled_images
from fetal.metrics import paired_difference
from fetal.planes import PLANES, Plane
from fetal.scans.letterbox import Framing
from fetal.splits import TRAIN, VALIDATION
from fetal.training.calibrate import to_chances
from fetal.training.data.examples import Example
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.features.float32_inference import exact_copy, outputs_of
from fetal.training.model_card import About
from fetal.training.networks.from_bundle import restore
from fetal.training.pipeline import train
from fetal.training.settings import PRESETS, Stage, TrainingSettings

VALIDATING = 0.2
"""The share of a clinic's patients, and of the champion's, that stops the training."""

FEW = {"Aloka": 0.25}
"""Machines of which the champion gets less than half of the patients, so that 200 scans are left
for the clinic."""

PLANES_LOST, MACHINES_LOST = 1.5, 1.0
"""Points that may be lost, at most, on the other planes and on the other machines."""


@dataclass(frozen=True)
class Clinic:
    """Whose scans a retraining gets: those of two planes, or of one machine."""

    name: str
    planes: tuple[Plane, ...] = ()
    machine: str = ""

    def has(self, image: LabelledImage) -> bool:
        """Whether it could be one of its scans."""
        return image.plane in self.planes if self.planes else image.machine == self.machine


CLINICS = (
    Clinic("brain and thorax", planes=(Plane.BRAIN, Plane.THORAX)),
    Clinic("abdomen and femur", planes=(Plane.ABDOMEN, Plane.FEMUR)),
    Clinic("Aloka", machine="Aloka"),
    Clinic("Voluson E6", machine="Voluson E6"),
)

DEFAULT = PRESETS["default"]
FAST = replace(DEFAULT.stages[1], learning_rate=5e-5)
METHODS: dict[str, TrainingSettings] = {
    "nothing held, upper layers at 5e-5": DEFAULT.but(
        stages=(DEFAULT.stages[0], FAST), rehearsal=0.0, keep=0.0
    ),
    "nothing held": DEFAULT.but(rehearsal=0.0, keep=0.0),
    "simulated scans, 20 a plane": DEFAULT.but(rehearsal=0.0, keep=0.0, phantoms=20),
    "half kept": DEFAULT.but(rehearsal=0.0),
    "rehearsed": DEFAULT.but(keep=0.0),
    "rehearsed, half kept (the preset)": DEFAULT,
    "last layer alone, the same": DEFAULT.but(stages=DEFAULT.stages[:1]),
    "the preset, no statistics": DEFAULT,
}
NO_STATISTICS = "the preset, no statistics"
"""From a champion as versions before the statistics wrote it."""


class Collection:
    """Framed scans, read once and kept."""

    def __init__(self, images: Sequence[LabelledImage], size: int, folder: Path) -> None:
        self.images = list(images)
        self.classes = np.array([PLANES.index(image.plane) for image in images])
        self._size = size
        path = folder / f"scans-{len(self.images)}-{size}.npy"
        if not path.exists():
            unfinished = path.with_suffix(".part.npy")
            np.save(unfinished, np.stack([self._frame(image) for image in images]))
            unfinished.replace(path)
        self._pixels = np.load(path, mmap_mode="r")

    def _frame(self, image: LabelledImage) -> np.ndarray[Any, Any]:
        scan = image.read()
        height, width = scan.pixels.shape
        return Framing.of((height, width), scan.sector, self._size).apply(scan.pixels)

    def examples(self, chosen: Sequence[int], seed: str) -> list[Example]:
        """Scans as a run takes them, a fifth of their patients on the validation split."""
        found = {}
        for index in chosen:
            image = self.images[index]
            split = VALIDATION if chance(image.patient, seed) < VALIDATING else TRAIN
            pixels = np.array(self._pixels[index])
            digest = sha256(pixels.tobytes()).hexdigest()
            found[digest] = Example(
                digest, image.plane, image.patient, split, partial(without_box, pixels)
            )
        return list(found.values())

    def frames(self, chosen: Sequence[int]) -> PreparedScans:
        """Scans as a model is judged on them."""
        patients = tuple(self.images[index].patient for index in chosen)
        return PreparedScans(self._pixels[chosen], self.classes[chosen], patients)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a retraining forgets.")
    parser.add_argument("--data", type=Path, required=True, help="the table of FETAL_PLANES_DB")
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="ResNet50's ImageNet weights")
    parser.add_argument("--out", type=Path, required=True, help="where a stopped run goes on")
    parser.add_argument("--size", type=int, default=128, help="side in pixels (the shipped: 256)")
    parser.add_argument("--epochs", type=int, default=10, help="of the champion, all layers")
    parser.add_argument("--scans", type=int, default=200, help="of each clinic")
    parser.add_argument("--only", nargs="*", help="clinics to measure, by the start of their name")
    parser.add_argument(
        "--methods", nargs="*", choices=list(METHODS), default=list(METHODS), metavar="METHOD"
    )
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    scans = Collection(labelled_images(chosen.data, chosen.images), chosen.size, chosen.out)
    champion = champion_of(scans, chosen)
    test = [index for index, image in enumerate(scans.images) if image.test]
    before = chances_of(champion, scans.frames(test))
    for clinic in CLINICS:
        if chosen.only and not clinic.name.startswith(tuple(chosen.only)):
            continue
        mine = clinic_scans(scans, clinic, chosen.scans)
        headline(scans, clinic, mine, test, before)
        for method, model in retrained(scans, clinic, mine, champion, chosen):
            after = chances_of(model, scans.frames(test))
            line(method, scans, clinic, test, before, after)


def chance(patient: str, seed: str) -> float:
    """A number between 0 and 1 that a patient draws, the same each time."""
    return int.from_bytes(sha256(f"{seed} {patient}".encode()).digest()[:6], "big") / 2**48


def is_known(image: LabelledImage) -> bool:
    """Whether the champion has seen an image's patient."""
    return not image.test and chance(image.patient, "champion") < FEW.get(image.machine or "", 0.5)


def champion_of(scans: Collection, chosen: argparse.Namespace) -> Bundle:
    """Train the champion, unless it is there."""
    known = {image.patient for image in scans.images if is_known(image)}
    its = [index for index, image in enumerate(scans.images) if image.patient in known]
    settings = PRESETS["shipped"].but(
        size=chosen.size,
        weights=str(chosen.weights),
        phantoms=10,
        stages=(
            Stage("Upper layers", "conv5", epochs=3, learning_rate=5e-4),
            Stage("All layers", "all", epochs=chosen.epochs, learning_rate=1e-4, patience=99),
        ),
    )
    print(f"The champion learns from {len(its)} scans of {len(known)} patients.", flush=True)
    return run(scans.examples(its, "stop"), settings, chosen.out / "champion", None, chosen.out)


def clinic_scans(scans: Collection, clinic: Clinic, wanted: int) -> list[int]:
    """A clinic's scans, of whole patients that the champion has not seen."""
    known = {image.patient for image in scans.images if image.test or is_known(image)}
    its = [
        index
        for index, image in enumerate(scans.images)
        if clinic.has(image) and image.patient not in known
    ]
    its.sort(key=lambda index: chance(scans.images[index].patient, clinic.name))
    return its[:wanted]


def retrained(
    scans: Collection,
    clinic: Clinic,
    mine: Sequence[int],
    champion: Bundle,
    chosen: argparse.Namespace,
) -> Iterator[tuple[str, keras.Model]]:
    """Every method's model of a clinic."""
    examples = scans.examples(mine, clinic.name)
    for method in chosen.methods:
        settings = METHODS[method]
        start = champion
        if method == NO_STATISTICS:
            start = without_statistics(champion, chosen.out / "older")
        folder = chosen.out / f"{clinic.name}-{method}"
        model = run(examples, settings, folder, start, chosen.out)
        yield method, restore(model)
        keras.utils.clear_session()


def run(
    examples: list[Example],
    settings: TrainingSettings,
    folder: Path,
    champion: Bundle | None,
    out: Path,
) -> Bundle:
    about = About(folder.name)
    cache = out / "features"
    return train(
        examples, settings, folder, lambda _: None, about=about, champion=champion, cache=cache
    )


def without_statistics(champion: Bundle, folder: Path) -> Bundle:
    """The champion as an older version would have written it."""
    if not folder.exists():
        shutil.copytree(champion.folder, folder)
        (folder / "features.npz").unlink()
        (folder / "digests.json").write_text(digests_text(folder))
    return Bundle.open(folder)


def chances_of(model: Bundle | keras.Model, frames: PreparedScans) -> np.ndarray[Any, Any]:
    """Probabilities of scans, (n, 6); the calibration's temperature does not change who wins."""
    network = restore(model) if isinstance(model, Bundle) else model
    settings = DEFAULT.but(architecture=network.name, size=frames.pixels.shape[1])
    _, logits = outputs_of(exact_copy(network, settings), settings, frames)
    return to_chances(logits, 1.0)


def headline(
    scans: Collection,
    clinic: Clinic,
    mine: Sequence[int],
    test: Sequence[int],
    before: np.ndarray[Any, Any],
) -> None:
    right = before.argmax(axis=1) == scans.classes[test]
    new = np.array([clinic.has(scans.images[index]) for index in test])
    limit = PLANES_LOST if clinic.planes else MACHINES_LOST
    patients = len({scans.images[index].patient for index in mine})
    print(
        f"\n{clinic.name}: {len(mine)} scans of {patients} patients; {new.sum()} test scans like "
    )
    print(f"them, {(~new).sum()} others, on which at most {limit} points may be lost")
    print(f"{'':38} {'like them':>9} {'others':>7}  points gained on the others")
    print(f"{'champion':38} {right[new].mean():9.1%} {right[~new].mean():7.1%}", flush=True)


def line(
    method: str,
    scans: Collection,
    clinic: Clinic,
    test: Sequence[int],
    before: np.ndarray[Any, Any],
    after: np.ndarray[Any, Any],
) -> None:
    truth = scans.classes[test]
    new = np.array([clinic.has(scans.images[index]) for index in test])
    others = [scans.images[index].patient for index in np.array(test)[~new]]
    gain = paired_difference(truth[~new], before[~new], after[~new], others)
    right = after.argmax(axis=1) == truth
    points = f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
    print(f"{method:38} {right[new].mean():9.1%} {right[~new].mean():7.1%}  {points}", flush=True)


def without_box(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], None]:
    """A scan as an example reads it, with no sector told."""
    return pixels, None


if __name__ == "__main__":
    main()
