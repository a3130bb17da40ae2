"""The kept files of the tiny models are what the code writes today."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fetal.bundle.weights import Graph
from tests.support.tiny_model import SEEDS, copy_graph
from tests.support.tiny_second_reader import copy_second_graph
from tests.support.write_tiny_models import write_graph, write_second_reader


@pytest.mark.parametrize("seed", SEEDS)
def test_the_kept_files_are_what_the_code_writes(seed: int, tmp_path: Path) -> None:
    kept, written = tmp_path / "kept", tmp_path / "written"
    for folder, fill in ((kept, copy_graph), (written, write_graph)):
        folder.mkdir()
        fill(seed, folder)
    assert (kept / "graph.xml").read_text() == (written / "graph.xml").read_text()
    ours, theirs = Graph.read(kept), Graph.read(written)
    for name in ("conv1/kernel", "conv1/bias", "head/kernel", "head/bias"):
        # Another processor may round the last bit of a float16 differently.
        np.testing.assert_allclose(ours.variable(name), theirs.variable(name), rtol=2e-3)


def test_the_kept_second_reader_is_what_the_code_writes(tmp_path: Path) -> None:
    kept, written = tmp_path / "kept", tmp_path / "written"
    for folder, fill in ((kept, copy_second_graph), (written, write_second_reader)):
        folder.mkdir()
        fill(folder)
    name = "second_reader.xml"
    assert (kept / name).read_text() == (written / name).read_text()
    ours, theirs = (Graph.read(folder, "second_reader") for folder in (kept, written))
    for name in ("conv1/kernel", "conv1/bias", "head/kernel", "head/bias"):
        np.testing.assert_allclose(ours.variable(name), theirs.variable(name), rtol=2e-3)


def test_a_tiny_model_imports_neither_keras_nor_tensorflow() -> None:
    program = """
import sys
from fetal.predict import load_model
from tests.support.tiny_model import tiny_model, tiny_model_that_knows_nothing
load_model(tiny_model().folder)
load_model(tiny_model_that_knows_nothing().folder)
print(sorted({"tensorflow", "keras", "jax", "torch"} & sys.modules.keys()))
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
