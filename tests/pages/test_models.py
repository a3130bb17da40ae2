"""The Models page: the verdict in words, what left the locked set, a warning before promoting."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations.review import annotate
from fetal.workbench.catalogue import scans
from tests.pages.conftest import OpenApp, elements
from tests.support.labelling import WHO, add_version, keep_apart, label_scans
from tests.support.tiny_model import tiny_model
from tests.support.waiting import until


@pytest.fixture
def workbench() -> Iterator[Workbench]:
    workbench = open_workbench()
    yield workbench
    workbench.close()


@pytest.fixture
def challenger(workbench: Workbench) -> int:
    return add_version(workbench, tiny_model(2, "v2 · 23 Nov 2026"))


def measured(app: AppTest) -> AppTest:
    """The page once it has compared the two and measured every version."""
    until(lambda: not app.run().get("progress"), seconds=60)
    assert not app.exception
    return app


def told(app: AppTest, *kinds: str) -> str:
    kinds = kinds or ("markdown", "caption", "info", "success", "warning", "error")
    shown = elements(app, *kinds)
    return "\n".join(f"{element.value} {getattr(element, 'help', '')}" for element in shown)


def test_too_few_patients_do_not_pass_the_gate_and_promoting_warns(
    workbench: Workbench, challenger: int, open_app: OpenApp
) -> None:
    label_scans(workbench, patients=4)
    keep_apart(workbench, 4)
    app = measured(open_app("models"))
    assert "could be worse by more than 1 point: too few scans to tell" in told(app, "warning")
    assert "up to 1 scan of 100 (the margin, in percentage points)" in told(app)
    table = next(table.value for table in app.dataframe if "Left out" in table.value)
    assert table["Version"].tolist() == ["tiny (champion)", "v2 · 23 Nov 2026"]
    assert table["Scans"].tolist() == [12, 12]
    assert "All on the same locked scans" in told(app)

    opener = next(b for b in app.button if (b.key or "").startswith("open-differ-"))
    opener.click().run()
    assert "**History**" in told(app)

    app.button(key="promote").click().run()
    assert "Not shown to be harmless." in told(app, "warning")
    assert app.button(key="promote-yes").label == "Promote anyway"


def test_a_better_challenger_is_promoted_without_a_warning(
    workbench: Workbench, challenger: int, open_app: OpenApp
) -> None:
    for number in label_scans(workbench, patients=16, each=1):
        said = workbench.model(challenger).predict(scans.stored_scan(workbench, number)).plane
        annotate(workbench, number, said, WHO)
    keep_apart(workbench, 16)
    app = measured(open_app("models"))
    assert "“v2 · 23 Nov 2026” is better. Change in accuracy: +" in told(app, "success")
    app.button(key="promote").click().run()
    assert app.warning.len == app.error.len == 0
    assert app.button(key="promote-yes").label == "Promote"


def test_without_locked_scans_nobody_knows_and_the_page_says_so(
    workbench: Workbench, challenger: int, open_app: OpenApp
) -> None:
    app = measured(open_app("models"))
    assert "cannot be compared" in told(app, "info")
    app.button(key="promote").click().run()
    assert "Nobody knows whether this one is better" in told(app, "warning")
    assert app.button(key="promote-yes").label == "Promote anyway"


def test_a_scan_that_left_the_locked_set_is_named_with_the_reason(
    workbench: Workbench, challenger: int, open_app: OpenApp
) -> None:
    numbers = label_scans(workbench, patients=2)
    keep_apart(workbench, 2)
    app = measured(open_app("models"))
    assert "6 scans now" in told(app)
    assert "none has ever left" in told(app)
    annotate(workbench, numbers[0], "unusable", "Cem")
    measured(app)
    assert "5 scans now" in told(app)
    (gone,) = [table.value for table in app.dataframe if "Why" in table.value]
    assert gone["Scan"].tolist() == [scans.scan(workbench, numbers[0]).name]
    assert gone["Why"].tolist() == ["called unusable by Cem"]
