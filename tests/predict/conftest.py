import keras
import numpy as np
import pytest

from fetal.bundle import Calibration, Card, Head, InputSpec, write_bundle
from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.predict import load_model
from fetal.scans import encode_png, read_scan
from fetal.training.export.graph import export_graph
from fetal.training.networks.architectures import build

MEAN, STD = (41.0, 41.0, 41.0), (50.0, 50.0, 50.0)


@pytest.fixture(scope="session", autouse=True)
def exact():
    """Compute in 32 bits: most of what is compared here agrees to the last digits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FETAL_PRECISION", "float32")
        yield


@pytest.fixture(scope="session")
def network():
    keras.utils.set_random_seed(2)
    network = build("resnet50", 96, MEAN, STD)
    head = network.get_layer("head").kernel
    # A random network hardly tells scans apart; a louder head makes it take sides.
    head.assign(np.asarray(keras.ops.convert_to_numpy(head)) * 12)
    return network


@pytest.fixture(scope="session")
def write(network):
    def write(folder, created="2026-11-23", temperature=1.5, crop=True, check_below=0.8):
        card = Card(
            name=folder.name,
            created=created,
            architecture="resnet50",
            input=InputSpec(96, MEAN, STD, crop_to_sector=crop),
            head=Head("maps"),
            calibration=Calibration(temperature, check_below),
        )
        return write_bundle(folder, card, lambda draft: export_graph(network, draft))

    return write


@pytest.fixture(scope="session")
def folder(write, tmp_path_factory: pytest.TempPathFactory):
    return write(tmp_path_factory.mktemp("models") / "random").folder


@pytest.fixture(scope="session")
def model(folder):
    return load_model(folder)


@pytest.fixture(scope="session")
def scans():
    return [
        read_scan(encode_png(simulate(plane, seed).pixels), "") for seed, plane in enumerate(Plane)
    ]
