"""A model tells which scans it was trained on, also those that come back under other pixels."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from fetal.bundle import Bundle, Card, DigestError, copy_with_card, write_bundle
from fetal.scans.similarity.perceptual_hash import LEARNT_REACH, to_text
from fetal.training.export.graph import export_graph
from tests.bundle.conftest import Write


def with_bits(*numbers: int) -> NDArray[np.uint64]:
    """A near-duplicate hash in which some bits are set."""
    bits = np.zeros(256, np.uint8)
    bits[list(numbers)] = 1
    return np.packbits(bits).view(np.uint64)


@pytest.fixture
def hashed(network: keras.Model, card: Card, tmp_path: Path) -> Bundle:
    hashes = [to_text(with_bits()), to_text(with_bits(*range(1, 200)))]
    return write_bundle(
        tmp_path / "hashed",
        card,
        lambda folder: export_graph(network, folder),
        ["a" * 64],
        hashes=hashes,
    )


def test_a_scan_that_differs_little_from_one_of_its_training_is_alike(hashed: Bundle) -> None:
    near, far = with_bits(*range(1, 1 + LEARNT_REACH)), with_bits(*range(1, 2 + LEARNT_REACH))
    learnt = Bundle.open(hashed.folder).training_list()
    assert learnt.digests == {"a" * 64}
    assert learnt.alike(np.array([near, far, with_bits()])).tolist() == [True, False, True]


def test_a_copy_of_the_model_knows_as_much(hashed: Bundle, card: Card, tmp_path: Path) -> None:
    copy = copy_with_card(hashed, card, tmp_path / "copy").training_list()
    assert copy.digests == hashed.trained_on()
    assert np.array_equal(copy.hashes, hashed.training_list().hashes)


def test_a_model_of_version_0_1_has_no_hashes_and_opens(write: Write) -> None:
    learnt = write().training_list()
    assert learnt.digests
    assert learnt.hashes.shape == (0, 4)
    assert not learnt.alike(np.array([with_bits()])).any()


def test_two_lists_are_joined(hashed: Bundle, write: Write) -> None:
    joined = write().training_list().joined(hashed.training_list())
    assert joined.digests == {"a" * 64, "b" * 64}
    assert len(joined.hashes) == 2


def test_a_changed_list_of_hashes_is_noticed(hashed: Bundle) -> None:
    path = hashed.folder / "trained_on_hashes.txt"
    path.write_text(path.read_text().replace("0", "1", 1))
    with pytest.raises(DigestError, match=r"trained_on_hashes\.txt"):
        Bundle.open(hashed.folder)


def test_models_with_the_same_weights_are_told(hashed: Bundle, card: Card, tmp_path: Path) -> None:
    assert hashed.same_weights(copy_with_card(hashed, card, tmp_path / "copy"))
