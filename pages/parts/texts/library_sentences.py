"""Sentences of the library, which a page shows in the reader's language.

The library writes English and knows no readers. What it says most often stands here as it does
there, with names for what is filled in; a test holds both together. Several sentences in one
text are put into the reader's language one by one. Any other sentence stays English.
"""

import re
from functools import lru_cache

from pages.parts.texts.catalogue import _, mark
from pages.parts.texts.languages import ENGLISH
from pages.parts.texts.library_refusals import REFUSALS
from pages.parts.texts.reader_locale import current

SENTENCES: tuple[str, ...] = (
    *REFUSALS,
    mark("You are signed out. Reload this page to sign in again."),
    mark("Your account may not {what}. Ask your administrator for a role that may."),
    # Doubts (`fetal/predict/uncertainty.py`)
    mark("Not a plane I know: this does not look like the scans I learnt from. Please check."),
    mark("Only one of the two readers is sure: {plane}. Please check."),
    mark("The two readers disagree: {plane}, or {other}. Please check."),
    mark("Doubtful: {plane} or {other}. Please check."),
    # What heat maps show (`fetal/explain`)
    mark("the parts of the scan that raised the model’s score for the plane."),
    mark(
        "the parts to which the model answered most strongly; the picture is the same for every "
        "plane."
    ),
    mark(
        "like Grad-CAM, but what spoke against the plane is left out, and small parts count for "
        "more beside a large one."
    ),
    mark(
        "what each part added to the model’s score; for the models of this program the picture is "
        "the same as Grad-CAM’s."
    ),
    mark(
        "the parts that made the model name the plane when it was shown little else; this takes "
        "some seconds."
    ),
    # Refusals of files (`fetal/scans/errors.py`)
    mark("Expected a picture, received an empty file (0 bytes): please export the scan again."),
    mark(
        "Expected a PNG, JPEG, TIFF, BMP, WebP or DICOM picture, received a file whose content is "
        "no picture: please export the scan again in one of these formats."
    ),
    mark(
        "Expected a complete {kind} file, received one that is cut short or damaged: please copy "
        "or export the scan again."
    ),
    mark(
        "Expected at least {shortest} pixels on each side, received {width} x {height}: please "
        "upload the full scan instead of a thumbnail."
    ),
    mark(
        "Expected at most {limit}, received {received}: please export the single frame at its "
        "screen size."
    ),
    mark(
        "Expected a greyscale B-mode scan, received one with colour Doppler: please upload a frame "
        "of the same plane with the colour switched off."
    ),
    mark(
        "Expected an ultrasound scan, received a picture of one flat grey with nothing on it: "
        "please check the export and upload the scan again."
    ),
    mark(
        "Expected a complete picture, received one that no decoder can read: please copy or export "
        "the scan again."
    ),
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
        "At least {fewest} labelled scans are needed to train on; there are {count} so "
        "far{besides}."
    ),
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


MAY: tuple[str, ...] = (
    mark("see scans"),
    mark("bring scans in"),
    mark("label scans"),
    mark("set up reading queues"),
    mark("decide between readers"),
    mark("decide on look-alikes"),
    mark("have labels checked"),
    mark("import collections"),
    mark("export scans and labels"),
    mark("erase patients and scans"),
    mark("train a model"),
    mark("stop one’s own training"),
    mark("stop another person’s training"),
    mark("let another model predict"),
    mark("renew the key of the pseudonyms"),
    mark("read the audit"),
    mark("manage accounts"),
)
"""What a role allows (`fetal/workbench/core/permissions.py`), as it stands in a refusal."""

READ_AS = (mark("no standard plane"), mark("another plane"))
"""What readers say besides the planes (`fetal/predict`)."""

_IN_WORDS = {"plane", "other", "what"}
"""What is filled in, in words of the library; anything else is a name or a number."""

_IN_SENTENCES = {"reason", "why", "wait", "of", "kind", "remedy"}
"""What is filled in, as a sentence of its own or a part of one."""

_ENDS = re.compile(r"(?<=[.?!]) (?=\S)")
_AND = mark(", and ")
_LONGEST = 3
"""So many sentences of a text make one template at the most."""


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
    return _whole(english) or _joined(english) or english


def _whole(english: str) -> str | None:
    """What one template says; None where none fits."""
    for template, pattern in _patterns():
        if found := pattern.fullmatch(english):
            filled = {name: _filled(name, value) for name, value in found.groupdict().items()}
            return _(template).format(**filled)
    return None


def _filled(name: str, value: str) -> str:
    if name in _IN_WORDS:
        return _(value)
    if name not in _IN_SENTENCES or not value:
        return value
    before = ": " if value.startswith(": ") else ""
    return before + in_readers_language(value.removeprefix(before))


def _joined(english: str) -> str | None:
    """Several reasons, or several sentences, each by its own template; None where none fits."""
    reasons = [_whole(one) for one in english.split(_AND)]
    if len(reasons) > 1 and all(reasons):
        return _(_AND).join(one for one in reasons if one)
    parts, said, known = _ENDS.split(english), [], False
    while parts:
        for count in range(min(_LONGEST, len(parts)), 0, -1):
            text = " ".join(parts[:count])
            if (found := _whole(text) or _whole(f" {text}")) is not None:
                known = True
                text = found.strip()
                break
        said.append(text)
        del parts[:count]
    return " ".join(said) if known else None


@lru_cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((template, _pattern(template)) for template in SENTENCES)


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    written = [_gap(part) if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(written), re.DOTALL)


def _gap(name: str) -> str:
    # How many there are of something is said only where it is known.
    return f"(?P<{name}>(?: of .+?)?)" if name == "of" else f"(?P<{name}>.+?)"
