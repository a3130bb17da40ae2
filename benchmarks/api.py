"""Whether scans come in through the API as fast as through a drop.

Takes the same scans twice into fresh workspaces with the shipped model: as a drop, as the Scans
page takes it, and through the API on a port of this computer, sent by `fetal.client`. It prints
scans a second and the CPU of both, in this process and in those that read, and the ratio. The
client and the server are in one process, so that the API's figures hold the client's work too.

    python benchmarks/api.py [--scans 200]
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from intake import cpu_of_others, scans, workbench_in

from fetal.client import Client
from fetal.scans.sandboxed_reading import client as readers
from fetal.workbench.ingest.files import UploadedFile
from fetal.workbench.ingest.ingest import predicting
from fetal.workbench.ingest.upload_batch import UploadQueue
from tests.support.running_api import running_api


def main() -> None:
    parser = argparse.ArgumentParser(description="Time scans through the API and as a drop.")
    parser.add_argument("--scans", type=int, default=200, help="how many scans")
    asked = parser.parse_args()
    os.environ["FETAL_UNSURE"] = "keep"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        files, kind = scans(asked.scans, place / "scans")
        print(f"{len(files)} {kind}, {os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}")
        drop = taken("as a drop", place / "drop", files, by_drop)
        api = taken("through the API", place / "api", files, by_api)
        print(f"CPU through the API, as a share of the drop's: {api / drop:.2f}")


def taken(
    what: str, place: Path, files: list[Path], take: Callable[[Path, list[Path]], list[str]]
) -> float:
    """Seconds of CPU that it took, in all processes."""
    here, beside, started = time.process_time(), cpu_of_others(), time.perf_counter()
    outcomes = take(place, files)
    spent, here = time.perf_counter() - started, time.process_time() - here
    # Their CPU is only known once they have ended; others start where they are needed.
    readers.readers().close()
    readers.readers.cache_clear()
    beside = cpu_of_others() - beside
    print(
        f"{what}: {outcomes.count('added')} added in {spent:.1f} s, "
        f"{len(files) / spent:.1f} scans a second; CPU {here:.1f} s here and {beside:.1f} s in the "
        "processes that read"
    )
    return here + beside


def by_drop(place: Path, files: list[Path]) -> list[str]:
    workbench = workbench_in(place)
    predicting(workbench)
    dropped = [UploadedFile(path.name, path.read_bytes()) for path in files]
    drop = UploadQueue(workbench).start(dropped, "benchmark")
    drop.wait()
    workbench.close()
    return [one.outcome.value for one in drop.results]


def by_api(place: Path, files: list[Path]) -> list[str]:
    workbench = workbench_in(place)
    predicting(workbench)
    with running_api(workbench) as api, Client(api.address, name="benchmark") as client:
        results = client.add_scans(files)
    workbench.close()
    return [one.outcome for one in results]


if __name__ == "__main__":
    main()
