"""Sentences of the library, which a page shows in the reader's language.

The library writes English and knows no readers. What it says most often stands here as it does
there, with names for what is filled in; a test holds both together. Any other sentence stays
English.
"""

import re
from functools import lru_cache

from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.languages import ENGLISH
from pages.parts.texts.reader_locale import current

SENTENCES: tuple[str, ...] = (mark("You are signed out. Reload this page to sign in again."),)


def in_readers_language(sentence: object) -> str:
    """Return a sentence of the library in the reader's language, if it is one that is known.

    Args:
        sentence: the sentence, or the error that has it.

    Example:
        >>> in_readers_language("Any sentence.")
        'Any sentence.'
    """
    english = str(sentence)
    if current().language == ENGLISH:
        return english
    for template, pattern in _patterns():
        if found := pattern.fullmatch(english):
            return _(template).format(**found.groupdict())
    return english


@lru_cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, _pattern(template)) for template in SENTENCES)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    written = [
        f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    ]
    return re.compile("".join(written), re.DOTALL)
