import re

from streamlit.testing.v1 import AppTest

from pages.parts.words import plain

BEACON = "![x](https://example.org/who.png) [go](https://example.org) <img src=x> $x^2$ :red[a]"


def draws(text: str) -> bool:
    """Whether anything is left in Markdown that begins a picture, a link, a tag or a formula."""
    return re.search(r"(?<!\\)(\\\\)*[\[\]<$]", text) is not None


def test_what_a_file_is_called_is_shown_and_draws_nothing():
    """The reader's browser would fetch a picture that somebody wrote into a name."""
    assert plain("a_1-2 (3).png") == "a_1-2 (3).png"
    assert plain("two\nlines") == "two lines"
    assert draws(BEACON)
    assert not draws(plain(BEACON))
    assert not draws(plain(f"\\{BEACON}"))


def test_a_refused_files_name_is_no_markup():
    def page(name: str) -> None:
        from fetal.workbench.intake import Outcome, Taken
        from pages.parts import results

        results.show([Taken(name, Outcome.REFUSED, None, f"Expected a scan, received {name}.")])

    shown = AppTest.from_function(page, args=(BEACON,)).run()
    assert not shown.exception
    [line] = [one.value for one in shown.markdown if "example.org" in one.value]
    assert not draws(line.replace(":orange[:material/block:]", "").replace("**", ""))
