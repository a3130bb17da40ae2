"""A training that ends is told on every page, until the person has read it."""

from fetal.store.table_base import now
from fetal.store.tables import Run
from pages.parts.app import app_state
from tests.pages.conftest import OpenApp
from tests.pages.test_pages import words


def end_a_training(status: str) -> None:
    with app_state.workbench().store.session() as session:
        session.add(
            Run(
                status=status,
                settings={},
                snapshot="",
                snapshot_counts={},
                who="Ben",
                ended_at=now(),
            )
        )


def test_the_end_of_a_training_is_told_until_it_is_read(open_app: OpenApp) -> None:
    app = open_app("dataset")
    assert "Training" not in words(app)
    end_a_training("failed")
    app.run()
    assert "**Training 1 failed.**" in words(app)
    app.switch_page("pages/review.py").run()
    assert "**Training 1 failed.**" in words(app)
    app.button(key="run-notice-read-it").click().run()
    assert "Training 1" not in words(app)
    assert not app.exception
    assert "Training 1 failed" not in words(open_app("dataset", who="Cy")), "it ended before"
