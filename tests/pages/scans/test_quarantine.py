import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench.catalogue.scans import ScanView
from tests.pages.conftest import OpenApp, elements
from tests.pages.scans.test_cines import _after_reading as after_reading
from tests.pages.scans.test_cines import _dropped as dropped
from tests.support.drawn import file, unsure


def stored() -> list[ScanView]:
    from fetal.workbench.catalogue import scans
    from pages.parts.app import app_state

    return scans.scans(app_state.workbench())


def words(app: AppTest) -> str:
    kinds = ("subheader", "markdown", "caption", "text", "success", "warning", "error")
    return "\n".join(str(element.value) for element in elements(app, *kinds))


@pytest.fixture
def waiting(open_app: OpenApp) -> AppTest:
    """The Scans page with two scans that wait, and one that went straight in."""
    app = dropped(
        open_app("scans"),
        ("Patient00001_1.png", unsure(1).data),
        ("Patient00001_2.png", unsure(2).data),
        ("Patient00001_3.png", file(3).data),
    )
    app = after_reading(app)
    assert not app.exception
    return app


def test_scans_on_which_a_name_may_be_left_wait_and_say_why(waiting: AppTest) -> None:
    assert waiting.warning[0].value == "1 scan added, 2 scans wait for you."
    said = words(waiting)
    assert "2 scans wait for you" in said
    assert "Patient00001_1.png: the ultrasound could not be told from the rest" in said
    assert len(stored()) == 1


def test_keeping_one_stores_it_and_the_next_comes_up(waiting: AppTest) -> None:
    app = waiting.button(key="waiting-keep").click().run()
    assert not app.exception
    assert app.warning[0].value == "2 scans added, 1 scan waits for you."
    assert "Patient00001_2.png: the ultrasound" in words(app)
    assert len(stored()) == 2
    app = app.button(key="waiting-out").click().run()
    assert app.success[0].value == "2 scans added, 1 left out."
    assert "wait" not in words(app)
    assert len(stored()) == 2


def test_a_box_by_numbers_is_blanked_and_can_be_taken_back(waiting: AppTest) -> None:
    from fetal.workbench.catalogue import scans
    from pages.parts.app import app_state

    def blanked(app: AppTest) -> AppTest:
        for name, value in (("left", 0), ("top", 0), ("right", 160), ("bottom", 50)):
            app.number_input(key=f"mask-{name}-1-0").set_value(value)
        return app.button(key="mask-apply-1").click().run()

    app = blanked(waiting)
    app = app.button(key="mask-undo-1").click().run()
    assert "mask-undo-1" not in [button.key for button in app.button]
    app = blanked(app)
    app = app.button(key="waiting-keep").click().run()
    assert not app.exception
    first = next(scan for scan in stored() if scan.width == 160 and scan.id == 2)
    pixels = scans.pixels(app_state.workbench(), first.id)
    assert pixels[:50].max() == 0
    assert pixels[50:].max() > 0


def test_a_scan_that_is_all_blank_cannot_be_kept(waiting: AppTest) -> None:
    waiting.number_input(key="mask-left-1-0").set_value(0)
    app = waiting.button(key="mask-apply-1").click().run()
    assert "blanks all of it" in app.error[0].value
    assert app.button(key="waiting-keep").disabled
    app = app.button(key="waiting-keep-all").click().run()
    assert not app.exception
    assert app.warning[0].value == "2 scans added, 1 scan waits for you."
    assert "Patient00001_1.png" in words(app)


def test_all_can_be_kept_or_left_out_at_once(waiting: AppTest) -> None:
    app = waiting.button(key="waiting-out-all").click().run()
    assert "Leave all 2 out" in [button.label for button in app.button]
    assert app.warning[0].value == "1 scan added, 2 scans wait for you."
    app = app.button(key="waiting-out-all-yes").click().run()
    assert app.success[0].value == "1 scan added, 2 left out."
    assert len(stored()) == 1


def test_what_was_left_out_can_be_brought_back(waiting: AppTest) -> None:
    app = waiting.button(key="waiting-out-all").click().run()
    app = app.button(key="waiting-out-all-yes").click().run()
    assert "You left 2 scans out." in words(app)
    app = app.button(key="waiting-back").click().run()
    assert app.warning[0].value == "1 scan added, 2 scans wait for you."
    app = app.button(key="waiting-keep").click().run()
    assert len(stored()) == 2


def test_every_scan_waits_where_the_person_wants_to_check_them(open_app: OpenApp) -> None:
    app = open_app("scans")
    app.toggle(key="check-every").set_value(True).run()
    app = after_reading(dropped(app, ("Patient00001_3.png", file(3).data)))
    assert app.warning[0].value == "0 scans added, 1 scan waits for you."
    assert stored() == []
    app = app.button(key="waiting-keep").click().run()
    assert app.success[0].value == "1 scan added."
    assert any(e.label == "What was blanked" for e in app.expander)


def test_what_was_blanked_can_be_seen_while_the_drop_is_fresh(waiting: AppTest) -> None:
    assert any(expander.label == "What was blanked" for expander in waiting.expander)


def test_the_setting_can_refuse_instead(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_UNSURE", "refuse")
    app = after_reading(dropped(open_app("scans"), ("Patient00001_1.png", unsure(1).data)))
    assert app.warning[0].value == "0 scans added, 1 file refused."
    assert "Refused, since the ultrasound could not be told" in words(app)
