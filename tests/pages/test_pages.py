import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenApp, elements

ROOT = Path(__file__).parents[2]


def words(app: AppTest) -> str:
    """All that the page says, in one text."""
    kinds = ("title", "markdown", "caption", "info", "success", "warning", "error")
    return "\n".join(str(element.value) for element in elements(app, *kinds))


@pytest.mark.parametrize("page", ["scans", "review", "dataset", "train", "models"])
def test_every_page_opens_on_an_empty_workspace(open_app: OpenApp, page: str) -> None:
    app = open_app(page)

    assert not app.exception
    assert app.title[0].value.lower() == page
    assert "Not a medical device" in words(app)


def test_a_newcomer_is_asked_for_a_name_once(open_app: OpenApp) -> None:
    app = open_app("scans", who="")
    assert app.title[0].value == "Fetal planes"

    app.text_input(key="name").input("  Anna   Meyer ")
    app.button(key="begin").click().run()

    assert app.title[0].value == "Scans"
    assert "Anna Meyer · not you?" in [button.label for button in app.button]
    assert app.query_params == {}


def test_a_name_in_an_old_address_lets_nobody_in_and_goes(open_app: OpenApp) -> None:
    app = open_app("scans", who="")
    app.query_params["who"] = "Anna Meyer"
    app.run()

    assert app.title[0].value == "Fetal planes"
    assert app.query_params == {}


def test_an_empty_name_is_not_taken(open_app: OpenApp) -> None:
    app = open_app("scans", who="")
    app.button(key="begin").click().run()

    assert "Please give a name" in app.error[0].value
    assert app.title[0].value == "Fetal planes"


def test_training_says_why_it_cannot_start_yet(open_app: OpenApp) -> None:
    app = open_app("train")

    assert app.button(key="retrain").disabled
    assert any("20" in info.value for info in app.info)


def test_sample_scans_appear_with_a_verdict_and_can_be_accepted(open_app: OpenApp) -> None:
    app = open_app("scans")
    app.button(key="samples").click().run(timeout=120)
    assert not app.exception
    accept = next(b for b in app.button if (b.key or "").startswith("accept-"))
    plane = accept.label.removeprefix("Accept: ")

    accept.click().run()

    assert f"**{plane}**: accepted by Anna Meyer" in words(app)


def test_an_accepted_scan_can_be_taken_back(open_app: OpenApp) -> None:
    app = open_app("scans")
    app.button(key="samples").click().run(timeout=120)
    next(b for b in app.button if (b.key or "").startswith("accept-")).click().run()

    next(b for b in app.button if (b.key or "").startswith("undo-")).click().run()

    assert "accepted by" not in words(app)


def test_review_goes_on_by_itself_and_back(open_app: OpenApp) -> None:
    app = open_app("scans")
    app.button(key="samples").click().run(timeout=120)
    app.switch_page("pages/review.py").run()
    first = next(b.key for b in app.button if (b.key or "").startswith("accept-"))
    assert first is not None

    app.button(key=first).click().run()
    second = next(b.key for b in app.button if (b.key or "").startswith("accept-"))
    assert second != first

    app.button(key="undo").click().run()
    assert first in [b.key for b in app.button]


def test_the_app_process_never_imports_tensorflow() -> None:
    """A whole visit to every page, in a fresh interpreter."""
    visit = (
        "import sys; sys.path.insert(0, '.')\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('streamlit_app.py', default_timeout=120)\n"
        "app.run()\n"
        "app.text_input(key='name').input('Anna')\n"
        "app.button(key='begin').click().run()\n"
        "app.button(key='samples').click().run()\n"
        "for page in ('review', 'dataset', 'train', 'models'):\n"
        "    app.switch_page(f'pages/{page}.py').run()\n"
        "    assert not app.exception, app.exception\n"
        "print([name for name in ('tensorflow', 'keras', 'torch', 'jax') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", visit], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr[-2000:]
