"""How a setting is put for a reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Words:
    """How a setting is put for a reader.

    Attributes:
        title: its plain name, with the researchers' word in brackets where they have another.
        meaning: what it does, in a sentence.
        unit: how a number is put, such as `{n} pixels`; `%` turns a share into percent.
        values: plain words for values that are words themselves.
    """

    title: str
    meaning: str
    unit: str = ""
    values: Mapping[Any, str] = field(default_factory=dict)
