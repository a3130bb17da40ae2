from datetime import UTC, datetime, timedelta

import pytest

from tests.support.signing_in import be_quick


class Clock:
    """Tells the moment that a test sets."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 26, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, **long: float) -> None:
        self.at += timedelta(**long)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch)
