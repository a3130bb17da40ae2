"""Lists in pages: what follows is asked for by a key, so that a page far down costs no more."""

import base64
import binascii
import json
from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.exceptions import RequestValidationError

from fetal.api.records.shared_records import MOST_NUMBER
from fetal.workbench.catalogue.query import Place

MOST_ITEMS = 500

After = Annotated[
    str | None, Query(max_length=200, description="`next` of the page before; none for the first")
]
Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="At most so many")]


def key_of(place: Place) -> str:
    """Return the key of a place in the order of arrival.

    Args:
        place: a moment and a number.
    """
    text = json.dumps([place[0].isoformat(), place[1]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(key: str | None) -> Place | None:
    """Read a key that `key_of` made.

    Args:
        key: the key; None at the start of a list.

    Raises:
        RequestValidationError: it is no such key.
    """
    if key is None:
        return None
    try:
        moment, number = json.loads(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)))
        place = datetime.fromisoformat(moment), int(number)
    except (ValueError, TypeError, OverflowError, binascii.Error) as error:
        raise _wrong(key) from error
    if place[0].tzinfo is None or not 0 < place[1] <= MOST_NUMBER:
        raise _wrong(key)
    return place


def number_of(key: str | None) -> int | None:
    """Read the key of a list that is ordered by number alone.

    Args:
        key: the key; None at the start of a list.

    Raises:
        RequestValidationError: it is no such key.
    """
    if key is None:
        return None
    if not (key.isascii() and key.isdigit()) or int(key) > MOST_NUMBER:
        raise _wrong(key)
    return int(key)


def _wrong(key: str) -> RequestValidationError:
    told = {"loc": ("query", "after"), "msg": "`next` of the page before", "input": key}
    return RequestValidationError([told])
