from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenApp
from tests.support.drawn import fan, file
from tests.support.films import film


def _dropped(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = app.file_uploader(key="drop-0")
    for name, data in files:
        uploader = uploader.upload(name, data)
    return uploader.run()


def _after_reading(app: AppTest) -> AppTest:
    from pages.parts.app import app_state

    session = app_state.sessions().of(app.session_state["browser-token"])
    for drop in session.desk.drops(session.who):
        assert drop.wait(60)
    return app.run()


def test_of_a_film_come_the_frames_that_were_ticked(open_app: OpenApp) -> None:
    clip = film([fan(seed) for seed in range(7)])
    app = _dropped(open_app("scans"), ("clip.dcm", clip))
    assert not app.exception
    ticks = app.checkbox
    assert [box.value for box in ticks].count(True) == 5
    assert all(box.label.startswith("Frame ") for box in ticks)
    for box in ticks:
        box.set_value(box.label.startswith(("Frame 2:", "Frame 4:")))
    app = app.button(key="add-frames").click().run()
    assert not app.exception
    app = _after_reading(app)
    said = app.success[0].value
    assert said == "2 scans added."


def test_a_film_with_nothing_ticked_adds_nothing(open_app: OpenApp) -> None:
    app = _dropped(open_app("scans"), ("clip.dcm", film([fan(seed) for seed in range(3)])))
    for box in app.checkbox:
        box.set_value(False)
    app = app.button(key="add-frames").click().run()
    assert not app.exception
    assert not app.checkbox
    assert not app.success


def test_stills_beside_a_film_wait_until_its_frames_are_picked(open_app: OpenApp) -> None:
    clip = film([fan(seed) for seed in range(3)])
    app = _dropped(open_app("scans"), ("Patient00001_1.png", file(9).data), ("clip.dcm", clip))
    app = app.button(key="add-frames").click().run()
    assert not app.exception
    assert _after_reading(app).success[0].value == "4 scans added."
