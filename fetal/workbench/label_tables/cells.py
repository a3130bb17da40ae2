"""What a cell of a table of labels means, as people, spreadsheets and pandas write it."""

import re
import unicodedata
from functools import lru_cache


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


LEARN_WORDS = words(
    "train training trainset trainingset trained learn val valid validation validate validationset "
    "valset dev devset development tune tuning"
)
TEST_WORDS = words("test testing testset testingset heldout holdout heldouttest eval evaluation")
_YES = words("1 true t yes y ja j oui o si sí s sim wahr vrai vero on 是 да")
_NO = words("0 false f no n nein non nee nej não falsch faux falso off 否 нет")
_EMPTY = frozenset({"", "nan", "na", "nat", "none", "null"})
_INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060\0")
_WHOLE = re.compile(r"([+-]?\d+)[.,]0+")
_AS_TEXT = re.compile(r'="(.*)"')
_SHORTENED = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)
_LONGEST_SHOWN = 40


class UnclearCellError(ValueError):
    """A cell from which it cannot be told what it means."""


@lru_cache(maxsize=4096)
def squashed(text: str) -> str:
    """Return only the letters and digits of a text, in lower case, to compare headers and words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def cleaned(cell: str) -> str:
    """Return a cell without spaces around it, characters that nobody sees, and `="…"`."""
    text = (cell if cell.isascii() else cell.translate(_INVISIBLE)).strip("\0 \t\r\n\f\v")
    if not text.startswith("="):
        return text.strip()
    as_text = _AS_TEXT.fullmatch(text)
    return as_text.group(1).strip() if as_text else text


def is_empty(cell: str) -> bool:
    """Return whether a cell holds nothing, or what programs write for nothing: NaN, N/A, None."""
    return squashed(cell) in _EMPTY


def identifier(cell: str) -> str:
    """Return an identifier as it was before a program took it for a number.

    Args:
        cell: such as `42`, `42.0` or `42,0`.

    Returns:
        The cell, where it is a whole number without its decimals.
    """
    text = cleaned(cell)
    whole = _WHOLE.fullmatch(text)
    return whole.group(1) if whole else text


def is_shortened(cell: str) -> bool:
    """Return whether a spreadsheet has shortened a long number, such as `1.23E+11`."""
    return _SHORTENED.fullmatch(cleaned(cell)) is not None


def is_split_word(cell: str) -> bool:
    """Return whether a cell is a word for a split, such as `train` or `test`."""
    return squashed(cell) in LEARN_WORDS | TEST_WORDS


def kept_to_test(cell: str, *, inverted: bool = False) -> bool | None:
    """Read whether a scan is kept out of training.

    Args:
        cell: 0, 0.0, False or no where it is kept to test; 1, True or yes where it may be learnt
            from; or a word such as train, val or test.
        inverted: whether the column says which scans test, so that 1 keeps one to test; words
            mean the same in both.

    Returns:
        Whether it is kept to test; None where the cell holds nothing.

    Raises:
        UnclearCellError: it is none of these.
    """
    if is_empty(cell):
        return None
    written = identifier(cell)
    # Minus one is no one.
    word = "" if written.startswith("-") else squashed(written)
    if word in TEST_WORDS:
        return True
    if word in LEARN_WORDS:
        return False
    if word in _YES or word in _NO:
        return (word in _YES) is inverted
    raise UnclearCellError(
        f"“{cleaned(cell)[:_LONGEST_SHOWN]}” does not say whether the scan may be learnt from "
        "(1, yes, train) or is kept to test (0, no, test)"
    )
