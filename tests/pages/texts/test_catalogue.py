"""The catalogue holds every text of the pages, in every language, with what is filled in."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from pages.parts.texts import library_sentences
from pages.parts.texts.catalogue import FOLDER, _, mark, ngettext
from pages.parts.texts.languages import ENGLISH, LANGUAGES, first_spoken, preferred
from pages.parts.texts.reader_locale import NOBODY, ReaderLocale, made_from, writing_for

ROOT = Path(__file__).parents[3]
OTHERS = sorted(LANGUAGES.keys() - {ENGLISH})
KEYWORDS = {"_": None, "mark": None, "ngettext": (1, 2), "number": (2, 3)}
METHODS = [("**.py", "python"), ("**.jinja", "jinja2.ext:babel_extract")]
SPANISH = ReaderLocale("es", "es-ES", "Europe/Madrid")

# What a translation has to keep: what is filled in, icons, colours, bold, code, breaks of lines.
KEPT = re.compile(r"\{\w*\}|:material/\w+:|:\w+\[|\*\*|`[^`]+`|\n|→|…")


@cache
def used() -> dict[str | tuple[str, ...], set[str]]:
    """Every text that stands in the pages, with the files where it does."""
    found: dict[str | tuple[str, ...], set[str]] = {}
    for file, _line, text, _comments, _context in extract_from_dir(
        ROOT / "pages", METHODS, keywords=KEYWORDS
    ):
        found.setdefault(text, set()).add(file)
    return found


@cache
def catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES" / "pages.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(message: Message) -> list[str]:
    assert message.string is not None
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_just_the_texts_of_the_pages(language: str) -> None:
    kept = {message.id if isinstance(message.id, str) else tuple(message.id)
            for message in catalogue(language) if message.id}  # fmt: skip
    assert kept == used().keys(), "`make texts` brings new texts in and takes old ones out"
    assert not catalogue(language).obsolete


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated(language: str) -> None:
    open_ones = [
        message.id
        for message in catalogue(language)
        if message.id and (message.fuzzy or not all(translations(message)))
    ]
    assert not open_ones


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_what_is_filled_in_and_the_marks(language: str) -> None:
    for message in catalogue(language):
        if not message.id:
            continue
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        for original, translated in zip(originals, translations(message), strict=True):
            kept = Counter(KEPT.findall(original)), Counter(KEPT.findall(translated))
            assert kept[0] == kept[1], translated
            assert original[:1].isspace() == translated[:1].isspace(), translated
            assert original[-1:].isspace() == translated[-1:].isspace(), translated


def test_a_text_is_in_the_readers_language_and_english_without_one() -> None:
    assert _("Fetal brain") == "Fetal brain"
    assert mark("Fetal brain") == "Fetal brain"
    assert ngettext("scan", "scans", 1) == "scan"
    with writing_for(SPANISH):
        assert _("Fetal brain") == "Cerebro fetal"
        assert _("") == ""
        assert _("Nobody has translated this.") == "Nobody has translated this."
        assert ngettext("Nobody", "Nobodies", 2) == "Nobodies"


@pytest.mark.parametrize(
    ("tags", "chosen", "language", "customs"),
    [
        ([], "", "en", NOBODY.customs),
        (["en-US", "es"], "", "en", "en-US"),
        (["es-MX", "en"], "", "es", "es-MX"),
        (["ca", "es-ES"], "", "es", "ca"),
        (["de-DE", "fr"], "", "en", "de-DE"),
        (["de-DE", "en-US"], "en", "en", "en-US"),
        (["en-US"], "es", "es", "es"),
        (["es-MX"], "es", "es", "es-MX"),
        (["en-US@posix"], "xx", "en", "en-US@posix"),
    ],
)
def test_the_language_is_the_browsers_unless_one_was_chosen(
    tags: list[str], chosen: str, language: str, customs: str
) -> None:
    assert made_from(tags, chosen, "") == ReaderLocale(language, customs, None)


def test_the_most_wanted_language_of_a_header_comes_first() -> None:
    assert preferred("en;q=0.8, es-MX, *;q=0.1, fr;q=0") == ["es-MX", "en"]
    assert preferred("") == preferred("<script>") == []
    assert first_spoken(["zh-Hans-CN", "ES_mx"]) == "es"


def test_a_sentence_of_the_library_is_put_into_the_readers_language() -> None:
    template = library_sentences.SENTENCES[0]
    said = template.format_map(dict.fromkeys(re.findall(r"\{(\w+)\}", template), "7"))
    assert library_sentences.in_readers_language(said) == said
    with writing_for(SPANISH):
        assert library_sentences.in_readers_language(said) != said
        assert library_sentences.in_readers_language("Nobody says this.") == "Nobody says this."


def test_sentences_of_the_library_stand_in_the_library() -> None:
    """A sentence that changes there has to change here, or it stays English."""
    there = library_texts()
    gone = [one for one in library_sentences.SENTENCES if with_gaps(one) not in there]
    assert not gone


def with_gaps(template: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", template)


@cache
def library_texts() -> frozenset[str]:
    import ast

    found: set[str] = set()
    for path in (ROOT / "fetal").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                parts = (
                    part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
                )
                found.add("".join(map(str, parts)))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(with_gaps(node.value))
    return frozenset(found)


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "Waits for you: the ultrasound could not be told from the rest of the screen, and "
            "something seems to be written over the ultrasound. It is not stored until you say "
            "so.",
            "Espera a que usted decida: la ecografía no se pudo distinguir del resto de la "
            "pantalla, y parece que hay algo escrito sobre la ecografía. No se guarda hasta que "
            "usted lo diga.",
        ),
        (
            "There were too many tries with a wrong password. Wait 5 minutes, or ask your "
            "administrator for a new password.",
            "Hubo demasiados intentos con una contraseña incorrecta. Espere 5 minutos o pida a "
            "su administrador una contraseña nueva.",
        ),
        (
            "Already there as S-1; nothing was added. Its picture was missing or damaged, and is "
            "whole again.",
            "Ya está como S-1; no se añadió nada. Su imagen faltaba o estaba dañada y vuelve a "
            "estar entera.",
        ),
        (
            "Expected one still frame, received a DICOM film of 40 frames: please export the "
            "frame that shows the plane.",
            "Se esperaba una imagen fija y llegó una película DICOM de 40 fotogramas: exporte el "
            "fotograma que muestra el plano.",
        ),
        ("Nobody says this. Its pixels are there already.", None),
    ],
)
def test_several_sentences_and_their_parts_are_put_into_it_one_by_one(
    english: str, spanish: str | None
) -> None:
    with writing_for(SPANISH):
        said = library_sentences.in_readers_language(english)
    assert said == (spanish or "Nobody says this. Sus píxeles ya están.")
    assert library_sentences.in_readers_language(english) == english
