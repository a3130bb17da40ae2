"""The files that pydicom ships: the table in the docs, and pydicom's own reading of them."""

import importlib.util
import logging
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

from fetal.scans import Limits, ScanError
from fetal.scans.dicom.file import DicomFile

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "benchmark_dicom", ROOT / "benchmarks" / "dicom.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_docs_say_what_becomes_of_each_file(benchmark: ModuleType) -> None:
    written = (ROOT / "docs" / "formats.md").read_text().splitlines()
    documented = {line.split("`")[1]: line for line in written if ".dcm` |" in line}
    found = benchmark.paths()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcomes = {path.name: benchmark.outcome(path) for path in found}
    for path in found:
        line = f"| `{path.name}` | {benchmark.nature(path)} | {outcomes[path.name]} |"
        assert documented[path.name] == line
    assert all(one.startswith(("read: ", "refused: Expected ")) for one in outcomes.values())
    if "liver.dcm" in outcomes:
        # With the package pydicom-data, no file of the table may be missing.
        assert documented.keys() == outcomes.keys()


def test_pictures_are_those_that_pydicom_decodes_but_for_their_scale(
    benchmark: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    compared = 0
    for path in benchmark.paths():
        data = path.read_bytes()
        if len(data) > 300_000:
            continue
        try:
            ours = DicomFile(data, Limits(shortest_side=1)).picture(0).pixels
            theirs = _by_pydicom(path)
        except (ScanError, RuntimeError, AttributeError, ValueError):
            continue
        assert ours.shape == theirs.shape, path.name
        assert _farthest_from_a_line(theirs, ours) < 1.6, path.name
        compared += 1
    assert compared >= 55


def test_a_stream_that_ends_its_decoder_is_refused_and_the_next_one_is_read() -> None:
    # A picture of pydicom's with a few bytes changed, on which GDCM calls abort().
    damaged = (Path(__file__).parent / "aborts_gdcm.dcm").read_bytes()
    with pytest.raises(ScanError, match="cannot be unpacked"):
        DicomFile(damaged, Limits(shortest_side=1)).picture(0)
    path = Path(pydicom.__file__).parent / "data/test_files/MR_small_jpeg_ls_lossless.dcm"
    assert DicomFile(path.read_bytes(), Limits()).picture(0).pixels.shape == (64, 64)


def _by_pydicom(path: Path) -> NDArray[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, force=True)
        values = pixel_array(dataset, index=0)
        if dataset.PhotometricInterpretation == "PALETTE COLOR":
            return apply_color_lut(values, dataset)
        if values.ndim == 3:
            return values
        shown = apply_voi_lut(apply_modality_lut(values, dataset), dataset)
        return -shown if dataset.PhotometricInterpretation == "MONOCHROME1" else shown


def _farthest_from_a_line(x: NDArray[Any], y: NDArray[Any]) -> float:
    """How far levels lie from what a line with a rising slope makes of pydicom's."""
    x, y = x.ravel()[::5].astype(float), y.ravel()[::5].astype(float)
    if np.ptp(x) == 0:
        return float(np.ptp(y))
    from_mean = x - x.mean()
    slope = (from_mean * y).mean() / (from_mean**2).mean()
    return float(np.abs(slope * from_mean + y.mean() - y).max()) if slope > 0 else np.inf
