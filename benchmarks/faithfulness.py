"""Whether the heat maps show what the model rests on, method by method, beside heat that does not.

Deletion and insertion (Petsiuk et al. 2018) on the probability of the predicted plane, and, on
phantoms, the share of the heat on the structure that makes the plane. Intervals come from drawing
the patients again; a phantom is a patient of its own. A star marks what beats both random heat and
a blob in the middle, scan by scan, with an interval that leaves out no difference.

    python benchmarks/faithfulness.py [--scans 20] [--steps 10]
    python benchmarks/faithfulness.py --images FOLDER --data TABLE

The second line measures real scans, those marked as test scans where the table marks any, one of
each patient, in equal numbers of each fetal plane, and none that the model has learnt from.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fetal.cli.labelled import labelled_images
from fetal.cli.readable_images import readable
from fetal.explain import METHODS, Heat, enlarge
from fetal.explain.deletion_insertion import (
    Mask,
    centre_blob,
    deletion,
    insertion,
    random_heat,
    share_inside,
)
from fetal.metrics.bootstrap import Draws, spread
from fetal.metrics.interval import Interval
from fetal.phantom import simulate
from fetal.planes import FETAL_PLANES, PLANES, Plane
from fetal.predict import Model, Prediction, load_model
from fetal.scans import Scan, encode_png, read_scan
from fetal.scans.sector.detect_sector import stored_sector

STRUCTURES = {
    Plane.BRAIN: "head",
    Plane.ABDOMEN: "abdomen",
    Plane.FEMUR: "thigh",
    Plane.THORAX: "chest",
    Plane.CERVIX: "cervix",
}
"""What makes each plane; the bone of the femur alone is narrower than a cell of the network."""

RANDOM, CENTRE, UNIFORM = "random heat", "blob in the middle", "the same heat everywhere"
MEASURES = ("deletion", "insertion", "inside", "times chance")
LOWER_IS_BETTER = ("deletion",)
FIRST_SEED = 7000
"""Neither the app's samples nor the phantoms that models are trained with have such seeds."""


class Sample(NamedTuple):
    """A scan, and on a phantom the structure that makes its plane."""

    scan: Scan
    structure: Mask | None
    patient: str


def main() -> None:
    options = parse()
    model = load_model(options.model)
    samples = (
        list(real(options.images, options.data, options.scans, model))
        if options.data
        else list(phantoms(options.scans))
    )
    started = time.perf_counter()
    rows = [measure(model, sample, options.steps, number) for number, sample in enumerate(samples)]
    print(
        f"{model.name}: {len(samples)} {'real scans' if options.data else 'phantoms'}, "
        f"{options.steps} steps, {time.perf_counter() - started:.0f} s"
    )
    show(rows, Draws.of([sample.patient for sample in samples]))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure how faithful the heat maps are.")
    parser.add_argument("--scans", type=int, default=20, help="how many scans")
    parser.add_argument("--steps", type=int, default=10, help="steps of deletion and insertion")
    parser.add_argument("--model", type=Path, help="a model's folder")
    parser.add_argument("--images", type=Path, help="a folder of real scans")
    parser.add_argument("--data", type=Path, help="the table of their labels")
    options = parser.parse_args()
    if bool(options.images) != bool(options.data):
        parser.error("--images and --data belong together")
    return options


def phantoms(count: int) -> Iterator[Sample]:
    for number in range(count):
        plane = list(STRUCTURES)[number % len(STRUCTURES)]
        phantom = simulate(plane, FIRST_SEED + number)
        scan = read_scan(encode_png(phantom.pixels), "")
        yield Sample(scan, phantom.masks[STRUCTURES[plane]], str(number))


def real(folder: Path, table: Path, count: int, model: Model) -> Iterator[Sample]:
    images = labelled_images(table, folder)
    images = [image for image in images if image.test] or images
    learnt = model.bundle.trained_on()
    left = {plane: count // len(FETAL_PLANES) for plane in FETAL_PLANES}
    patients: set[str] = set()
    for image in images:
        if image.patient in patients or not left.get(image.plane):
            continue
        for _, scan in readable([image]):
            if scan.digest not in learnt:
                patients.add(image.patient)
                left[image.plane] -= 1
                yield Sample(scan, None, image.patient)


def measure(model: Model, sample: Sample, steps: int, seed: int) -> dict[str, dict[str, float]]:
    """Every figure of one scan, by method and measure."""
    prediction = model.predict(sample.scan)
    square = prediction.framing.apply(sample.scan.pixels)
    within = stored_sector(square)
    structure = None
    if sample.structure is not None:
        structure = prediction.framing.apply(sample.structure.astype(np.uint8) * 255) > 127
    score = probability(model, prediction)
    found: dict[str, dict[str, float]] = {}
    for name, cells in heats(model, prediction, seed).items():
        heat = enlarge(cells, len(square))
        shown = square.astype(np.float32)
        found[name] = {
            "deletion": deletion(shown, heat, score, within, steps=steps),
            "insertion": insertion(shown, heat, score, within, steps=steps),
        }
        if structure is not None:
            found[name] |= on_structure(heat, structure, within)
    if structure is not None:
        found[UNIFORM] = on_structure(np.ones(square.shape, np.float32), structure, within)
    return found


def heats(model: Model, prediction: Prediction, seed: int) -> dict[str, Heat]:
    """Heat of the predicted plane: each method's, and what knows nothing."""
    index = PLANES.index(prediction.plane)
    by_method = {
        cam.title: model.explain(prediction, name)[index]
        # Here HiResCAM equals Grad-CAM; a test holds it.
        for name, cam in METHODS.items()
        if name != "hirescam"
    }
    cells = prediction.heat.shape[1:]
    blind = {RANDOM: random_heat(cells, np.random.default_rng(seed)), CENTRE: centre_blob(cells)}
    return by_method | blind


def on_structure(heat: Heat, structure: Mask, within: Mask) -> dict[str, float]:
    share = share_inside(heat, structure, within)
    return {"inside": share, "times chance": share / structure[within].mean()}


def probability(model: Model, prediction: Prediction) -> Callable[[np.ndarray], np.ndarray]:
    """The calibrated probability of the predicted plane, as the app shows it."""
    index = PLANES.index(prediction.plane)
    temperature = model.bundle.card.calibration.temperature

    def score(squares: np.ndarray) -> np.ndarray:
        logits = model.logits(squares).astype(np.float64) / temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers[:, index] / powers.sum(axis=1))

    return score


def show(rows: list[dict[str, dict[str, float]]], draws: Draws) -> None:
    methods = list(rows[0])
    measures = [name for name in MEASURES if name in rows[0][methods[0]]]
    lines = [["method", *(f"{name}{arrow(name)}" for name in measures)]]
    for method in methods:
        title = "Grad-CAM, HiResCAM" if method == "Grad-CAM" else method
        cells = [
            cell(rows, draws, method, name) if name in rows[0][method] else "–" for name in measures
        ]
        lines.append([title, *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)))


def arrow(measure: str) -> str:
    return " ↓" if measure in LOWER_IS_BETTER else " ↑"


def cell(rows: list[dict[str, dict[str, float]]], draws: Draws, method: str, name: str) -> str:
    figure = mean(values(rows, method, name), draws)
    beats = method not in (RANDOM, CENTRE, UNIFORM) and all(
        better(rows, draws, method, blind, name) for blind in (RANDOM, CENTRE)
    )
    return f"{figure.value:.2f} ({figure.low:.2f} to {figure.high:.2f}){' *' if beats else ''}"


def better(
    rows: list[dict[str, dict[str, float]]], draws: Draws, method: str, blind: str, name: str
) -> bool:
    gain = mean(values(rows, method, name) - values(rows, blind, name), draws)
    return gain.high < 0 if name in LOWER_IS_BETTER else gain.low > 0


def values(rows: list[dict[str, dict[str, float]]], method: str, name: str) -> np.ndarray:
    return np.array([row[method][name] for row in rows])


def mean(each: np.ndarray, draws: Draws) -> Interval:
    return spread(each.mean(), draws.sums(each) / draws.sums(np.ones(len(each))))


if __name__ == "__main__":
    main()
