"""How much sooner a model predicts in 16 bits than in 32, and by how much its answers move.

    python benchmarks/precision.py --data TABLE --images FOLDER

Takes the scans that the table keeps to test. Both arithmetics read the same framed scans, in
batches as the program makes them; the second reader computes in 32 bits in either case.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from fetal.cli.labelled import labelled_images
from fetal.predict import Model, load_model
from fetal.scans.letterbox import Framing
from fetal.training.calibrate import to_chances


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare predictions in 16 and in 32 bits.")
    parser.add_argument("--data", type=Path, required=True, help="the table of FETAL_PLANES_DB")
    parser.add_argument("--images", type=Path, required=True)
    chosen = parser.parse_args()
    scans = [one.read() for one in labelled_images(chosen.data, chosen.images) if one.test]
    size = load_model().bundle.card.input.size
    squares = np.stack(
        [Framing.of(scan.pixels.shape, scan.sector, size).apply(scan.pixels) for scan in scans]
    ).astype(np.float32)
    told = {name: measured(name, squares) for name in ("float32", "bfloat16")}
    exact, quick = told.values()
    moved = np.abs(exact - quick).max(axis=1)
    same = (exact.argmax(axis=1) == quick.argmax(axis=1)).sum()
    print(f"the same plane for {same} of {len(scans)} scans")
    print(f"a probability moves by {moved.max():.3f} at most, by {np.median(moved):.5f} usually")


def measured(precision: str, squares: np.ndarray) -> np.ndarray:
    """Print the time a scan, and return the calibrated probabilities, (n, 6)."""
    os.environ["FETAL_PRECISION"] = precision
    model: Model = load_model()
    model.logits(squares[:8])
    began = time.perf_counter()
    logits = model.logits(squares)
    print(f"{precision}: {1000 * (time.perf_counter() - began) / len(squares):.1f} ms a scan")
    return to_chances(logits.astype(np.float64), model.bundle.card.calibration.temperature)


if __name__ == "__main__":
    main()
