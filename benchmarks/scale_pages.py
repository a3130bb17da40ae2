"""Measures how long the server takes to draw each page, as the workspace grows.

    python benchmarks/scale_pages.py [--scans 100000 1000000] [--database both] [--keep FOLDER]

The whole app runs, as Streamlit's own tests run it: a page is drawn with its menu, and each tab of
Dataset with its filters. What the browser needs comes on top, and so do the pictures, which the
workspaces of `scale.py` do not have. A page is drawn until nothing is computed beside it any more,
and timed then. Before each look at Train and Review, somebody else gives a label.
"""

import argparse
import gc
import itertools
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import streamlit as st
from scale import DATABASES, Measured, filled, processor_seconds, server_of
from streamlit.testing.v1 import AppTest

sys.path.insert(0, str(Path(__file__).parents[1]))

from fetal.planes import PLANES
from fetal.progress import BackgroundWork
from fetal.workbench.annotations.review import annotate
from fetal.workbench.datasets.label_reading import read_labels
from pages.parts.app import app_state
from pages.parts.dataset import link
from tests.support.postgresql import PostgresServer
from tests.support.tiny_model import tiny_model

_APP = Path(__file__).parents[1] / "streamlit_app.py"
_PATIENCE = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=int, nargs="+", default=(100_000, 1_000_000))
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--looks", type=int, default=10, help="how often each page is timed")
    parser.add_argument("--keep", type=Path, help="a folder that keeps filled workspaces")
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    os.environ["FETAL_MODEL"] = str(tiny_model().folder)
    for database in DATABASES if options.database == "both" else (options.database,):
        started = server_of(options.keep) if database == "postgresql" else nullcontext()
        with started as server:
            found = {
                scans: draw_all(scans, server, options.keep, options.looks)
                for scans in sorted(options.scans)
            }
        report(database, found)


def draw_all(
    scans: int, server: PostgresServer | None, keep: Path | None, looks: int
) -> dict[str, Measured]:
    """Draw all pages of a workspace of so many scans."""
    with tempfile.TemporaryDirectory(prefix="fetal-scale-") as temporary:
        workbench, address = filled(Path(temporary) / "workspace", scans, server, keep)
        workbench.close()
        os.environ["FETAL_WORKSPACE"] = str(Path(temporary) / "workspace")
        os.environ.pop("FETAL_DATABASE_URL", None)
        if address:
            os.environ["FETAL_DATABASE_URL"] = address
        st.cache_resource.clear()
        st.cache_data.clear()
        app = entered()
        # As the app does when it has started (`pages/parts/app/start.py`).
        gc.freeze()
        read_labels(app_state.workbench())
        found = {}
        for name, page, tab in _pages():
            found[name] = draw(app, page, tab, looks, server)
            told = (
                f"median {found[name].median:.3f} s  "
                f"p95 {found[name].p95:.3f} s  "
                f"processor {statistics.median(found[name].processor):.3f} s"
            )
            print(f"  {scans:9,} {name:40} {told}", flush=True)
        app_state.workbench().close()
    if server and address:
        server.drop(address)
    return found


def entered() -> AppTest:
    """The app, as somebody sees it who gave a name."""
    app = AppTest.from_file(str(_APP), default_timeout=_PATIENCE).run()
    app.text_input(key="name").input("Anna Meyer")
    return app.button(key="begin").click().run()


def _pages() -> Iterator[tuple[str, str, str | None]]:
    """Each page's name in the table, its file, and the tab of Dataset that is open."""
    yield from ((page.capitalize(), page, None) for page in ("scans", "review", "train", "models"))
    yield from ((f"Dataset: {tab}", "dataset", tab) for tab in link.labels())


def draw(
    app: AppTest, page: str, tab: str | None, looks: int, server: PostgresServer | None
) -> Measured:
    """Draw one page again and again."""
    app.switch_page(f"pages/{page}.py").run()
    if tab is not None:
        app.session_state[link.TAB_KEY] = tab
    settle(app)
    found = Measured()
    for number in range(looks):
        if page in ("train", "review"):
            annotate(app_state.workbench(), 7, PLANES[number % 2], "Ben Ode")
        processor, wall = processor_seconds(server), time.perf_counter()
        app.run()
        found.wall.append(time.perf_counter() - wall)
        found.processor.append(processor_seconds(server) - processor)
        if app.exception:
            raise SystemExit(f"{page} {tab or ''}: {app.exception[0].value}")
    return found


def settle(app: AppTest) -> None:
    """Draw the page until nothing is computed beside it."""
    end = time.monotonic() + _PATIENCE
    app.run()
    while (working := at_work()) and time.monotonic() < end:
        for work in working:
            work.wait(_PATIENCE)
        app.run()


def at_work() -> list[BackgroundWork[Any]]:
    """What is computed beside the page."""
    return [work for work in app_state.works().values() if not work.finished]


def report(database: str, found: dict[int, dict[str, Measured]]) -> None:
    """Print a table of all sizes, in Markdown."""
    sizes = list(found)
    heads = [f"{scans:,} scans" for scans in sizes]
    growth = [f"{small:,} to {large:,}" for small, large in itertools.pairwise(sizes)]
    print(f"\n{database}: p95 (median) of the seconds on the clock; growth of the median\n")
    print(f"| Page | {' | '.join([*heads, *growth])} |")
    print(f"|---|{'---|' * (len(heads) + len(growth))}")
    for name in found[sizes[0]]:
        row = [found[scans][name] for scans in sizes]
        medians = [one.median for one in row]
        cells = [
            f"{one.p95:.3f} s ({middle:.3f})" for one, middle in zip(row, medians, strict=True)
        ]
        cells += [f"× {large / small:.1f}" for small, large in itertools.pairwise(medians)]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
