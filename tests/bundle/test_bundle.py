import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.bundle import (
    Bundle,
    BundleExistsError,
    Card,
    CardError,
    DigestError,
    GraphError,
    MissingFileError,
    UnknownFormatError,
    WrongPlanesError,
    write_bundle,
)
from fetal.bundle.manifest import digests_text
from fetal.metrics import SetThresholds
from fetal.planes import Plane
from tests.bundle.conftest import Write


def sign(folder: Path) -> None:
    """Give a changed model digests that fit, as whoever means harm would."""
    (folder / "digests.json").write_text(digests_text(folder))


def change_card(folder: Path, **values: object) -> None:
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | values))
    sign(folder)


def change_graph(folder: Path, old: str, new: str) -> None:
    graph = (folder / "graph.xml").read_text()
    assert old in graph
    (folder / "graph.xml").write_text(graph.replace(old, new, 1))
    sign(folder)


def test_a_written_model_opens_with_its_card_and_the_scans_it_has_seen(
    write: Write, card: Card
) -> None:
    bundle = Bundle.open(write().folder)
    assert bundle.card == card
    assert bundle.trained_on() == {"a" * 64, "b" * 64}


def test_a_card_keeps_from_where_on_a_plane_belongs_to_a_set(write: Write, card: Card) -> None:
    thresholds = SetThresholds(
        0.95, {Plane.BRAIN: 0.4, Plane.OTHER: 0.1}, {Plane.BRAIN: 30, Plane.OTHER: 19}
    )
    calibration = dataclasses.replace(card.calibration, plane_sets=thresholds)
    bundle = write(card=dataclasses.replace(card, calibration=calibration))
    assert Bundle.open(bundle.folder).card.calibration.plane_sets == thresholds
    written = json.loads((bundle.folder / "card.json").read_text())
    assert written["calibration"]["plane_sets"]["least"] == {"brain": 0.4, "other": 0.1}


def test_a_card_of_an_older_program_opens_and_promises_nothing(write: Write) -> None:
    bundle = write()
    calibration = json.loads((bundle.folder / "card.json").read_text())["calibration"]
    del calibration["plane_sets"]
    change_card(bundle.folder, calibration=calibration)
    assert Bundle.open(bundle.folder).card.calibration.plane_sets is None


@pytest.mark.parametrize(
    "impossible",
    [
        {"coverage": 1.5, "least": {}, "patients": {}},
        {"coverage": 0.95, "least": {"brain": 2}, "patients": {}},
        {"coverage": 0.95, "least": {"liver": 0.2}, "patients": {}},
        {"coverage": 0.95},
    ],
)
def test_thresholds_of_sets_that_cannot_be_are_refused(
    write: Write, impossible: dict[str, object]
) -> None:
    bundle = write()
    calibration = json.loads((bundle.folder / "card.json").read_text())["calibration"]
    change_card(bundle.folder, calibration=calibration | {"plane_sets": impossible})
    with pytest.raises(CardError):
        Bundle.open(bundle.folder)


def test_the_weights_come_back_in_keras_layout(
    write: Write, weights: dict[str, NDArray[Any]]
) -> None:
    stored = write().variables()
    assert stored.keys() == weights.keys()
    for path, values in weights.items():
        kept = values.astype(np.float16) if path.endswith("kernel") else values
        np.testing.assert_array_equal(stored[path], kept.astype(np.float32), err_msg=path)
        assert stored[path].dtype == np.float32


def test_the_head_is_the_classifying_layer(write: Write, weights: dict[str, NDArray[Any]]) -> None:
    kernel, bias = write().head()
    assert kernel.shape == (16, 6)
    np.testing.assert_allclose(kernel, weights["head/kernel"], atol=1e-3)
    np.testing.assert_array_equal(bias, weights["head/bias"])


def test_the_same_model_has_the_same_digest_and_another_has_another(
    write: Write, card: Card
) -> None:
    first, again = write("one"), write("two")
    other = write("three", dataclasses.replace(card, name="another"))
    assert first.digest == again.digest != other.digest


def test_weights_are_read_without_openvino_or_keras(write: Write) -> None:
    code = (
        "import sys; from fetal.bundle import Bundle; Bundle.open(sys.argv[1]).variables();"
        "sys.exit(bool({'openvino', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, write().folder], check=True)


@pytest.mark.parametrize("name", ["card.json", "graph.xml", "graph.bin", "trained_on.txt"])
def test_one_changed_byte_is_noticed_in_every_file(write: Write, name: str) -> None:
    path = write().folder / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DigestError, match=name):
        Bundle.open(path.parent)


@pytest.mark.parametrize(
    "name", ["card.json", "graph.xml", "graph.bin", "trained_on.txt", "digests.json"]
)
def test_a_missing_file_is_named(write: Write, name: str) -> None:
    folder = write().folder
    (folder / name).unlink()
    with pytest.raises(MissingFileError, match=name):
        Bundle.open(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="nowhere"):
        Bundle.open(tmp_path / "nowhere")


def test_unreadable_digests_are_an_error_of_their_own(write: Write) -> None:
    folder = write().folder
    (folder / "digests.json").write_text("[")
    with pytest.raises(DigestError):
        Bundle.open(folder)


def test_a_later_format_is_refused(write: Write) -> None:
    folder = write().folder
    change_card(folder, format=2)
    with pytest.raises(UnknownFormatError, match="format 2"):
        Bundle.open(folder)


@pytest.mark.parametrize(
    "planes",
    [
        ["abdomen", "brain", "femur", "thorax", "cervix", "other"],
        ["brain", "abdomen", "femur", "thorax", "cervix"],
        ["brain", "abdomen", "femur", "thorax", "cervix", "kidney"],
    ],
)
def test_other_planes_or_another_order_are_refused(write: Write, planes: list[str]) -> None:
    folder = write().folder
    change_card(folder, planes=planes)
    with pytest.raises(WrongPlanesError, match=planes[-1]):
        Bundle.open(folder)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"calibration": {"temperature": 0, "check_below": 0.8}}, "temperature"),
        ({"calibration": {"temperature": 1, "check_below": 80}}, "check_below"),
        ({"calibration": {"temperature": 1, "check_below": 1, "unknown_above": 0}}, "unknown"),
        ({"calibration": {}}, "temperature"),
        ({"head": {"maps": "last", "pooling": "largest"}}, "pooling"),
        ({"name": " "}, "name"),
        ({"limits": "none"}, "limits"),
        ({"input": {"size": 64, "channels": 3, "mean": [1, 2], "std": [1, 1, 1]}}, "crop"),
    ],
)
def test_an_impossible_card_says_which_entry(
    write: Write, values: dict[str, object], named: str
) -> None:
    folder = write().folder
    change_card(folder, **values)
    with pytest.raises(CardError, match=named):
        Bundle.open(folder)


def test_what_a_card_says_beyond_this_version_is_kept(write: Write) -> None:
    folder = write().folder
    change_card(folder, thanks="to everybody")
    card = Bundle.open(folder).card
    assert card.extra == {"thanks": "to everybody"}
    assert card.to_json()["thanks"] == "to everybody"


def test_a_graph_that_could_swell_in_memory_is_refused(write: Write) -> None:
    folder = write().folder
    bomb = '<!DOCTYPE net [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<net '
    change_graph(folder, "<net ", bomb)
    with pytest.raises(GraphError, match="document type"):
        Bundle.open(folder)


def test_weights_beyond_the_end_of_the_file_are_refused(write: Write) -> None:
    folder = write().folder
    content = (folder / "graph.bin").read_bytes()
    (folder / "graph.bin").write_bytes(content[: len(content) // 2])
    sign(folder)
    with pytest.raises(GraphError, match="lack"):
        Bundle.open(folder)


def test_a_graph_of_another_size_than_its_card_is_refused(write: Write) -> None:
    folder = write().folder
    card = json.loads((folder / "card.json").read_text())
    change_card(folder, input=card["input"] | {"size": 128})
    with pytest.raises(GraphError, match="128"):
        Bundle.open(folder)


def test_a_graph_that_is_no_graph_is_refused(write: Write) -> None:
    folder = write().folder
    (folder / "graph.xml").write_text("<net><layers>")
    sign(folder)
    with pytest.raises(GraphError):
        Bundle.open(folder)


def test_a_model_is_never_written_over_another(write: Write) -> None:
    before = write().digest
    with pytest.raises(BundleExistsError, match="model"):
        write()
    assert Bundle.open(write("other").folder.parent / "model").digest == before


def test_a_writing_that_fails_leaves_nothing(card: Card, tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "graph.xml").write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_bundle(tmp_path / "model", card, fail)
    assert list(tmp_path.iterdir()) == []
