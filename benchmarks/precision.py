"""How much sooner a model predicts in 16 bits than in 32, and by how much its answers move.

    python benchmarks/precision.py --data TABLE --images FOLDER

Takes the scans that the table keeps to test. Both arithmetics read the same scans with both
readers, in batches as the program makes them.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fetal.cli.labelled import labelled_images
from fetal.predict import Prediction, load_model
from fetal.scans import Scan


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare predictions in 16 and in 32 bits.")
    parser.add_argument("--data", type=Path, required=True, help="the table of FETAL_PLANES_DB")
    parser.add_argument("--images", type=Path, required=True)
    chosen = parser.parse_args()
    scans = [one.read() for one in labelled_images(chosen.data, chosen.images) if one.test]
    exact, quick = (measured(name, scans) for name in ("float32", "bfloat16"))
    same = sum(one.plane == other.plane for one, other in zip(exact, quick, strict=True))
    doubt = sum(one.doubt == other.doubt for one, other in zip(exact, quick, strict=True))
    print(f"the same plane for {same} and the same doubt for {doubt} of {len(scans)} scans")
    for who, chances in (("first", of_first), ("second", of_second)):
        moved = np.abs(chances(exact) - chances(quick)).max(axis=1)
        print(
            f"a probability of the {who} reader moves by {moved.max():.3f} at most, "
            f"by {np.median(moved):.5f} usually"
        )


def measured(precision: str, scans: Sequence[Scan]) -> list[Prediction]:
    """Print the time a scan, and return the predictions."""
    os.environ["FETAL_PRECISION"] = precision
    model = load_model()
    model.warm_up()
    began, spent = time.perf_counter(), time.process_time()
    predictions = list(model.predict_many(scans))
    each = 1000 * (time.perf_counter() - began) / len(scans)
    cpu = 1000 * (time.process_time() - spent) / len(scans)
    print(f"{precision}: {each:.1f} ms a scan, {cpu:.1f} ms of CPU")
    return predictions


def of_first(predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    """The first reader's probabilities, (n, 6)."""
    return np.array([list(one.probabilities.values()) for one in predictions])


def of_second(predictions: Sequence[Prediction]) -> npt.NDArray[np.float64]:
    """The second reader's probabilities of the planes that it knows, (n, 4)."""
    said = [one.second_opinion for one in predictions]
    return np.array([list(one.probabilities.values()) for one in said if one is not None])


if __name__ == "__main__":
    main()
