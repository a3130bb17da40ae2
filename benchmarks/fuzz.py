"""Damaged files through the whole intake: what becomes of them, and of the app.

A workspace is made in a temporary folder. Damaged files (`mutated.py` beside this one) are dropped
into it one by one as on the Scans page, archives by turns as an import; no model predicts. It
prints how many files were added and refused and for what, what was ended for time or memory, what
broke its reader, and

- faults of the app, which must be none: errors that reached the caller, or a sentence that is none;
- files half stored, which must be none: pixels without a row, or rows without pixels;
- the highest memory of this process.

What broke a reader or the app is kept in a folder. The same seed gives the same files.

    python benchmarks/fuzz.py [--files 20000] [--seconds 900] [--seed 0] [--kept FOLDER]
        [--only INDEX]
"""

import argparse
import faulthandler
import logging
import os
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from intake import peak
from mutated import Damaged, damaged, seeds
from sqlalchemy import select

from fetal.scans.sandboxed_reading import client
from fetal.store.tables import ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.upload import IngestOutcome, IngestResult, UploadedFile, add_scans
from fetal.workbench.label_tables.label_table import LabelTableError

READERS = 2
_SENTENCE = re.compile(r"[A-Z][^\n\r]{10,600}[.]")
_BROKEN = "broke down"
_STOPPED = {"took too long": "time", "too much memory": "memory", "the system ended": "memory"}


class Findings(logging.Handler):
    """Counts what became of files, and keeps those that did harm.

    Args:
        kept: the folder for them.
    """

    def __init__(self, kept: Path) -> None:
        super().__init__()
        self.outcomes = Counter[str]()
        self.refusals = Counter[str]()
        self.stopped = Counter[str]()
        self.surprises = Counter[str]()
        self.faults: list[str] = []
        self.broken: list[str] = []
        self._kept = kept
        self._underway: dict[int, tuple[int, Damaged]] = {}
        logging.getLogger("fetal").addHandler(self)

    def look_at(self, workbench: Workbench, index: int, file: Damaged) -> None:
        """Let a file come in."""
        self._underway[threading.get_ident()] = index, file
        try:
            for taken in take(workbench, file, index):
                self._judge(taken)
        except Exception as error:
            self._fault(f"{type(error).__name__}: {error}")

    def emit(self, record: logging.LogRecord) -> None:
        """Hear of what readers suffered."""
        said = record.getMessage()
        stopped = next((why for words, why in _STOPPED.items() if words in said), None)
        if stopped is not None:
            self.stopped[stopped] += 1
            self._keep(stopped)
        elif _BROKEN in said:
            self.broken.append(f"{self._keep('broken')}: {said}")
        else:
            self.surprises[said] += 1
            self._keep("surprise")

    def _judge(self, taken: IngestResult) -> None:
        self.outcomes[taken.outcome.value] += 1
        if not _SENTENCE.fullmatch(taken.sentence) or "Traceback" in taken.sentence:
            self._fault(f"no sentence: {taken.sentence!r}")
        if taken.outcome is IngestOutcome.REFUSED:
            kind = re.sub(r"\d[\d,.]*", "N", taken.sentence)
            self.refusals[re.sub(r"“.*?”", "“…”", kind)] += 1
        stored = taken.outcome in (IngestOutcome.ADDED, IngestOutcome.ALREADY_THERE)
        if stored != (taken.scan_id is not None):
            self._fault(f"{taken.outcome} with scan {taken.scan_id}")

    def _fault(self, words: str) -> None:
        self.faults.append(f"{self._keep('fault')}: {words}")

    def _keep(self, why: str) -> str:
        own = self._underway.get(threading.get_ident())
        self._kept.mkdir(parents=True, exist_ok=True)
        names = []
        # An import reads in threads of its own: then it is one of the files on their way.
        for index, file in [own] if own else list(self._underway.values()):
            names.append(f"{why}-{index}-{file.seed}")
            (self._kept / names[-1]).write_bytes(file.data)
        return " or ".join(names)


def take(workbench: Workbench, file: Damaged, index: int) -> list[IngestResult]:
    """Bring a file in as a person would."""
    incoming = UploadedFile(file.name, file.data)
    if not file.seed.endswith(".zip") or index % 2:
        return add_scans(workbench, [incoming], who="fuzz")
    try:
        return import_scans(workbench, plan_import([incoming]), "fuzz").taken
    except LabelTableError as error:
        return [IngestResult(file.name, IngestOutcome.REFUSED, None, str(error))]


def half_stored(workbench: Workbench, place: Path) -> list[str]:
    """Pixels without a row, and rows without pixels."""
    there = {
        path.relative_to(place / "blobs").as_posix()
        for path in (place / "blobs" / "scans").rglob("*")
        if path.is_file()
    }
    with workbench.store.reading() as session:
        return sorted(there ^ set(session.scalars(select(ScanRow.blob))))


def run(asked: argparse.Namespace, place: Path) -> bool:
    """Bring all files in and print what became of them; false where something is wrong."""
    workbench = open_workbench(Workspace.at(place))
    whole = seeds()
    for name, data in whole.items():
        add_scans(workbench, [UploadedFile(name, data)], who="fuzz")
    findings = Findings(asked.kept)
    before, started = peak(), time.monotonic()
    indices = iter([asked.only]) if asked.only is not None else count()
    taking, done = threading.Lock(), Counter[str]()

    def work() -> None:
        while True:
            with taking:
                over = done["files"] >= asked.files or time.monotonic() - started > asked.seconds
                index = None if over else next(indices, None)
                if index is None:
                    return
                done["files"] += 1
            findings.look_at(workbench, index, damaged(whole, asked.seed, index))

    with ThreadPoolExecutor(READERS) as threads:
        for future in [threads.submit(work) for _ in range(READERS)]:
            future.result()
    half = half_stored(workbench, place)
    seconds = time.monotonic() - started
    print(f"{done['files']} files, damaged from {len(whole)}, in {seconds:.0f} s")
    print("came of them: " + ", ".join(f"{n} {what}" for what, n in findings.outcomes.items()))
    for sentence, number in findings.refusals.most_common():
        print(f"  {number:6d} refused: {sentence[:150]}")
    for words, number in findings.surprises.most_common():
        print(f"  {number:6d} of these were a surprise: {words}")
    print(f"ended for time: {findings.stopped['time']}, for memory: {findings.stopped['memory']}")
    _print_list("broke their reader", findings.broken)
    _print_list("faults of the app", findings.faults)
    _print_list("files half stored", half)
    print(f"memory of the app at its highest: {peak():.0f} MB, before the files {before:.0f} MB")
    workbench.close()
    return not (findings.faults or half)


def _print_list(title: str, lines: list[str]) -> None:
    print(f"{title}: {len(lines)}")
    for line in lines[:20]:
        print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Bring damaged files in.")
    parser.add_argument("--files", type=int, default=20_000, help="how many")
    parser.add_argument("--seconds", type=float, default=900, help="at most for so long")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other files")
    parser.add_argument("--only", type=int, help="only the file of this place in the run")
    parser.add_argument(
        "--kept", type=Path, default=Path(tempfile.gettempdir()) / "fetal-fuzz", help="for finds"
    )
    asked = parser.parse_args()
    faulthandler.enable()
    # No model predicts, and nobody is asked: what can be stored is stored.
    os.environ |= {"FETAL_MODEL": os.devnull, "FETAL_UNSURE": "keep"}
    with tempfile.TemporaryDirectory() as folder:
        good = run(asked, Path(folder) / "workspace")
        client.readers().close()
    sys.exit(not good)


if __name__ == "__main__":
    main()
