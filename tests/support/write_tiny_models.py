"""Writes the graph and the weights that `tests.support.tiny_model` reads.

Run `python -m tests.support.write_tiny_models` after a change of the network below or of the
export, and commit the files. `tests/training/test_tiny_models.py` compares them with the code.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from fetal.planes import PLANES
from fetal.third_party import load_keras
from tests.support.tiny_model import KEPT, SEEDS, SIZE
from tests.support.tiny_second_reader import READER_CLASSES, READER_COLUMNS, READER_ROWS


def write_graph(seed: int, place: Path) -> None:
    """Build the tiny network and write `graph.xml` and `graph.bin` into a folder.

    Args:
        seed: of the random weights.
        place: the folder, which must exist.
    """
    load_keras()
    import keras

    from fetal.training.export.graph import export_graph

    keras.utils.set_random_seed(seed)
    scan = keras.Input((SIZE, SIZE, 1), name="scan")
    maps = keras.layers.Conv2D(8, 4, strides=4, activation="relu", name="conv1")(scan)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(maps)
    logits = keras.layers.Dense(len(PLANES), name="head")(pooled)
    export_graph(keras.Model(scan, [maps, logits], name="tiny"), place)


def write_second_reader(place: Path) -> None:
    """Build a tiny second reader and write its graph into a folder, which must exist."""
    load_keras()
    import keras

    from fetal.training.export.graph import export_graph
    from fetal.training.networks.standardise_scan import StandardiseScan

    keras.utils.set_random_seed(11)
    scan = keras.Input((READER_ROWS, READER_COLUMNS, 1), name="scan")
    standard = StandardiseScan(name="standardise")(scan)
    maps = keras.layers.Conv2D(6, 8, strides=8, activation="relu", name="conv1")(standard)
    pooled = keras.layers.GlobalAveragePooling2D(name="pool")(maps)
    logits = keras.layers.Dense(len(READER_CLASSES), name="head")(pooled)
    export_graph(keras.Model(scan, [maps, logits], name="tiny"), place, "second_reader")


def main() -> None:
    """Write the graph once and the weights of each seed, and the second reader."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as draft:
        for seed in SEEDS:
            write_graph(seed, Path(draft))
            shutil.copyfile(Path(draft) / "graph.bin", KEPT / f"seed_{seed}.bin")
        shutil.copyfile(Path(draft) / "graph.xml", KEPT / "graph.xml")
    write_second_reader(KEPT)


if __name__ == "__main__":
    main()
