"""An archive on a real DICOMweb server: Orthanc, where it is installed."""

import io
import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pydicom
import pytest
import requests
from numpy.typing import NDArray
from pydicom.uid import UID

from fetal.cluster.archive_run import ArchiveRun
from fetal.cluster.archive_sources.choose_source import choose_source
from tests.privacy.account import free_port
from tests.support.drawn import fan
from tests.support.films import film
from tests.support.tiny_second_reader import tiny_model_with_second_reader

PROGRAM = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (Path(PROGRAM).exists() and PLUGIN.exists()),
        reason="Debian's packages orthanc and orthanc-dicomweb are not installed",
    ),
]


def _instance(number: int, frames: Sequence[NDArray[np.uint8]], modality: str = "US") -> bytes:
    made = pydicom.dcmread(io.BytesIO(film(frames)))
    made.Modality = modality
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.40", f"1.2.40.{number}"
    made.SOPInstanceUID = made.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.40.{number}.1")
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID
    packed = io.BytesIO()
    pydicom.dcmwrite(packed, made, enforce_file_format=True)
    return packed.getvalue()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a running server that keeps two stills, a film and a slice of a CT."""
    port = free_port()
    settings = {
        "StorageDirectory": str(tmp_path / "kept"),
        "IndexDirectory": str(tmp_path / "kept"),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    command = [PROGRAM, str(tmp_path / "orthanc.json")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + SECONDS
        while not _answers(address):
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        kept = [_instance(1, [fan(1)]), _instance(2, [fan(2)])]
        kept += [_instance(3, [fan(number) for number in range(8)]), _instance(4, [fan(4)], "CT")]
        for data in kept:
            requests.post(f"{address}/instances", data=data, timeout=SECONDS).raise_for_status()
        yield address
    finally:
        process.terminate()
        process.wait(SECONDS)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/system", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_the_ultrasound_of_a_server_is_predicted(server: str, tmp_path: Path) -> None:
    source = choose_source(f"{server}/dicom-web/instances?Modality=US")
    items = sorted(source.listing())
    assert len(items) == 3
    read = pydicom.dcmread(io.BytesIO(source.read(items[0])))
    assert (read.pixel_array == fan(1)).all()
    out = tmp_path / "results.parquet"
    standing, refused = ArchiveRun(source, tiny_model_with_second_reader(), out).run(5)
    assert (standing.done, refused) == (3, [])
    named = pq.read_table(out)["source"].to_pylist()
    assert sorted(set(named)) == items
    assert named.count(items[2]) == 5
