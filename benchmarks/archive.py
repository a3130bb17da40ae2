"""How many scans a second an archive takes, beside bare OpenVINO, and what kills cost.

First, in this process: both readers predict ready scans in batches, as a worker does, and bare
OpenVINO runs the same graphs on ready frames with the same batches, in turns. Their ratio counts.
Reading (decoding, masking) is measured apart. Then the whole way: `fetal predict-archive` on
processes of this computer. With --kills, a scheduler and workers run by themselves and are killed
again and again, spread over the whole archive; every scan has to be there once. With --seconds, an
archive that takes longer is stopped then, and what was done by then is told; with --folder, the
same command goes on there. The memory is printed every half minute.

    python benchmarks/archive.py [--workers 1 2] [--seconds 20]
    python benchmarks/archive.py --workers 1 2 4 --scans 400
    python benchmarks/archive.py --scans 100000 --small --workers 2 --seconds 900
    python benchmarks/archive.py --kills 20 --scans 3000 --small
    python benchmarks/archive.py --kills 20 --scans 100000 --small --folder /data/kills
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from archive_parts.killed_cluster import KilledCluster
from archive_parts.watched_run import WatchedRun

from fetal.bundle import Bundle
from fetal.bundle.manifest import GRAPH, SECOND_READER
from fetal.cluster.archive_run import ArchiveRun
from fetal.cluster.shard_ledger import Standing
from fetal.cluster.shard_prediction import BATCH
from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.predict import Model, load_model, shipped_folder
from fetal.predict.precision import inference_precision
from fetal.scans import Scan, encode_png, read_scan
from fetal.scans.sandboxed_reading.file_reader import read_unpacked
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool

TARGET = 0.8
PICTURES = 24
ROUND = 48
SMALL_SIZE = (120, 160)


@dataclass(frozen=True)
class RepeatedPictures:
    """An archive of as many files as are asked for, of a few pictures."""

    count: int
    pictures: tuple[bytes, ...]
    label: str = "repeated pictures"

    def listing(self) -> Iterator[str]:
        """As of `ArchiveSource`."""
        return (f"{number:08}" for number in range(self.count))

    def read(self, item: str) -> bytes:
        """As of `ArchiveSource`."""
        return self.pictures[int(item) % len(self.pictures)]


def main() -> None:
    parser = argparse.ArgumentParser(description="Time archives; kill what predicts them.")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--turns", type=int, default=5, help="of predicting and bare OpenVINO")
    parser.add_argument("--scans", type=int, default=300, help="files of the archive")
    parser.add_argument("--seconds", type=float, help="stop an archive after so long")
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--folder", type=Path, help="keeps the results, to go on with")
    parser.add_argument("--small", action="store_true", help="a tiny model on small pictures")
    asked = parser.parse_args()
    bundle = Bundle.open(tiny() if asked.small else shipped_folder())
    size = SMALL_SIZE if asked.small else None
    pictures = tuple(picture(number, size) for number in range(PICTURES))
    print(f"model: {bundle.card.name}; {os.cpu_count()} cores, {inference_precision()}")
    if asked.kills:
        source = RepeatedPictures(asked.scans, pictures)
        with kept_in(asked.folder) as folder:
            kill_again_and_again(bundle, source, asked.kills, folder, asked.seconds)
        return
    if not asked.small:
        beside_openvino(bundle, pictures, asked.turns)
    for workers in asked.workers:
        with kept_in(asked.folder) as folder:
            source = RepeatedPictures(asked.scans, pictures)
            whole_way(bundle, source, workers, asked.seconds, folder)


@contextmanager
def kept_in(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


def tiny() -> Path:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.support.tiny_second_reader import tiny_model_with_second_reader

    return tiny_model_with_second_reader().folder


def picture(number: int, size: tuple[int, int] | None) -> bytes:
    plane = PLANES[number % len(PLANES)]
    drawn = simulate(plane, number) if size is None else simulate(plane, number, size=size)
    return encode_png(drawn.pixels)


def as_it_is(item: tuple[bytes, str]) -> tuple[bytes, str]:
    return item


def beside_openvino(bundle: Bundle, pictures: tuple[bytes, ...], turns: int) -> None:
    scans = [read_scan(data, "") for data in pictures] * (ROUND // PICTURES)
    model = load_model(bundle.folder)
    bare = BareOpenVino(bundle, model, scans)
    ours, theirs = times_in_turns(lambda: predict(model, scans), bare.run, turns)
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    rate, bare_rate = len(scans) / statistics.median(ours), len(scans) / statistics.median(theirs)
    print(f"predicting by both readers, batches of {BATCH}: {rate:.1f} scans a second")
    print(f"bare OpenVINO, the same graphs and batches: {bare_rate:.1f} scans a second")
    ratio = statistics.median(ratios)
    print(f"ratio: {ratio:.2f} (median of {turns} turns; target: at least {TARGET})")
    with ReaderPool() as readers:
        items = [(data, "") for data in pictures]
        for _ in readers.read_groups(items, as_it_is, BATCH, read_unpacked):
            pass
        began = time.perf_counter()
        for _ in readers.read_groups(items, as_it_is, BATCH, read_unpacked):
            pass
        seconds = time.perf_counter() - began
    height, width = scans[0].pixels.shape
    print(
        f"decoding and masking ({width} x {height}) in {readers.count} processes: "
        f"{len(items) / seconds:.1f} scans a second"
    )


def predict(model: Model, scans: list[Scan]) -> None:
    pending: Callable[[], object] = list
    for at in range(0, len(scans), BATCH):
        finish = model.begin(scans[at : at + BATCH])
        pending()
        pending = finish
    pending()


class BareOpenVino:
    """Both graphs on frames that are ready, two batches at a time."""

    def __init__(self, bundle: Bundle, model: Model, scans: list[Scan]) -> None:
        import openvino

        self._batches = []
        for at in range(0, len(scans), BATCH):
            first, second = model.frames(scans[at : at + BATCH])
            self._batches.append((first, second))
        core = openvino.Core()
        self._queues = []
        hints = {"INFERENCE_PRECISION_HINT": inference_precision(), "PERFORMANCE_HINT": "LATENCY"}
        for graph in (GRAPH, SECOND_READER):
            path = str(bundle.folder / f"{graph}.xml")
            self._queues.append(openvino.AsyncInferQueue(core.compile_model(path, "CPU", hints), 2))

    def run(self) -> None:
        """Compute all batches."""
        for frames in self._batches:
            for queue, batch in zip(self._queues, frames, strict=True):
                queue.start_async({"scan": batch})
        for queue in self._queues:
            queue.wait_all()


def times_in_turns(
    ours: Callable[[], None], theirs: Callable[[], None], turns: int
) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(turns + 1):
        for run, taken in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            run()
            if turn:
                taken.append(time.perf_counter() - began)
    return times


def whole_way(
    bundle: Bundle, source: RepeatedPictures, workers: int, longest: float | None, folder: Path
) -> None:
    out = folder / f"results-{workers}.parquet"
    with WatchedRun(longest) as watched:
        run = ArchiveRun(
            source, bundle, out, workers=workers, on_standing=watched.see, stop=watched.is_over
        )
        standing, _ = run.run()
    if standing.done == standing.files:
        check_once(out, source.count)
    print(f"{watched.in_words(standing)}; {workers} worker(s)")


def check_once(out: Path, count: int) -> None:
    names = Counter(pq.read_table(out, columns=["source"])["source"].to_pylist())
    twice = sum(times > 1 for times in names.values())
    assert (len(names), twice) == (count, 0), f"{count - len(names)} lost, {twice} twice"


def kill_again_and_again(
    bundle: Bundle, source: RepeatedPictures, kills: int, folder: Path, longest: float | None
) -> None:
    chance = random.Random(0)
    killed: Counter[str] = Counter()
    out = folder / "results.parquet"
    cluster = KilledCluster(folder, 2)
    os.environ["FETAL_CLUSTER"] = cluster.address
    shard = 64 if source.count > 64 * 10 * kills else 16
    ended: list[Standing] = []
    with WatchedRun(longest) as watched:
        run = ArchiveRun(
            source, bundle, out, on_standing=watched.see, stop=watched.is_over, shard=shard
        )
        work = threading.Thread(target=lambda: ended.append(run.run()[0]))
        cluster.wait_until_up()
        work.start()
        try:
            due = 0
            while work.is_alive():
                work.join(0.5)
                done = watched.points[-1][1] if watched.points else 0
                if killed.total() < kills and done > due:
                    killed[cluster.kill_one(chance)] += 1
                    due = done + int((source.count - done) / (kills - killed.total() + 1))
                cluster.start_missing()
        finally:
            cluster.close()
    [standing] = ended
    said = ", ".join(f"{count} of the {name}s" for name, count in sorted(killed.items()))
    print(f"{killed.total()} kills ({said}) in {watched.seconds:.0f} s")
    print(watched.in_words(standing))
    if standing.done == standing.files:
        check_once(out, source.count)
        print(f"{source.count:,} scans: each predicted and kept once, none lost")


if __name__ == "__main__":
    main()
