"""Loads a model and lets other processes predict: `python processes.py WHAT SCAN`."""

import multiprocessing
import sys
import threading

import fetal
from fetal.scans import read_scan

MODEL: "fetal.Model | None" = None


def with_the_parents(path: str) -> str:
    assert MODEL is not None
    return str(MODEL.predict(path).plane)


def with_its_own(path: str) -> str:
    return str(fetal.load_model().predict(path).plane)


def reading(path: str) -> str:
    return read_scan(b"no picture", path).digest


def main(what: str, path: str) -> object:
    global MODEL
    if what == "own, nothing loaded before":
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(with_its_own, [path] * 2)
    MODEL = fetal.load_model()
    MODEL.predict(path)
    if what == "spawn":
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.map(MODEL.predict, [path])[0].plane.value
    if what == "threads":
        found: list[str] = []
        threads = [
            threading.Thread(target=lambda: found.append(with_the_parents(path))) for _ in range(8)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return set(found)
    work = {"parent's": with_the_parents, "own": with_its_own, "reading": reading}[what]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(work, [path])


if __name__ == "__main__":
    try:
        print(main(*sys.argv[1:]))
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
