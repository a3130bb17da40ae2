"""The app's pages reach for nothing beyond this computer, whoever starts the app."""

import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.privacy.account import ROOT, Account, answers, free_port
from tests.support.waiting import until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("command", ["fetal serve", "streamlit run"])
def test_the_app_and_its_pages_keep_to_themselves(command: str, tmp_path: Path, page: Page) -> None:
    account, port = Account(tmp_path), free_port()
    asked: list[str] = []
    if command == "fetal serve":
        process = account.start("fetal.cli", "serve", "--port", port)
    else:
        options = ("--server.port", port, "--server.headless", "true")
        process = account.start("streamlit", "run", ROOT / "streamlit_app.py", *options)
    until(lambda: answers(port), 90)
    page.context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda one: asked.append(one.url.replace("ws://", "http://")))
    page.goto(f"http://127.0.0.1:{port}")
    page.get_by_role("textbox", name="Your name").fill("Anna Meyer")
    page.get_by_role("button", name="Begin").click()
    page.get_by_text("Not a medical device").wait_for()
    for title in ("Review", "Dataset", "Train", "Models"):
        page.get_by_role("link", name=title).click()
        page.get_by_role("heading", name=title).first.wait_for()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    here = (f"http://127.0.0.1:{port}", "data:", "blob:")
    assert [url for url in asked if not url.startswith(here)] == []
    assert len(asked) > 10
    assert account.attempts() == ""
    assert account.left() == []
