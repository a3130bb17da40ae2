"""How much memory this program takes, with all that it started."""

import threading

import psutil


class PeakMemory:
    """The most memory that this process, and those that it started, had at a time."""

    own = others = 0.0

    def __enter__(self) -> "PeakMemory":
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        here = psutil.Process()
        while not self._end.wait(0.5):
            self.own = max(self.own, here.memory_info().rss / 1e6)
            others = 0
            for process in here.children(recursive=True):
                try:
                    others += process.memory_info().rss
                except psutil.Error:
                    continue
            self.others = max(self.others, others / 1e6)
