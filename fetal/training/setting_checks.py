"""What a setting may be, and the sentence that says so."""

from typing import Any


class SettingsError(ValueError):
    """A setting that is unknown or out of its range."""


def check_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Make sure that a setting is one of those that there are.

    Raises:
        SettingsError: it is not; the message lists those that there are.
    """
    if value not in allowed:
        raise SettingsError(f"`{name}` expects one of {', '.join(allowed)}; received “{value}”.")


def check_within(settings: Any, name: str, least: float, most: float) -> None:
    """Make sure that a setting of this name is a number within its range.

    Raises:
        SettingsError: it is not; the message gives the range.
    """
    value = getattr(settings, name)
    # Not “value < least or value > most”: what is no number (NaN) is in no range.
    if not least <= value <= most:
        raise SettingsError(
            f"`{name}` expects a number from {least:g} to {most:g}; received {value:g}."
        )
