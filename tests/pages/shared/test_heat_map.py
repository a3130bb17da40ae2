import pytest
from streamlit.testing.v1 import AppTest

from fetal.explain import METHODS
from tests.pages.conftest import OpenApp
from tests.support.viewers import viewers


@pytest.fixture
def app(open_app: OpenApp) -> AppTest:
    """The Scans page with samples on it."""
    return open_app("scans").button(key="samples").click().run(timeout=120)


def heat_captions(app: AppTest) -> list[str]:
    """What stands below each scan with heat."""
    return [one["caption"] for one in viewers(app) if one["heat"]]


def test_heat_is_grad_cam_until_another_method_is_chosen(app: AppTest) -> None:
    assert app.selectbox(key="heat-method").value == "grad-cam"
    assert heat_captions(app)
    assert all(caption.endswith("(Grad-CAM)") for caption in heat_captions(app))


def test_every_method_can_be_chosen_and_says_what_it_shows(app: AppTest) -> None:
    for name, cam in METHODS.items():
        app.selectbox(key="heat-method").select(name).run()

        assert not app.exception
        assert all(caption.endswith(f"({cam.title})") for caption in heat_captions(app))
        assert f"{cam.title}: {cam.words}" in [caption.value for caption in app.caption]


def test_the_scan_under_review_is_explained_by_the_chosen_method(app: AppTest) -> None:
    app.switch_page("pages/review.py").run()
    app.session_state["heat-popover"] = True
    app.run()
    app.selectbox(key="heat-method").select("eigen-cam").run()

    [caption] = heat_captions(app)
    assert caption.endswith("(Eigen-CAM)")
