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

SENTENCES: tuple[str, ...] = (
    mark("You are signed out. Reload this page to sign in again."),
    # Models
    mark("No labelled scan is kept apart for testing yet, so the two cannot be compared."),
    mark(
        "No labelled scan is kept apart that this version has not learnt from, so there is nothing "
        "to measure it on. Label scans of more patients: each training keeps some of them apart."
    ),
    mark("its picture is missing or damaged"),
    mark("the model, or one that it came from, was trained on it or on its like"),
    mark("label taken back by {who}"),
    mark("called unusable by {who}"),
    mark("called a copy by {who}"),
    mark("its patient is no longer kept apart"),
    # Train
    mark(
        "No label is new since the model that predicts now was trained. Label more scans, or "
        "choose other settings."
    ),
    mark("There is no model to start from."),
    mark(
        "Labelled scans of at least {fewest} patients are needed to train on; there are {count} so "
        "far."
    ),
    mark("All labels to train on name one plane; label scans of another plane too."),
    mark("The scans to learn from show one plane; label scans of another plane too."),
    # Checks of labels
    mark("Holding labels against one another"),
    mark("Putting them into order"),
    mark("Looking at the scans"),
    mark("Measuring what labels bring"),
    mark("Every scan has a label. Add scans, and ask again."),
    # Administration
    mark("Program"),
    mark("Database"),
    mark("Room on the disk of the workspace"),
    mark("Workers that train"),
    mark("Trainings that wait or go on"),
    mark("Settings"),
    mark("version {version}"),
    mark("{database}, {scans} scans"),
    mark("{size} GB free"),
    mark("none: a training would wait"),
    mark("none"),
    mark("all can be used"),
)


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
