"""How many scans a second a training takes in, with everything that an epoch does.

Trains a ResNet50 on made-up scans of the wanted size: augmentation, transfer to the device, forward
and backward pass, optimiser. The first epoch compiles and is told apart. On a GPU 16-bit arithmetic
is used. With a weights file the batch statistics that came with the kernels stay as they are, as
they do in every training that starts from one.

    KERAS_BACKEND=jax python benchmarks/training_speed.py --size 224 --batch 128 --weights FILE
"""

import argparse
import statistics
import tempfile
from pathlib import Path

import numpy as np

from fetal.planes import PLANES
from fetal.third_party import load_keras
from fetal.training.settings import PRESETS, Stage


def main() -> None:
    parser = argparse.ArgumentParser(description="Scans a second of a full fine-tuning.")
    parser.add_argument("--size", type=int, default=224, help="side of the square, in pixels")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--scans", type=int, default=2560, help="training scans in an epoch")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--weights", type=Path, help="start from these; else from nothing")
    parser.add_argument("--learn", default="all", help="all, or a stage such as conv5")
    chosen = parser.parse_args()
    load_keras()
    from fetal.training.data.prepared_scans import PreparedScans
    from fetal.training.events import EpochDone, LogLine, TrainingEvent
    from fetal.training.pipeline import train_network
    from fetal.training.stages.stage_context import Splits

    chance = np.random.default_rng(7)

    def scans(count: int, name: str) -> PreparedScans:
        shape = (count, chosen.size, chosen.size)
        classes = chance.integers(0, len(PLANES), count)
        owners = tuple(f"{name} {number}" for number in range(count))
        return PreparedScans(chance.integers(0, 256, shape, np.uint8), classes, owners)

    epochs: list[EpochDone] = []

    def on_event(event: TrainingEvent) -> None:
        match event:
            case EpochDone():
                epochs.append(event)
            case LogLine(text):
                print(f"{text:.120}", flush=True)

    settings = PRESETS["shipped"].but(
        size=chosen.size,
        batch=chosen.batch,
        start="weights" if chosen.weights else "nothing",
        weights=str(chosen.weights) if chosen.weights else None,
        cache_features=False,
        stages=(Stage("Measured", chosen.learn, chosen.epochs, 1e-5, patience=chosen.epochs),),
    )
    # One batch of validation: what is timed is the training.
    splits = Splits(scans(chosen.scans, "train"), scans(chosen.batch, "validation"))
    with tempfile.TemporaryDirectory() as folder:
        train_network(splits, settings, Path(folder), on_event)
    first, *others = (epoch.seconds or 0.0 for epoch in epochs)
    usual = statistics.median(others)
    print(f"first epoch, which compiles: {first:.1f} s; the others: {usual:.2f} s each")
    print(
        f"{chosen.scans / usual:,.0f} scans a second, {chosen.size} x {chosen.size}, "
        f"batches of {chosen.batch}, learning “{chosen.learn}”"
    )


if __name__ == "__main__":
    main()
