"""Features of the real scans from a network that has never seen one of their labels.

SonoNet-16 as its authors published it (Baumgartner et al. 2017; trained in London, on other
scans), built and run as this project's trainings run their frozen layers.
"""

import csv
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES, parse_plane

SHARED = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[3] / "shared"))
COLLECTION = SHARED / "data" / "fetal_planes"
WEIGHTS = SHARED / "weights" / "sononet16.npz"
SIZE = 256
"""The side of the framed scans in pixels, as the shipped model takes them."""
_AT_ONCE = 16


@dataclass(frozen=True, eq=False)
class RealScans:
    """The scans of FETAL_PLANES_DB that are at hand, n of them.

    Attributes:
        names: the images' names, (n,).
        true: int64 (n,), the official planes as places in `fetal.planes.PLANES`.
        circulated: int64 (n,), the planes of the table that circulated; -1 where it has none.
        patients: whose each scan is, (n,).
        train: bool (n,), whether the official table lets it be learnt from.
        features: float16 (n, 128).
    """

    names: tuple[str, ...]
    true: NDArray[np.int64]
    circulated: NDArray[np.int64]
    patients: tuple[str, ...]
    train: NDArray[np.bool_]
    features: NDArray[np.float16]

    def only(self, chosen: NDArray[np.bool_]) -> "RealScans":
        """Return some of the scans."""
        rows = np.flatnonzero(chosen)
        return RealScans(
            tuple(self.names[row] for row in rows),
            self.true[rows],
            self.circulated[rows],
            tuple(self.patients[row] for row in rows),
            self.train[rows],
            self.features[rows],
        )


def real_scans(cache: Path | None = None) -> RealScans:
    """Read the tables, and compute the features or read those that an earlier call kept.

    Args:
        cache: where they are kept; if None, the folder for temporary files.
    """
    images = sorted((COLLECTION / "images").iterdir())
    names = tuple(path.stem for path in images)
    official = _table("FETAL_PLANES_DB_data.csv", ";")
    circulated = _table("image_label.csv", ",")
    return RealScans(
        names,
        _planes([official[name]["Plane"] for name in names]),
        _planes([circulated.get(name, {}).get("Plane") for name in names]),
        tuple(official[name]["Patient_num"] for name in names),
        np.array([official[name]["Train"] == "1" for name in names]),
        _features(images, cache or Path(gettempdir())),
    )


def _table(name: str, separator: str) -> dict[str, dict[str, str]]:
    with (COLLECTION / name).open(newline="") as file:
        rows = [
            {key.strip(): value.strip() for key, value in row.items()}
            for row in csv.DictReader(file, delimiter=separator)
        ]
    return {row["Image_name"]: row for row in rows}


def _planes(written: list[str | None]) -> NDArray[np.int64]:
    return np.array([PLANES.index(parse_plane(word)) if word else -1 for word in written])


def _features(images: list[Path], folder: Path) -> NDArray[np.float16]:
    said = "\n".join([str(SIZE), *(path.name for path in images)])
    digest = sha256(said.encode() + WEIGHTS.read_bytes()).hexdigest()[:16]
    kept = folder / f"fetal-label-features-{digest}.npy"
    if not kept.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(kept, _computed(images))
    return np.asarray(np.load(kept), np.float16)


def _computed(images: list[Path]) -> NDArray[np.float16]:
    from fetal.scans import read_scan
    from fetal.scans.letterbox import Framing
    from fetal.third_party import load_keras

    load_keras()
    import keras

    from fetal.training.features.frozen_backbone import forward
    from fetal.training.networks.architectures import IMAGENET, build
    from fetal.training.networks.initial_weights import load_weights_file

    network = build("sononet16", SIZE, *IMAGENET["sononet16"])
    load_weights_file(network, WEIGHTS)
    run = forward(keras.Model(network.input, network.get_layer("pool").output))
    made = []
    for first in range(0, len(images), _AT_ONCE):
        scans = [read_scan(path.read_bytes(), path.name) for path in images[first:][:_AT_ONCE]]
        squares = [
            Framing.of(scan.pixels.shape, scan.sector, SIZE).apply(scan.pixels) for scan in scans
        ]
        made.append(run(np.stack(squares)[..., None]))
        print(f"\rLooked at {first + len(scans):,} of {len(images):,} scans", end="", flush=True)
    print()
    return np.concatenate(made).astype(np.float16)
