"""Statements about very many rows: conditions on many numbers, and reading in batches.

`itertools.batched` would do for the batches; it came with Python 3.12.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Integer, Select, bindparam
from sqlalchemy.orm import InstrumentedAttribute

from fetal.store.database import Store

Value = TypeVar("Value")


def any_of(
    column: ColumnElement[int] | InstrumentedAttribute[int], numbers: Iterable[int]
) -> ColumnElement[bool]:
    """Ask that a column holds one of some numbers, however many they are.

    The numbers are written into the statement: PostgreSQL takes 65,535 parameters at the most,
    and SQLite 32,766.

    Args:
        column: a column of whole numbers.
        numbers: the numbers.

    Returns:
        The condition; false for every row if there are no numbers.

    Example:
        >>> select(Scan).where(any_of(Scan.id, range(100_000)))  # doctest: +SKIP
    """
    values = bindparam(
        None, list(numbers), type_=Integer, unique=True, expanding=True, literal_execute=True
    )
    return column.in_(values)


def batches(values: Sequence[Value], size: int) -> Iterator[Sequence[Value]]:
    """Cut a list into parts.

    Args:
        values: the list.
        size: how long a part is at the most, at least 1.

    Yields:
        Each part, in order; none of an empty list.

    Example:
        >>> list(batches([1, 2, 3], 2))
        [[1, 2], [3]]
    """
    for start in range(0, len(values), size):
        yield values[start : start + size]


def numbers_in_order(
    store: Store, query: Select[int], column: InstrumentedAttribute[int], size: int
) -> Iterator[int]:
    """Read numbers in order, however many there are, and let others write between the batches.

    Args:
        store: the database.
        query: selects the numbers.
        column: the column that they stand in; whole numbers from 1, each once.
        size: how many are read in one transaction.

    Yields:
        Each number, the smallest first; those that are added meanwhile as well.
    """
    last = 0
    while True:
        with store.reading() as session:
            some = session.scalars(query.where(column > last).order_by(column).limit(size)).all()
        if not some:
            return
        yield from some
        last = some[-1]
