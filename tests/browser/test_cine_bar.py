"""A film in Review: played, scrubbed, stepped by keys; a label stays with the scan that is read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.ingest.upload import UploadedFile, add_scans
from tests.browser.conftest import serving
from tests.browser.reviewing import Kept, enter_review, shown
from tests.support.drawn import fan
from tests.support.films import film
from tests.support.tiny_model import tiny_model

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FRAMES = 6


@pytest.fixture
def film_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The app with the frames of one film, each a scan to label."""
    settings = {"FETAL_UNSURE": "keep", "FETAL_MODEL": str(tiny_model().folder)}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    workbench = open_workbench(Workspace.at(tmp_path / "workspace"))
    clip = UploadedFile(
        "clip.dcm", film([fan(seed) for seed in range(FRAMES)]), tuple(range(FRAMES))
    )
    add_scans(workbench, [clip], who="Somebody")
    workbench.close()
    with serving(tmp_path, "--no-worker", **settings) as address:
        yield address


def is_at(bar: Locator, frame: int) -> None:
    """Wait until the bar shows a frame, and its name where a screen reader hears it."""
    expect(bar).to_have_attribute("data-frame", str(frame % FRAMES))
    expect(bar.get_by_role("slider")).to_have_attribute(
        "aria-valuetext", f"Frame {frame % FRAMES + 1}"
    )


def test_a_film_is_played_scrubbed_and_stepped_and_the_label_is_for_its_own_frame(
    page: Page, film_served: str, kept: Kept
) -> None:
    scan = enter_review(page, film_served)
    bar = page.get_by_role("group", name="The film")
    expect(bar).to_be_visible()
    own = int(str(kept.rows(f"SELECT frame FROM scan WHERE id = {scan}")[0][0]))
    play = bar.locator(".play")
    is_at(bar, own)

    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    for frame in (own + 1, own + 2):
        expect(bar).to_have_attribute("data-frame", str(frame % FRAMES))
    page.keyboard.press("p")
    expect(play).to_have_attribute("aria-pressed", "false")
    stopped = int(bar.get_attribute("data-frame") or 0)

    page.keyboard.press("l")
    is_at(bar, stopped + 1)
    page.keyboard.press("k")
    page.keyboard.press("k")
    is_at(bar, stopped - 1)

    bar.get_by_role("slider").fill(str((own + 3) % FRAMES))
    is_at(bar, own + 3)
    away = page.get_by_role("status").filter(has_text="Another frame of the film")
    expect(away).to_contain_text(f"A label is for frame {own + 1}.")
    expect(page.locator(".layers img.frame")).to_have_attribute(
        "alt", re.compile(f"Frame {(own + 3) % FRAMES + 1}$")
    )

    bar.get_by_role("slider").blur()
    page.keyboard.press("1")
    following = shown(page, other_than=scan)
    assert kept.labels() == [(scan, "brain")]
    assert following != scan
    own = int(str(kept.rows(f"SELECT frame FROM scan WHERE id = {following}")[0][0]))
    is_at(bar, own)


def test_another_frame_is_read_instead(page: Page, film_served: str, kept: Kept) -> None:
    scan = enter_review(page, film_served)
    bar = page.get_by_role("group", name="The film")
    own = int(str(kept.rows(f"SELECT frame FROM scan WHERE id = {scan}")[0][0]))
    is_at(bar, own)
    page.keyboard.press("l")
    is_at(bar, own + 1)
    page.get_by_role("button", name="Label this frame instead").click()
    chosen = shown(page, other_than=scan)
    assert kept.rows(f"SELECT frame FROM scan WHERE id = {chosen}") == [((own + 1) % FRAMES,)]
    assert kept.labels() == []
