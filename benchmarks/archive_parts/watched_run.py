"""What is seen of the prediction of an archive: how far it is at each moment, and its memory."""

import time

from archive_parts.peak_memory import PeakMemory

from fetal.cluster.shard_ledger import Standing

TOLD_SECONDS = 30


class WatchedRun:
    """What is seen of a run: how far it is at each moment, and its memory."""

    def __init__(self, longest: float | None) -> None:
        self._longest = longest
        self._memory = PeakMemory()
        self._began = self._printed = time.perf_counter()
        self.points: list[tuple[float, int]] = []

    def __enter__(self) -> "WatchedRun":
        self._memory.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._memory.__exit__()

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return time.perf_counter() - self._began

    def see(self, standing: Standing) -> None:
        """Keep how far it is; twice a minute, print it."""
        self.points.append((self.seconds, standing.done))
        now = time.perf_counter()
        if now - self._printed > TOLD_SECONDS:
            self._printed = now
            print(
                f"  {self.seconds:6.0f} s: {standing.done:,} files; memory now "
                f"{self._memory.own_now:.0f} MB here, {self._memory.others_now:.0f} MB in the "
                "others",
                flush=True,
            )

    def is_over(self) -> bool:
        """Whether it has gone on for as long as it may."""
        return self._longest is not None and self.seconds > self._longest

    def in_words(self, standing: Standing) -> str:
        """How far it came, how quickly, and its most memory."""
        (first, before), (last, after) = self.points[0], self.points[-1]
        steady = (after - before) / (last - first) if len(self.points) > 1 else after / last
        return (
            f"{standing.done:,} of {standing.files:,} files: {last:.0f} s, {after / last:.1f} "
            f"scans a second, {steady:.1f} after the first shard; most memory: "
            f"{self._memory.own:.0f} MB here, {self._memory.others:.0f} MB in all other processes "
            "together"
        )
