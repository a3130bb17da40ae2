"""A filter as text: to be kept in the database, and to stand in an address that others open."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from fetal.workbench.catalogue.query import ScanFilter

_MOMENTS = ("since", "until")
_OF_A_PAGE = ("limit", "offset", "after", "without", "order")


class FilterTextError(ValueError):
    """A text that no filter was written as."""


def to_values(chosen: ScanFilter) -> dict[str, Any]:
    """Return what a filter asks as values that JSON has.

    Args:
        chosen: which scans; its order, limit, offset and place are left out.

    Returns:
        Only what excludes something.

    Example:
        >>> to_values(ScanFilter(planes=("brain",), reviewed=False))
        {'planes': ['brain'], 'reviewed': False}
    """
    nothing = ScanFilter()
    found: dict[str, Any] = {}
    for one in fields(ScanFilter):
        value = getattr(chosen, one.name)
        if one.name in _OF_A_PAGE or value == getattr(nothing, one.name):
            continue
        if isinstance(value, tuple):
            found[one.name] = [getattr(item, "value", item) for item in value]
        else:
            found[one.name] = value.isoformat() if one.name in _MOMENTS else value
    return found


def from_values(values: Mapping[str, Any]) -> ScanFilter:
    """Return the filter that was written as values.

    Args:
        values: as `to_values` returns them.

    Raises:
        FilterTextError: they were not written by it.

    Example:
        >>> from_values({"planes": ["brain"]}).planes
        ('brain',)
    """
    known = {one.name for one in fields(ScanFilter)} - set(_OF_A_PAGE)
    nothing = ScanFilter()
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise FilterTextError(f"A filter has no part “{name}”; use one of {sorted(known)}.")
        if name in _MOMENTS:
            given[name] = _moment(name, value)
        elif name == "ids":
            given[name] = tuple(_number(one) for one in _listed(name, value))
        elif isinstance(getattr(nothing, name), tuple):
            given[name] = tuple(str(one) for one in _listed(name, value))
        elif isinstance(getattr(nothing, name), str):
            given[name] = str(value)
        elif isinstance(value, bool):
            given[name] = value
        else:
            raise FilterTextError(f"“{name}” of a filter is true or false, not {value!r}.")
    return ScanFilter(**given)


def to_text(chosen: ScanFilter) -> str:
    """Return a filter as one short text for an address; empty where it excludes nothing."""
    values = to_values(chosen)
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False) if values else ""


def from_text(text: str) -> ScanFilter:
    """Return the filter that an address holds.

    Args:
        text: as `to_text` returns it.

    Raises:
        FilterTextError: it was not written by it.
    """
    if not text:
        return ScanFilter()
    try:
        values = json.loads(text)
    except ValueError as error:
        raise FilterTextError("The filter in this address cannot be read.") from error
    if not isinstance(values, dict):
        raise FilterTextError("The filter in this address cannot be read.")
    return from_values(values)


def _listed(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise FilterTextError(f"“{name}” of a filter is a list, not {value!r}.")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise FilterTextError(f"A scan’s number is a whole number, not {value!r}.")
    return value


def _moment(name: str, value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise FilterTextError(
            f"“{name}” of a filter is a moment such as 2026-03-01T08:00:00+00:00, not {value!r}."
        ) from error
    if moment.tzinfo is None:
        raise FilterTextError(f"“{name}” of a filter needs a time zone: {value!r}.")
    return moment
