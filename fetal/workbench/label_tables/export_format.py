"""What the table of an export looks like, for whoever writes it and whoever reads it again."""

HEADER = (
    "image",
    "plane",
    "patient",
    "annotator",
    "time",
    "model_plane",
    "model_probability",
    "model",
    "note",
    "doubt",
    "unfamiliarity",
    "split",
    "source",
    "machine",
    "second_reader",
    "readers_agree",
)
"""New columns go to the end: people's own programs may count them."""

FIRST = 9
"""How many columns the exports of program version 0.1 have."""

FILE = "file"
"""The column of a person's own file names, where they asked for it."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """Keep a spreadsheet from taking what a person wrote for a formula (OWASP, CSV injection).

    Example:
        >>> plain_cell(safe_cell("=1+1"))
        '=1+1'
    """
    return f"'{text}" if text.lstrip("'")[:1] in _FORMULA else text


def plain_cell(text: str) -> str:
    """Return what a person wrote, of a cell that `safe_cell` gave."""
    guarded = text[:1] == "'" and text.lstrip("'")[:1] in _FORMULA
    return text[1:] if guarded else text
