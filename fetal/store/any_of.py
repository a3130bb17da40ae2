"""Conditions on many numbers at once."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Integer, bindparam
from sqlalchemy.orm import InstrumentedAttribute


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
