"""The catalogue of texts: what stands in the code is English, and the key to other languages.

Use `_("Add {n} scans").format(n=…)`, never an f-string inside; `ngettext` where a count decides;
`mark` for a constant that is translated where it is used, `_(CONSTANT)`. `make texts` collects
all of them into one `.po` file a language (GNU gettext's format), read with Babel when the first
reader of that language comes.
"""

from functools import lru_cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from pages.parts.texts.languages import ENGLISH
from pages.parts.texts.reader_locale import current

FOLDER = Path(__file__).with_name("locale")


def _(english: str) -> str:
    """Return a text in the reader's language; in English where it has not been translated.

    Args:
        english: the text, as it stands in the code; values come in by `format` afterwards.
    """
    language = current().language
    return (
        english if language == ENGLISH or not english else translations(language).gettext(english)
    )


def ngettext(one: str, many: str, count: int) -> str:
    """Return the text for a count, by the plural rules of the reader's language.

    Args:
        one: the English text for one.
        many: the English text for any other count.
        count: the count; it comes into the text by `format`.

    Example:
        >>> ngettext("{n} scan", "{n} scans", 2).format(n=2)
        '2 scans'
    """
    language = current().language
    if language == ENGLISH:
        return one if count == 1 else many
    return translations(language).ngettext(one, many, count)


def mark(english: str) -> str:
    """Return a text as it is; the catalogue holds it, and `_` translates it where it is used."""
    return english


@lru_cache
def translations(language: str) -> GNUTranslations:
    """Return the texts of a language.

    Args:
        language: one of `LANGUAGES`, but English.
    """
    # Babel is for those who need it: English readers wait for none of it.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with (FOLDER / language / "LC_MESSAGES" / "pages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)
