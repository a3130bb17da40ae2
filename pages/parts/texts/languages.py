"""The languages that the pages speak, and the one that a browser asks for."""

import re

ENGLISH = "en"

LANGUAGES = {ENGLISH: "English", "es": "Español"}
"""Each language by its code (ISO 639-1), with the name that its own readers know."""

_RANGE = re.compile(
    r"\s*([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\s*(?:;\s*q\s*=\s*([01](?:\.\d*)?))?\s*"
)


def language_of(tag: str) -> str:
    """Return the language of a tag such as `es-MX` (BCP 47), in small letters; empty if none."""
    return re.split(r"[-_@.]", tag.strip(), maxsplit=1)[0].lower()


def preferred(header: str) -> list[str]:
    """Read an Accept-Language header (RFC 9110, 12.5.4).

    Args:
        header: what the browser sent, such as `es-MX,es;q=0.9,en;q=0.8`.

    Returns:
        The tags, the most wanted first; what is no tag, and what is refused by `q=0`, is left out.

    Example:
        >>> preferred("en;q=0.8, es-MX, *;q=0.1")
        ['es-MX', 'en']
    """
    ranges = [found for part in header.split(",") if (found := _RANGE.fullmatch(part))]
    weighed = [(found[1], float(found[2]) if found[2] else 1.0) for found in ranges]
    return [tag for tag, weight in sorted(weighed, key=lambda one: -one[1]) if weight > 0]


def first_spoken(tags: list[str]) -> str:
    """Return the first language that the pages speak; English where they speak none of them."""
    return next((found for tag in tags if (found := language_of(tag)) in LANGUAGES), ENGLISH)
