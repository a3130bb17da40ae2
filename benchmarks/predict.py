"""How long a prediction takes, beside Keras doing less.

Ours: one scan predicted by both readers, and the overlays of all six planes at the scan's own size.
Keras's: `model.predict` on the same input, and one Grad-CAM of one class by a GradientTape, without
an overlay. Both run in turns in this process; the medians' ratio is what counts. The same without
the second reader tells what that costs. A model without one is given SonoNet-16 with random
weights, which take the same time.

    python benchmarks/predict.py [--repeats 15]
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

from fetal.bundle import (
    Bundle,
    Card,
    Head,
    InputSpec,
    MissingFileError,
    copy_with_card,
    write_bundle,
)
from fetal.phantom import simulate
from fetal.planes import PLANES, Plane
from fetal.predict import Model, load_model
from fetal.scans import Scan, encode_png, read_scan
from fetal.training.export.graph import export_graph
from fetal.training.networks.architectures import build
from fetal.training.networks.from_bundle import restore
from fetal.training.second_reader.add_to_bundle import add_second_reader, reader_card
from fetal.training.second_reader.reader_network import build_reader

TARGET = 0.08


def main() -> None:
    parser = argparse.ArgumentParser(description="Time predictions and overlays beside Keras.")
    parser.add_argument("--repeats", type=int, default=15, help="turns of measurements")
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        model = shipped_or_random(Path(folder))
        scan = read_scan(encode_png(simulate(Plane.BRAIN, 0).pixels), "")
        network = restore(model.bundle)
        both, alone = load_model(two_readers(model, Path(folder))), one_reader(model, Path(folder))
        ours, single, theirs = time_in_turns(
            lambda: predict_and_explain(both, scan),
            lambda: predict_and_explain(alone, scan),
            lambda: predict_and_explain_with_keras(network, framed(model, scan)),
            repeats=repeats,
        )
        load, first = time_start(both.bundle, scan)
    height, width = scan.pixels.shape
    print(f"model: {model.name}, {model.bundle.card.input.size} pixels; scan {width} x {height}")
    print(f"load and check the model {load:.2f} s, first prediction after that {first:.2f} s")
    print(f"predict by both readers and six overlays: {ours * 1000:.0f} ms")
    print(f"predict by one reader and six overlays: {single * 1000:.0f} ms")
    print(f"Keras predict and one Grad-CAM: {theirs * 1000:.0f} ms")
    print(f"ratio of one reader: {single / theirs:.3f}")
    print(f"ratio: {ours / theirs:.3f} (target: at most {TARGET})")
    print(f"{repeats} turns in {time.perf_counter() - started:.0f} s, {os.cpu_count()} CPU cores")


def shipped_or_random(folder: Path) -> Model:
    try:
        return load_model()
    except MissingFileError:
        grey = InputSpec(256, (41.0,) * 3, (50.0,) * 3)
        network = build("resnet50", grey.size, grey.mean, grey.std)
        card = Card("random ResNet50", "2026-01-01", "resnet50", grey, Head("maps"))
        write_bundle(folder / "random", card, lambda draft: export_graph(network, draft))
        return load_model(folder / "random")


def two_readers(model: Model, folder: Path) -> Path:
    if model.bundle.second_graph is not None:
        return model.bundle.folder
    card = reader_card(training={"weights": "random"})
    return add_second_reader(model.bundle, build_reader(), card, folder / "both").folder


def one_reader(model: Model, folder: Path) -> Model:
    card = replace(model.bundle.card, second_reader=None)
    return load_model(copy_with_card(model.bundle, card, folder / "alone").folder)


def framed(model: Model, scan: Scan) -> np.ndarray:
    framing = model.predict(scan).framing
    return framing.apply(scan.pixels)[None, ..., None].astype(np.float32)


def predict_and_explain(model: Model, scan: Scan) -> None:
    prediction = model.predict(scan)
    for plane in PLANES:
        prediction.overlay(plane)


def predict_and_explain_with_keras(network: keras.Model, batch: np.ndarray) -> None:
    _, logits = network.predict(batch, verbose=0)
    with tf.GradientTape() as tape:
        maps, _ = network(batch)
        tape.watch(maps)
        score = network.get_layer("head")(network.get_layer("pool")(maps))[0, logits[0].argmax()]
    weights = tf.reduce_mean(tape.gradient(score, maps), axis=(1, 2))
    heat = tf.nn.relu(tf.reduce_sum(maps * weights[:, None, None], axis=-1))
    (heat / tf.reduce_max(heat)).numpy()


def time_in_turns(*runs: Callable[[], None], repeats: int) -> list[float]:
    times: list[list[float]] = [[] for _ in runs]
    for run in runs:
        run()
        run()
    for _ in range(repeats):
        for run, taken in zip(runs, times, strict=True):
            started = time.perf_counter()
            run()
            taken.append(time.perf_counter() - started)
    return [statistics.median(taken) for taken in times]


def time_start(bundle: Bundle, scan: Scan) -> tuple[float, float]:
    started = time.perf_counter()
    model = load_model(bundle.folder)
    loaded = time.perf_counter()
    model.predict(scan)
    return loaded - started, time.perf_counter() - loaded


if __name__ == "__main__":
    main()
