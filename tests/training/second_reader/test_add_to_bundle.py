from pathlib import Path

import keras
import numpy as np
import openvino

from fetal.bundle import Bundle, TrainingList
from fetal.training.second_reader.add_to_bundle import add_second_reader, reader_card
from fetal.training.second_reader.answer_groups import CLASSES
from fetal.training.second_reader.reader_network import load_reader, save_reader
from tests.support.tiny_model import tiny_model
from tests.training.second_reader.authors_file import authors_file


def test_a_reader_of_its_authors_is_served_as_keras_computes_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "sononet16.npz", **authors_file())
    # As a training leaves it, with kernels that float16 holds.
    save_reader(load_reader(tmp_path / "sononet16.npz"), tmp_path / "reader.npz")
    reader = load_reader(tmp_path / "reader.npz")
    learnt = TrainingList(frozenset({"c" * 64}), np.zeros((0, 4), np.uint64))
    card = reader_card(agree_at=0.4, training={"scans": 3}, data=[{"name": "ours"}])
    bundle = add_second_reader(tiny_model(), reader, card, tmp_path / "model", learnt)
    opened = Bundle.open(bundle.folder)
    assert opened.card.second_reader == card
    assert opened.card.second_reader.classes == CLASSES
    assert [one["name"] for one in card.data] == ["SonoNet-16, weights and head", "ours"]
    assert opened.trained_on() == {"c" * 64}
    files = [bundle.folder / f"second_reader.{kind}" for kind in ("xml", "bin")]
    assert sum(file.stat().st_size for file in files) < 8_000_000
    scans = np.random.default_rng(0).uniform(0, 255, (2, 224, 288, 1)).astype(np.float32)
    compiled = openvino.compile_model(str(files[0]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    served = compiled({"scan": scans})
    for name, theirs in zip(("maps", "logits"), reader(scans), strict=True):
        expected = np.asarray(keras.ops.convert_to_numpy(theirs))
        scale = np.abs(expected).max()
        np.testing.assert_allclose(served[name], expected, atol=1e-4 * scale, rtol=1e-3)
