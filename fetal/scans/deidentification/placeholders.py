"""Recognises words that stand where an identifier should: ANONYMOUS, 0, NA, UNKNOWN, TEST …

De-identified collections write such a word into every file. Taken for an identifier, it would make
one patient of a whole collection.
"""

import re
import unicodedata

PLACEHOLDER_PATIENT = (
    "Its patient ID is only a placeholder, such as ANONYMOUS or 0, so the file names no patient."
)
"""The warning of a scan whose file has a placeholder for a patient."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = _words(
    """
    anon anonym anonyme anonymous anonymouspatient anonpatient patientanonymous patientanon
    anonymized anonymised anonymizedpatient anonymisedpatient anonymize anonymise anonymisiert
    anonymisé anonimo anónimo anonimizado anonimizzato anonymiseerd
    deid deidentified deidentifiedpatient deidentify deidentification deidentifiedid
    pseudonymized pseudonymised removed redacted deleted hidden masked withheld confidential private
    na nan nat none null nil void notavailable notapplicable notassigned notgiven notset nodata
    unknown unknownpatient patientunknown unk unkn unbekannt inconnu desconocido sconosciuto
    onbekend okänd ukendt tuntematon unspecified undefined undisclosed missing blank empty default
    noname nobody noid nopatient nopatientid noidentifier ohne keine
    test testing testpatient patienttest testid dummy dummypatient demo demopatient fake phantom
    name id patient patientid patientname pat pid string value tbd todo
    匿名 未知 不明 无 無 なし テスト 测试 аноним неизвестно тест
    """
)
_REPEATED = re.compile(r"0+|9{5,16}|x+")
"""Zeros, and what people type to fill a field. Fewer nines could be a patient's number."""


def is_placeholder(identifier: str) -> bool:
    """Return whether an identifier names nobody.

    Args:
        identifier: of a patient or an examination, as a file, a table or a person writes it.

    Returns:
        True for a word such as ANONYMOUS or N/A, for zeros, for `xxx`, and for what holds neither
        a letter nor a digit.

    Example:
        >>> is_placeholder("ANONYMOUS"), is_placeholder("ANON-0042")
        (True, False)
    """
    folded = unicodedata.normalize("NFKC", identifier).casefold()
    letters = "".join(character for character in folded if character.isalnum())
    return not letters or letters in _WORDS or _REPEATED.fullmatch(letters) is not None
