"""Numbers, days and lengths of time by the reader's customs, with Babel (Unicode CLDR)."""

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pages.parts.texts.languages import language_of
from pages.parts.texts.reader_locale import current

if TYPE_CHECKING:
    from babel import Locale

_COMMA_AND_POINT = ("en", "en-US", "en-GB")
"""Written without Babel, which readers in English then need not wait for."""


def whole(count: int) -> str:
    """Return a count with its thousands divided."""
    if current().customs in _COMMA_AND_POINT:
        return f"{count:,}"
    from babel.numbers import format_decimal

    return format_decimal(count, locale=_locale(current().customs))


def decimal(value: float, places: int) -> str:
    """Return a number with a fixed count of decimals."""
    if current().customs in _COMMA_AND_POINT:
        return f"{value:,.{places}f}"
    from babel.numbers import format_decimal

    pattern = "#,##0." + "0" * places if places else "#,##0"
    return format_decimal(value, format=pattern, locale=_locale(current().customs))


def with_its_point(written: str) -> str:
    """Return a number as Python writes it, without thousands, with the reader's decimal sign."""
    if current().customs in _COMMA_AND_POINT:
        return written
    from babel.numbers import get_decimal_symbol

    return written.replace(".", get_decimal_symbol(_locale(current().customs)))


def day_and_time(at: datetime) -> str:
    """Return a moment by the reader's clock: the day by custom, the time with 24 hours."""
    from babel.dates import format_date

    local = at.astimezone(zone())
    return f"{format_date(local, 'medium', _locale(current().customs))}, {local:%H:%M}"


def in_units(count: float, unit: str) -> str:
    """Return a length of time with its unit in the language of the texts.

    Args:
        count: how many.
        unit: a unit of CLDR, such as `duration-minute`.
    """
    from babel.units import format_unit

    reader = current()
    same = language_of(reader.customs) == reader.language
    return format_unit(
        count, unit, "long", locale=_locale(reader.customs if same else reader.language)
    )


def zone() -> ZoneInfo | None:
    """Return the reader's time zone; None is this computer's."""
    name = current().zone
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@lru_cache
def _locale(tag: str) -> "Locale":
    from babel import Locale, UnknownLocaleError

    for name in (tag, language_of(tag), "en_GB"):
        try:
            return Locale.parse(name.replace("-", "_"))
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("Babel has British English.")
