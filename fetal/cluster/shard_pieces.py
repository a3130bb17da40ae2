"""Shards that are halved until the file is found that ends its worker, and joined again."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fetal.cluster.shard_ledger import Shard

Row = dict[str, Any]


@dataclass(frozen=True)
class ShardPiece:
    """A shard or a part of one.

    Attributes:
        shard: the whole of it.
        start: where the part begins in the shard.
        items: what identifies its files.
    """

    shard: Shard
    start: int
    items: tuple[str, ...]


class ShardPieces:
    """Gives shards, and parts of those that failed before any other.

    It may be asked again after it had no more: a shard that failed since then gives new parts.

    Args:
        shards: taken one at a time.

    Example:
        >>> pieces = ShardPieces(iter([Shard(0, ("a", "b"))]))
        >>> pieces.halve(next(pieces))
        >>> [piece.items for piece in pieces]
        [('a',), ('b',)]
    """

    def __init__(self, shards: Iterator[Shard]) -> None:
        self._shards = shards
        self._first: deque[ShardPiece] = deque()
        self._joined: dict[int, dict[int, tuple[int, list[Row]]]] = {}

    def __iter__(self) -> "ShardPieces":
        """Itself."""
        return self

    def __next__(self) -> ShardPiece:
        """The next shard or part of one."""
        if self._first:
            return self._first.popleft()
        shard = next(self._shards)
        return ShardPiece(shard, 0, shard.items)

    def halve(self, piece: ShardPiece) -> None:
        """Have a shard or a part of two files or more done in two parts.

        Args:
            piece: what failed.
        """
        middle = len(piece.items) // 2
        for start, items in ((0, piece.items[:middle]), (middle, piece.items[middle:])):
            self._first.append(ShardPiece(piece.shard, piece.start + start, items))

    def join(self, piece: ShardPiece, rows: list[Row]) -> list[Row] | None:
        """Put what became of a part to the others of its shard.

        Args:
            piece: the part.
            rows: its rows.

        Returns:
            All rows of the shard, in the order of its files, once all its parts are there.
        """
        parts = self._joined.setdefault(piece.shard.number, {})
        parts[piece.start] = len(piece.items), rows
        if sum(count for count, _ in parts.values()) < len(piece.shard.items):
            return None
        del self._joined[piece.shard.number]
        return [row for start in sorted(parts) for row in parts[start][1]]
