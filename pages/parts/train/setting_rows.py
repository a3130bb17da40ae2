"""Settings of two trainings that differ, as a table in plain words."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.shared.formatting import plain
from pages.parts.texts.catalogue import _
from pages.parts.train.settings_words import put, words


def differences(rows: Sequence[tuple[str, str, str, str]], first: str, second: str) -> None:
    """Settings that differ: name, first value, second value, meaning."""
    st.table(
        [
            {
                _("Setting"): plain(name),
                first: plain(one),
                second: plain(other),
                _("What it means"): plain(meaning),
            }
            for name, one, other, meaning in rows
        ],
        border="horizontal",
        hide_index=True,
    )


def rows_of(different: Mapping[str, Sequence[Any]]) -> list[tuple[str, str, str, str]]:
    """Differing settings of two as `differences` takes them."""
    return [
        (words(name).title, put(name, one), put(name, other), words(name).meaning)
        for name, (one, other) in different.items()
    ]
