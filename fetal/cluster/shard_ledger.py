"""Which shards of an archive are done: rows of a small database, and a part of the results each.

What is written here survives a kill at any moment: a part is put in its place whole, and then its
shard's row says that it is done.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fetal.cluster.result_rows import SCHEMA

_FILE = "shards.db"
_TABLES = """
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shard (
    number INTEGER PRIMARY KEY, items TEXT NOT NULL, files INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0
);
"""
_SHARDS_AT_ONCE = 200


class OtherWorkError(RuntimeError):
    """The folder holds the shards of other work than what is asked for."""


@dataclass(frozen=True)
class Shard:
    """Some files of an archive.

    Attributes:
        number: its place in the archive, from 0.
        items: what identifies its files.
    """

    number: int
    items: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """How far the work is.

    Attributes:
        files: how many there are.
        done: how many of them are done, the refused ones included.
        refused: how many of them could not be read.
        shards: how many shards there are.
        shards_done: how many of them are done.
    """

    files: int
    done: int
    refused: int
    shards: int
    shards_done: int


class ShardLedger:
    """The shards of one archive in a folder; one program at a time uses it.

    Args:
        folder: made where it is missing.
        work: what the results depend on: source, model, options. A folder with other work in it
            is refused.

    Raises:
        OtherWorkError: the folder holds other work.
        OSError: the folder cannot be made or used.
    """

    def __init__(self, folder: Path, work: dict[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._database = sqlite3.connect(folder / _FILE)
        self._database.executescript(_TABLES)
        self._check(work)

    def close(self) -> None:
        """Close the database; what is done stays."""
        self._database.close()

    def remove(self) -> None:
        """Remove the folder, once its results are kept elsewhere."""
        self.close()
        shutil.rmtree(self._folder)

    def fill(self, items: Iterable[str], size: int) -> None:
        """Write down what is to be done, unless that was finished before.

        Args:
            items: what identifies the files; taken as they are written down, and each once.
            size: how many files a shard has.
        """
        if self._fact("listed") is not None:
            return
        self._database.execute("DELETE FROM shard")
        source = iter(items)
        parts = iter(lambda: list(islice(source, size)), [])
        rows = ((number, json.dumps(part), len(part)) for number, part in enumerate(parts))
        while some := list(islice(rows, _SHARDS_AT_ONCE)):
            with self._database:
                self._database.executemany(
                    "INSERT INTO shard (number, items, files) VALUES (?, ?, ?)", some
                )
        self._note("listed", "yes")

    def waiting(self) -> Iterator[Shard]:
        """Give the shards that are not done, in order; those done meanwhile are passed over."""
        last = -1
        query = "SELECT number, items FROM shard WHERE NOT done AND number > ? ORDER BY number"
        while row := self._database.execute(f"{query} LIMIT 1", (last,)).fetchone():
            last = row[0]
            yield Shard(last, tuple(json.loads(row[1])))

    def standing(self) -> Standing:
        """Return how far the work is."""
        query = "SELECT COALESCE(SUM(files), 0), COALESCE(SUM(files * done), 0), "
        query += "COALESCE(SUM(refused), 0), COUNT(*), COALESCE(SUM(done), 0) FROM shard"
        return Standing(*self._database.execute(query).fetchone())

    def keep(self, shard: Shard, rows: Sequence[dict[str, Any]]) -> None:
        """Keep what was said of a shard; once more for the same shard changes nothing.

        Args:
            shard: the shard.
            rows: by `fetal.cluster.result_rows.SCHEMA`.
        """
        place = self._part(shard.number)
        place.parent.mkdir(exist_ok=True)
        draft = place.with_suffix(".draft")
        pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), draft)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(place)
        refused = sum(row["error"] is not None for row in rows)
        with self._database:
            self._database.execute(
                "UPDATE shard SET done = 1, refused = ? WHERE number = ?", (refused, shard.number)
            )

    def merge(self, target: Path) -> None:
        """Write all parts into one file, which is there whole or not at all.

        Args:
            target: the file. One part is in memory at a time.
        """
        draft = target.with_name(f".{target.name}-{os.getpid()}")
        try:
            with pq.ParquetWriter(draft, SCHEMA) as writer:
                for (number,) in self._database.execute("SELECT number FROM shard ORDER BY number"):
                    writer.write_table(pq.read_table(self._part(number)))
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)

    def refusals(self, most: int) -> list[tuple[str, str]]:
        """Return files that could not be read, with why.

        Args:
            most: how many at the most.
        """
        found: list[tuple[str, str]] = []
        query = "SELECT number FROM shard WHERE refused > 0 ORDER BY number"
        with closing(self._database.execute(query)) as numbers:
            for (number,) in numbers:
                table = pq.read_table(self._part(number), columns=["source", "error"]).to_pylist()
                found += [(row["source"], row["error"]) for row in table if row["error"]]
                if len(found) >= most:
                    break
        return found[:most]

    def _part(self, number: int) -> Path:
        return self._folder / "parts" / f"{number:08d}.parquet"

    def _check(self, work: dict[str, Any]) -> None:
        said = json.dumps(work, sort_keys=True)
        before = self._fact("work")
        if before is None:
            self._note("work", said)
        elif before != said:
            old = json.loads(before)
            other = next(name for name in work if old.get(name) != work[name])
            raise OtherWorkError(
                f"“{self._folder}” holds results that were begun with another {other}: expected "
                f"“{old.get(other)}”, received “{work[other]}”. Name another --out, or remove "
                "that folder."
            )

    def _fact(self, name: str) -> str | None:
        query = "SELECT value FROM fact WHERE name = ?"
        row = self._database.execute(query, (name,)).fetchone()
        return None if row is None else str(row[0])

    def _note(self, name: str, value: str) -> None:
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, value))
