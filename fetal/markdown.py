"""Text from outside, among Markdown."""

import re

_MARKS = re.compile(
    r"[\\`*{}\[\]<>$&~|!#]"
    # Within a word it draws nothing.
    r"|(?<![^\W_])_|_(?![^\W_])"
    # Only at the start does it begin a list or a heading.
    r"|^[-+=]|(?<=^\d)[.)](?=\s|$)|(?<=^\d\d)[.)](?=\s|$)"
)
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def as_text(text: object) -> str:
    r"""Return what a person or a file wrote as Markdown that shows it and draws nothing.

    A backslash takes an ASCII mark its meaning (CommonMark 0.31.2, section 2.4). Characters that
    turn the direction of the text around them are left out.

    Args:
        text: any text, on one line or several; anything else as `str` puts it.

    Returns:
        Markdown of one line.

    Example:
        >>> print(as_text("![x](a.png)"))
        \!\[x\](a.png)
    """
    return _MARKS.sub(r"\\\g<0>", " ".join(_TURNS.sub("", str(text)).split()))
