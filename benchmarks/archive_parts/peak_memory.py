"""How much memory this program takes, with all that it started."""

import threading

import psutil


class PeakMemory:
    """The most memory that this process, and those that it started, had at a time."""

    own = others = own_now = others_now = 0.0

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
            self.own_now = here.memory_info().rss / 1e6
            self.own = max(self.own, self.own_now)
            others = 0
            for process in here.children(recursive=True):
                try:
                    others += process.memory_info().rss
                except psutil.Error:
                    continue
            self.others_now = others / 1e6
            self.others = max(self.others, self.others_now)
