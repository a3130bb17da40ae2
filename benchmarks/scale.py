"""Measures what every page asks of the workspace, as the workspace grows, on both databases.

    python benchmarks/scale.py [--scans 10000 100000] [--database both] [--calls 10] [--only page]

Each size is filled by rows alone (`scale_parts`), since none of these calls reads a
picture. A call is made once before it is timed, as an app that runs has made it before. Seconds on
the clock depend on what else runs; the processor's seconds, the database server's included, do not.
"""

import argparse
import itertools
import logging
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from scale_parts.scale_calls import CALLS, Call
from scale_parts.scale_workspace import fill

from fetal.store.database import Store
from fetal.store.workspace import Workspace
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.open import worker_workbench
from tests.support.postgresql import PostgresServer, running_server

DATABASES = ("sqlite", "postgresql")
SIZES = (10_000, 100_000, 1_000_000)
SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB", "work_mem": "32MB"}
_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1 << 20


@dataclass
class Measured:
    """What one call took, by the number of scans."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    held: float = 0.0
    """The longest time for which it held the writer's lock, in seconds."""
    peak: float = 0.0
    """The process's largest memory during the call, in megabytes."""
    trouble: str = ""

    @property
    def median(self) -> float:
        """The median of the seconds on the clock."""
        return statistics.median(self.wall)

    @property
    def p95(self) -> float:
        """The time that 95 of 100 calls stay below; the longest of fewer than twenty."""
        return sorted(self.wall)[max(0, -(-95 * len(self.wall) // 100) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=int, nargs="+", default=SIZES[:2], help="how many, each")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--calls", type=int, default=10, help="how often each call is timed")
    parser.add_argument("--only", default="", help="only calls whose name holds this")
    parser.add_argument("--keep", type=Path, help="a folder that keeps filled workspaces")
    parser.add_argument("--fill", action="store_true", help="only fill what is to be kept")
    options = parser.parse_args()
    # No picture is there, and the program would say so of each.
    logging.disable(logging.WARNING)
    for database in DATABASES if options.database == "both" else (options.database,):
        started = server_of(options.keep) if database == "postgresql" else nullcontext()
        with started as server:
            found = {scans: measure_size(scans, server, options) for scans in sorted(options.scans)}
        if not options.fill:
            report(database, found)


def server_of(keep: Path | None) -> AbstractContextManager[PostgresServer]:
    """Run a server whose databases go at the end, or are kept in a folder beside workspaces."""
    return running_server(SERVER, keep and keep / "postgresql-server")


def measure_size(
    scans: int, server: PostgresServer | None, options: argparse.Namespace
) -> dict[str, Measured]:
    """Fill a workspace and time all calls on it."""
    with tempfile.TemporaryDirectory(prefix="fetal-scale-") as temporary:
        begun = time.monotonic()
        folder = Path(temporary) / "workspace"
        workbench, address = filled(folder, scans, server, options.keep)
        print(f"{scans:,} scans are there after {time.monotonic() - begun:.0f} s", flush=True)
        found = {}
        for call in () if options.fill else CALLS:
            if options.only in call.name and (options.only or not call.named):
                found[call.name] = measure(workbench, call, options.calls, server)
                print(line(call.name, found[call.name]), flush=True)
        workbench.close()
    if server and address:
        server.drop(address)
    return found


def filled(
    folder: Path, scans: int, server: PostgresServer | None, keep: Path | None
) -> tuple[Workbench, str | None]:
    """Fill a workspace, or copy the one that is kept; on a server, return its address too."""
    kept = keep / ("postgresql" if server else "sqlite") / str(scans) if keep else None
    name = f"kept_{scans}"
    if kept and kept.exists():
        # A template that is older than this program is brought up to date once, and not each time.
        Store.open(
            Workspace.at(kept, database_url=server.address(name) if server else None)
        ).close()
        shutil.copytree(kept, folder)
        address = server.new_database(name) if server else None
        workspace = Workspace.at(folder, database_url=address)
        return worker_workbench(workspace, Store.open(workspace)), address
    address = server.new_database() if server else None
    workbench = fill(Workspace.at(folder, database_url=address), scans)
    if kept is None:
        return workbench, address
    workbench.close()
    if server and address:
        server.rename(address, name)
    draft = kept.with_name(f"{scans}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(folder, draft)
    draft.rename(kept)
    shutil.rmtree(folder)
    return filled(folder, scans, server, keep)


def measure(
    workbench: Workbench, call: Call, calls: int, server: PostgresServer | None
) -> Measured:
    """Time one call."""
    found = Measured()
    times = 1 if call.once else calls
    try:
        if not call.once:
            call.act(workbench, 0)
        for number in range(1, times + 1):
            if call.before is not None:
                call.before(workbench, number)
            forget_peak()
            processor, wall = processor_seconds(server), time.perf_counter()
            with holds(workbench, found):
                call.act(workbench, number)
            found.wall.append(time.perf_counter() - wall)
            found.processor.append(processor_seconds(server) - processor)
            found.peak = max(found.peak, peak())
    except Exception as error:
        # One call that fails must not hide what the others take.
        found.trouble = f"{type(error).__name__}: {str(error)[:80]}"
    return found


@contextmanager
def holds(workbench: Workbench, found: Measured) -> Iterator[None]:
    """Remember the longest time for which the block holds the writer's lock."""
    store, plain = workbench.store, workbench.store.session

    @contextmanager
    def timed() -> Iterator[Any]:
        with plain() as session:
            session.connection()
            begun = time.perf_counter()
            yield session
        found.held = max(found.held, time.perf_counter() - begun)

    store.session = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        del store.session


def processor_seconds(server: PostgresServer | None) -> float:
    """The processor time of this process, and of the database's processes."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime + (server_seconds(server.pid) if server else 0.0)


def server_seconds(parent: int) -> float:
    """The processor time of a server's processes that still run."""
    ticks = 0
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = place.read_text().rsplit(")", 1)[1].split()
        except OSError:
            # It ended meanwhile.
            continue
        if int(values[1]) == parent:
            ticks += int(values[11]) + int(values[12])
    return ticks / _TICKS


def forget_peak() -> None:
    """Have the kernel count the process's largest memory anew."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """The process's largest memory since then, in megabytes."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = (row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))
    return int(kilobytes) * 1024 / _MEGABYTE


def line(name: str, found: Measured) -> str:
    """One call of one size, as a line of text."""
    if found.trouble:
        return f"  {name:34} {found.trouble}"
    held = f"{found.held:8.3f}" if found.held else f"{'':8}"
    return (
        f"  {name:34} median {found.median:8.3f} s  p95 {found.p95:8.3f} s  processor "
        f"{statistics.median(found.processor):8.3f} s  lock {held}  peak {found.peak:6.0f} MB"
    )


def report(database: str, found: dict[int, dict[str, Measured]]) -> None:
    """Print a table of all sizes, in Markdown."""
    sizes = list(found)
    print(f"\n{database}: p95 (longest hold of the writer's lock), peak memory\n")
    heads = [f"{scans:,} scans" for scans in sizes]
    growth = [f"{small:,} to {large:,}" for small, large in itertools.pairwise(sizes)]
    print(f"| Call | {' | '.join([*heads, *growth])} |")
    print(f"|---|{'---|' * (len(heads) + len(growth))}")
    for name in found[sizes[0]]:
        row = [found[scans][name] for scans in sizes]
        cells = [cell(one) for one in row]
        for small, large in itertools.pairwise(row):
            both = (
                statistics.median(small.processor or [0]),
                statistics.median(large.processor or [0]),
            )
            cells.append(f"× {both[1] / max(both[0], 1 / _TICKS):.1f}")
        print(f"| {name} | {' | '.join(cells)} |")
    print()


def cell(one: Measured) -> str:
    """What one call took, as a cell of the table."""
    if one.trouble:
        return one.trouble
    held = f" (lock {one.held:.3f})" if one.held else ""
    return f"{one.p95:.3f} s{held}, {one.peak:.0f} MB"


if __name__ == "__main__":
    main()
