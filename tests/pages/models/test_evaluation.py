from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from fetal.store.tables import Patient
from fetal.workbench import open_workbench
from tests.pages.conftest import OpenApp, elements
from tests.pages.test_pages import words
from tests.support.labelling import label_scans
from tests.support.waiting import until


def lock(patients: int) -> None:
    """Labelled scans of so many patients are kept apart in the workspace."""
    workbench = open_workbench()
    label_scans(workbench, patients=patients)
    with workbench.store.session() as session:
        for patient in session.scalars(select(Patient)):
            patient.split = "test"
    workbench.close()


def evaluated(app: AppTest) -> AppTest:
    app.session_state["version-1"] = True
    app.run()
    app.button(key="evaluate-1").click().run()

    def shown() -> bool:
        app.run()
        return any(
            one.label == "Right, all six planes" for one in app.metric
        ) or "nothing to measure" in words(app)

    until(shown)
    assert not app.exception
    return app


def test_a_version_is_evaluated_on_the_locked_scans(open_app: OpenApp) -> None:
    lock(patients=3)
    app = evaluated(open_app("models"))

    said = words(app)
    assert "9 labelled scans of 3 patients" in said
    assert "take the figures as a first impression" in said
    assert "The worst errors" in said
    assert {one.label for one in elements(app, "download_button")} >= {
        "Report (HTML)",
        "Figures (JSON)",
        "Model card (Markdown)",
        "Checklists (JSON)",
    }

    # A worst error is often a wrong label: its record opens beside it.
    opener = next(b for b in app.button if (b.key or "").startswith("open-error-1-"))
    opener.click().run()
    assert "**History**" in words(app)
    assert not app.exception


def test_without_locked_scans_the_evaluation_says_what_to_do(
    open_app: OpenApp,
) -> None:
    assert "Label scans of more patients" in words(evaluated(open_app("models")))
