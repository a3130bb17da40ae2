"""Text from outside stays text, whatever CommonMark would make of it."""

import pytest
from markdown_it import MarkdownIt

from fetal.markdown import as_text
from tests.support.hostile import TEXTS


@pytest.mark.parametrize("text", TEXTS)
def test_no_mark_is_left_that_draws_something(text: str) -> None:
    html = MarkdownIt("commonmark").render(as_text(text))
    assert html.count("<") == 2, html
    assert html.startswith("<p>")


def test_ordinary_names_stay_as_they_are() -> None:
    assert as_text("Voluson E8 (2), 9.5 MHz, 3-5 mm.png") == "Voluson E8 (2), 9.5 MHz, 3-5 mm.png"
    assert as_text("Patient00042_Plane1_1_of_2.png") == "Patient00042_Plane1_1_of_2.png"
    assert as_text("two\nlines") == "two lines"
