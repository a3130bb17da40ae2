"""How much sooner a training reaches the same accuracy when frozen layers look at a scan once.

The same network learns from the same real scans, with the feature cache and without: first its
last layer, then its last stage. What counts is the time until the accuracy on validation patients
first reaches the best that the way without the cache ever reaches. The cache begins empty (cold:
what fills it is counted) and is then used again by a second training (warm).

    python benchmarks/train.py [--data FETAL_PLANES_DB_data.csv --images FOLDER]
        [--weights FILE.npz]

Without scans it takes phantoms, and without weights it starts from random ones: the times then
still say something, the accuracies nothing.
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from fetal.cli.labelled import labelled_images
from fetal.experiments.folds import ExperimentScan, draw
from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.progress import no_progress
from fetal.splits import TRAIN, VALIDATION, patient_folds
from fetal.training.data.examples import Example
from fetal.training.data.prepared_scans import write_frames
from fetal.training.events import EpochDone, TrainingEvent
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.networks.architectures import IMAGENET, build
from fetal.training.networks.compute_device import choose_precision, describe
from fetal.training.networks.initial_weights import load_weights_file
from fetal.training.settings import Stage, TrainingSettings
from fetal.training.stages.checkpoint import Position
from fetal.training.stages.fit_head import fit_head
from fetal.training.stages.fit_stage import fit_stage
from fetal.training.stages.stage_context import Splits, StageContext

SHARED = Path(__file__).parents[2] / "shared"
FOLDS = 4
HEAD = Stage("Last layer", "head", epochs=20, learning_rate=1e-3, patience=20)
UPPER = Stage("Last stage", "conv5", epochs=8, learning_rate=3e-4, patience=8)
TARGETS = {HEAD.name: 0.1, UPPER.name: 0.5}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time trainings with the feature cache.")
    planes = SHARED / "data" / "fetal_planes"
    parser.add_argument("--data", type=Path, default=planes / "FETAL_PLANES_DB_data.csv")
    parser.add_argument("--images", type=Path, default=planes / "images")
    parser.add_argument(
        "--weights", type=Path, default=SHARED / "weights" / "resnet50_imagenet_partial.npz"
    )
    parser.add_argument("--scans", type=int, default=240, help="scans of both splits together")
    parser.add_argument("--size", type=int, default=256, help="pixels of a side")
    chosen = parser.parse_args()
    settings = TrainingSettings(size=chosen.size, start="nothing", stages=(HEAD, UPPER))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        splits = frame(cases(chosen.data, chosen.images, chosen.scans), settings, Path(folder))
        policy = choose_precision(settings.mixed_precision)
        counts = " and ".join(str(len(split.classes)) for split in splits)
        print(f"ResNet50, {counts} scans to learn from and to judge by, {chosen.size} pixels")
        print(f"{describe()}, {policy}, {keras.backend.backend()}")
        ways = TwoWays(settings, splits, start_weights(settings, chosen.weights), Path(folder))
        compare(HEAD, ways.head_on_scans, ways.head_on_features)
        compare(UPPER, ways.upper_on_scans, ways.upper_on_features)
        kept = [path.stat().st_size for path in ways.folder.glob("*cache/*/*.npy")]
    print(f"{len(kept)} arrays kept, {max(kept) / 1024:.0f} KB each, {sum(kept) / 1e6:.0f} MB")
    print(f"all of it took {(time.perf_counter() - began) / 60:.1f} minutes")


def cases(table: Path, images: Path, scans: int) -> list[ExperimentScan]:
    """Scans of whole patients, never those that the table keeps for testing; else phantoms."""
    if not (table.is_file() and images.is_dir()):
        print(f"no real scans at {images}: phantoms, whose accuracies say nothing")
        return [
            ExperimentScan(f"{seed}", f"{seed}", PLANES[seed % 6], f"P-{seed}", _phantom(seed))
            for seed in range(scans)
        ]
    found = [image for image in labelled_images(table, images) if not image.test]

    def reader(number: int) -> Callable[[], Any]:
        def read() -> Any:
            scan = found[number].read()
            return scan.pixels, scan.sector

        return read

    return draw(
        [
            ExperimentScan(one.path.stem, one.path.stem, one.plane, one.patient, reader(number))
            for number, one in enumerate(found)
        ],
        scans,
    )


def _phantom(seed: int) -> Callable[[], Any]:
    return lambda: (simulate(PLANES[seed % 6], seed).pixels, None)


def frame(drawn: Sequence[ExperimentScan], settings: TrainingSettings, folder: Path) -> Splits:
    """Read and frame the scans; a fourth of the patients judges."""
    counts: dict[str, Counter[Any]] = {}
    for case in drawn:
        counts.setdefault(case.patient, Counter())[case.plane] += 1
    folds = patient_folds(counts, FOLDS)
    examples = [
        Example(
            case.digest,
            case.plane,
            case.patient,
            TRAIN if folds[case.patient] else VALIDATION,
            case.read,
        )
        for case in drawn
    ]
    train, validation = (
        write_frames([one for one in examples if one.split == split], settings, folder, no_progress)
        for split in (TRAIN, VALIDATION)
    )
    return Splits(train, validation)


def start_weights(settings: TrainingSettings, file: Path) -> tuple[list[Any], list[str]]:
    """The weights that every training begins with, and the layers that are fresh among them."""
    keras.utils.set_random_seed(settings.seed)
    model = build("resnet50", settings.size, *IMAGENET["resnet50"], dropout=settings.dropout)
    if file.is_file():
        fresh = load_weights_file(model, file)
        print(f"started from {file.name}; {len(fresh)} layers fresh")
    else:
        print(f"no weights at {file}: random ones, whose accuracies say nothing")
        fresh = [layer.name for layer in model.layers if layer.weights]
    return model.get_weights(), fresh


@dataclass
class Curve:
    """When each accuracy was reached: seconds, the processor's seconds, the accuracy."""

    points: list[tuple[float, float, float]] = field(default_factory=list)
    _wall: float = field(default_factory=time.perf_counter)
    _busy: float = field(default_factory=time.process_time)

    def __call__(self, event: TrainingEvent) -> None:
        """Note the accuracy of an epoch."""
        if isinstance(event, EpochDone) and event.val_accuracy is not None:
            wall, busy = time.perf_counter() - self._wall, time.process_time() - self._busy
            self.points.append((wall, busy, event.val_accuracy))

    @property
    def best(self) -> float:
        """The highest accuracy of all epochs."""
        return max(accuracy for _, _, accuracy in self.points)

    def reached(self, accuracy: float) -> tuple[float, float] | None:
        """The seconds until then, and the processor's, if it ever was."""
        return next(((wall, busy) for wall, busy, said in self.points if said >= accuracy), None)


@dataclass
class TwoWays:
    """The same start for every training."""

    settings: TrainingSettings
    splits: Splits
    start: tuple[list[Any], list[str]]
    folder: Path

    def head_on_scans(self) -> Curve:
        """The last layer, the whole network looking at every scan anew each epoch."""
        return self._fit(self._model(), HEAD, None)

    def head_on_features(self) -> Curve:
        """The last layer, on features that are computed once."""
        model, curve = self._model(), Curve()
        settings = self.settings.but(stages=(HEAD,))
        with tempfile.TemporaryDirectory() as folder:
            context = StageContext(
                model, settings, self.splits, Path(folder), curve, cache=self._cache("head")
            )
            fit_head(context, HEAD)
        return curve

    def upper_on_scans(self) -> Curve:
        """The last stage and the head, the whole network looking at every scan anew."""
        return self._fit(self._model(), UPPER, None)

    def upper_on_features(self) -> Curve:
        """The last stage and the head, on what the layers below made of each variant once."""
        return self._fit(self._model(), UPPER, self._cache("upper"))

    def _cache(self, name: str) -> FeatureCache:
        return FeatureCache(self.folder / f"{name}-cache")

    def _model(self) -> keras.Model:
        keras.utils.clear_session()
        settings = self.settings
        # Keras forgets the arithmetic with the session.
        choose_precision(settings.mixed_precision)
        keras.utils.set_random_seed(settings.seed)
        model = build("resnet50", settings.size, *IMAGENET["resnet50"], dropout=settings.dropout)
        model.set_weights(self.start[0])
        return model

    def _fit(self, model: keras.Model, stage: Stage, cache: FeatureCache | None) -> Curve:
        with tempfile.TemporaryDirectory() as folder:
            curve = Curve()
            context = StageContext(
                model, self.settings, self.splits, Path(folder), curve, self.start[1], cache
            )
            fit_stage(context, stage, Position())
        return curve


def compare(stage: Stage, on_scans: Callable[[], Curve], on_features: Callable[[], Curve]) -> None:
    """Train without the cache, with an empty one and with that one again; print the ratios."""
    without = on_scans()
    goal = without.best
    wall, busy = without.reached(goal) or (np.nan, np.nan)
    print(f"\n{stage.name}: {100 * goal:.1f} % is the best without the cache")
    print(f"  without: {wall:6.1f} s, {busy:6.1f} s of the processor")
    for name in ("cold", "warm"):
        curve = on_features()
        found = curve.reached(goal)
        if found is None:
            end = curve.points[-1][0]
            print(f"  {name}:    not reached in {end:.1f} s; {100 * curve.best:.1f} %")
            continue
        print(
            f"  {name}:    {found[0]:6.1f} s, {found[1]:6.1f} s of the processor; "
            f"ratio {found[0] / wall:.3f}, of the processor {found[1] / busy:.3f} "
            f"(target: at most {TARGETS[stage.name]})"
        )


if __name__ == "__main__":
    main()
