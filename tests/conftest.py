"""What all tests share: the real scans, where they are at hand, and how workers share the tests."""

import csv
import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["tests.support.postgresql"]

RealScan = tuple[Path, dict[str, str]]

DEAR = ("browser", "training")
"""The folders that take longest: they start first, so that no worker waits for them at the end."""

TOGETHER = {
    "tests/browser/": "two browsers at once would starve each other",
    "tests/predict/": "a network that is built and written once",
    "tests/training/test_pipeline.py": "a trained model",
    "tests/training/features/test_fit_statistics.py": "a trained model",
}
"""What one worker of pytest-xdist runs besides the tests of a file, and why."""

ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)

if "PYTEST_XDIST_WORKER" in os.environ:
    # More threads would take the cores from the other workers, and wait for work by going round.
    os.environ.update(dict.fromkeys(ONE_THREAD, "1") | os.environ)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's work in the background ignores Ctrl+C, and all that it starts would ignore it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the folders that take longest first."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    return DEAR.index(folder) if folder in DEAR else len(DEAR)


def pytest_collection_finish() -> None:
    """Take what all tests keep out of what Python's garbage collection looks at."""
    _set_aside_what_lives()


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Do so again after a file: it may have imported TensorFlow."""
    if nextitem is not None and nextitem.path != item.path:
        _set_aside_what_lives()


def _set_aside_what_lives() -> None:
    """Spare the garbage collection TensorFlow's objects.

    Streamlit collects all garbage each time a page is drawn. Among the million objects of
    TensorFlow that took most of the time of every test of a page.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: a test often waits for a browser or another process."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (len(affinity(0)) if affinity else os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal `--dist loadfile` by `TOGETHER`, in the order of the tests."""
    if config.getoption("dist") != "loadfile":
        return None
    # pytest-xdist tells no types of its own.
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            found = [reason for start, reason in TOGETHER.items() if nodeid.startswith(start)]
            return found[0] if found else str(super()._split_scope(nodeid))

    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture(autouse=True)
def _float32_after_a_training() -> Iterator[None]:
    """Take back the precision that a training chose for its whole process."""
    yield
    if "keras" in sys.modules:
        sys.modules["keras"].config.set_dtype_policy("float32")


def _shared() -> Path:
    return Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def real_collection() -> Path:
    """The folder with `images/` and the official table of FETAL_PLANES_DB."""
    folder = _shared() / "data" / "fetal_planes"
    if not folder.is_dir():
        pytest.skip(f"no real scans at {folder}: set FETAL_SHARED to the folder that has them")
    return folder


@pytest.fixture(scope="session")
def real_scans(real_collection: Path) -> list[RealScan]:
    """Every real scan at hand, with its row of the official table."""
    table = real_collection / "FETAL_PLANES_DB_data.csv"
    with table.open(newline="") as file:
        rows = {
            row["Image_name"]: {key.strip(): value.strip() for key, value in row.items()}
            for row in csv.DictReader(file, delimiter=";")
        }
    return [(path, rows[path.stem]) for path in sorted((real_collection / "images").iterdir())]


@pytest.fixture(scope="session")
def start_weights() -> Path:
    """The folder of weights files that a training can start from."""
    folder = _shared() / "weights"
    if not folder.is_dir():
        pytest.skip(f"no weights files at {folder}: set FETAL_SHARED to the folder that has them")
    return folder
