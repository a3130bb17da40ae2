"""The way to the provider of identities and back, where something is not as it should be."""

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts import audit_trail
from pages.parts.app.shared_workbench import shared
from pages.parts.gate import addresses
from tests.support.asked import Asker

PAGE = ("Accept", "text/html")


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_OIDC_ISSUER", "http://127.0.0.1:9")


def test_a_provider_closes_the_app_and_is_offered(asks: Asker) -> None:
    assert asks("/").status == 401
    shown = asks("/sign-in?next=/train", PAGE)
    assert b'href="/sign-in/provider?next=/train"' in shown.body
    # Nobody has a password here.
    assert b'type="password"' not in shown.body


def test_a_provider_that_is_away_is_one_sentence(asks: Asker) -> None:
    answer = asks(addresses.PROVIDER, PAGE)
    assert answer.status == 503
    assert b"sign-in does not answer" in answer.body
    assert not answer.cookie("fetal-provider")


@pytest.mark.parametrize("cookie", ["", "fetal-provider=" + "a" * 43, "fetal-provider=; =;"])
@pytest.mark.parametrize(
    "query", ["", "?code=1&state=2", "?error=access_denied&state=2", "?state="]
)
def test_an_answer_that_nobody_asked_for_opens_nothing(
    asks: Asker, query: str, cookie: str
) -> None:
    headers = [("Cookie", cookie)] if cookie else []
    answer = asks(addresses.BACK + query, *headers)
    assert answer.status == 403
    assert b"begun in another window" in answer.body
    assert not answer.cookie("fetal-sign-in")
    [told] = audit_trail.newest(shared(), (EventKind.REFUSED,))
    assert told.detail["what"] == "sign-in that was not asked for"
