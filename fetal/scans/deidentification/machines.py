"""The names of ultrasound machines that may be kept: makers and product families, no free text.

A model's name is free text in a file and in a table. What is kept of it is put together anew from
the words below and one short type such as `E10`, so that nothing else can come with it.
"""

import re

OTHER = "Other"
"""A machine whose name is none of those known here."""

_MAKERS = {
    "ge": "GE",
    "general electric": "GE",
    "philips": "Philips",
    "siemens": "Siemens",
    "samsung": "Samsung",
    "medison": "Samsung Medison",
    "canon": "Canon",
    "toshiba": "Toshiba",
    "mindray": "Mindray",
    "hitachi": "Hitachi",
    "aloka": "Aloka",
    "fujifilm": "Fujifilm",
    "sonosite": "SonoSite",
    "esaote": "Esaote",
    "alpinion": "Alpinion",
    "supersonic": "SuperSonic",
    "hologic": "Hologic",
    "bk": "BK",
    "butterfly": "Butterfly",
    "clarius": "Clarius",
    "terason": "Terason",
    "chison": "Chison",
    "edan": "Edan",
    "sonoscape": "SonoScape",
    "zonare": "Zonare",
    "acuson": "Acuson",
    "atl": "ATL",
    "kretz": "Kretz",
    "shimadzu": "Shimadzu",
    "vinno": "Vinno",
}

_FAMILIES = {
    name.casefold(): name
    for name in (
        *("Voluson", "LOGIQ", "Vivid", "Venue", "Versana", "Vscan"),
        *("EPIQ", "Affiniti", "ClearVue", "Lumify", "Sparq", "iU22", "HD3", "HD7", "HD11", "HD15"),
        *("ACUSON", "Sequoia", "Juniper", "Redwood", "Antares", "Sonoline", "Freestyle"),
        *("HERA", "UGEO", "Accuvix", "SonoAce", "Aplio", "Xario", "Nemio", "Viamo"),
        *("Resona", "Nuewa", "Consona", "Imagyn", "MyLab", "ARIETTA", "Preirus", "Avius"),
        *("ProSound", "LISENDO", "NOBLUS", "Aixplorer", "E-CUBE", "M-Turbo", "Edge", "iQ", "iQ3"),
    )
}

_TYPE = re.compile(r"[A-Za-z]{1,3}-?\d{1,3}[A-Za-z]?|[SX]\d{4}|\d{1,3}[A-Za-z]?")
_ALONE = re.compile(r"(?:WS|HS|DC|RS|HM|PT|CX|SSD|SSA)-?\d{1,3}[A-Z]?")
"""Models that makers name by a type only, such as `WS80A`, `DC-70` and `CX50`."""


def machine_named(text: str | None) -> str | None:
    """Return the machine that a text names, in words of this program's own.

    Args:
        text: a model's name as a file or a table writes it.

    Returns:
        A known family with its type, a known type, or a known maker; `Other` where the text is
        none of these; None where it is empty.

    Example:
        >>> machine_named("VOLUSON e10, room 3, Jane Doe")
        'Voluson E10'
        >>> machine_named("Jane Doe")
        'Other'
    """
    words = re.findall(r"[^\s,;/^_()]+", text or "")
    if not words:
        return None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        family = _FAMILIES.get(word.casefold())
        if family is not None:
            kind = following.upper() if _TYPE.fullmatch(following) else ""
            return f"{family} {kind}".strip()
    alone = next((word for word in words if _ALONE.fullmatch(word)), None)
    return alone or maker_named(text)


def maker_named(text: str | None) -> str | None:
    """Return the maker that a text names.

    Args:
        text: as a file writes it.

    Returns:
        A known maker, `Other`, or None where the text is empty.

    Example:
        >>> maker_named("GE Healthcare Austria GmbH")
        'GE'
    """
    if not (text or "").strip():
        return None
    plain = f" {' '.join(re.findall(r'[a-z]+', (text or '').casefold()))} "
    return next((name for word, name in _MAKERS.items() if f" {word} " in plain), OTHER)
