"""People come in by a real provider of identities (Glewlwyd): code flow, PKCE, state and nonce."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

import pytest
import requests

from fetal.configuration.declared import OIDC_ISSUER
from fetal.store.access.account_tables import Account, AccountIdentity, PendingSignIn, SignIn
from fetal.store.access.audit_chain import EventKind
from fetal.store.table_base import now
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.gatekeeper import Gatekeeper
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.accounts.sign_ins import SignedIn, SignIns, digest_of
from fetal.workbench.core.permissions import Role
from fetal.workbench.single_sign_on import join_account, provider_sign_in
from fetal.workbench.single_sign_on.outside_person import NotAdmittedError
from fetal.workbench.single_sign_on.provider import Provider, ProviderError, provider
from fetal.workbench.single_sign_on.provider_sign_in import NotAskedError, TooManyPendingError
from tests.support.identity_provider import IdentityProvider, identity_provider
from tests.support.signing_in import add, be_quick

BACK = "http://127.0.0.1:8501/sign-in/provider/back"
AFTER = "http://127.0.0.1:8501/sign-in"

Browsers = dict[str, requests.Session]


class GoAndComeBack(Protocol):
    """Goes to the provider and back as somebody."""

    def __call__(self, name: str, before: str | None = None, **changed: Any) -> tuple[str, str]: ...


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path_factory.mktemp("provider")) as running:
        running.let_return_to(BACK, after=AFTER)
        yield running


@pytest.fixture(scope="module")
def browsers(there: IdentityProvider) -> Browsers:
    return {name: there.browser_of(name) for name in ("ana", "ben", "eve")}


@pytest.fixture
def settings(there: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in there.settings().items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def way(
    there: IdentityProvider, browsers: Browsers, settings: pytest.MonkeyPatch, workbench: Workbench
) -> GoAndComeBack:
    """Goes to the provider and back as somebody; what was changed on the way is given."""

    def go(name: str, before: str | None = None, **changed: Any) -> tuple[str, str]:
        url, browser = provider_sign_in.begin(
            workbench.store, the_provider(), BACK, "/train", "::1"
        )
        sent = there.answer(browsers[name], changed.pop("url", lambda was: was)(url))
        browser = changed.pop("browser", browser)
        clock = changed.pop("clock", now)
        return provider_sign_in.finish(
            workbench.store,
            the_provider(),
            sent | changed,
            browser,
            BACK,
            "::1",
            before=before,
            clock=clock,
        )

    return go


def the_provider() -> Provider:
    found = provider()
    assert found is not None
    return found


def signed_in_by(workbench: Workbench, token: str) -> SignedIn:
    found = SignIns(workbench.store).find(digest_of(token))
    assert found is not None
    return found


def refused(workbench: Workbench) -> list[str]:
    return [
        line.detail["what"] for line in audit_trail.newest(workbench, (EventKind.REFUSED,), 1_000)
    ]


def test_somebody_new_gets_an_account_with_the_roles_of_the_groups(
    workbench: Workbench, way: GoAndComeBack
) -> None:
    assert Gatekeeper(workbench.store).closed()
    token, going = way("ana")
    assert going == "/train"
    signed_in = signed_in_by(workbench, token)
    assert (signed_in.name, signed_in.actor.name, signed_in.method) == (
        "ana",
        "Ana Sousa",
        "provider",
    )
    [ana] = people.people(workbench)
    assert ana.roles == (Role.READER, Role.ADMINISTRATOR)
    kinds = [line.kind for line in audit_trail.newest(workbench)]
    assert kinds == [EventKind.SIGN_IN, EventKind.ACCOUNT_MADE]
    # The second time it is the same person, and what the browser had before is over.
    again, _ = way("ana", before=token)
    assert SignIns(workbench.store).find(digest_of(token)) is None
    assert signed_in_by(workbench, again).actor.account_id == ana.id


def test_somebody_in_no_group_is_refused_and_told_of(
    workbench: Workbench, way: GoAndComeBack
) -> None:
    with pytest.raises(NotAdmittedError, match="none of its groups may use this program"):
        way("eve")
    assert people.people(workbench) == []
    [told] = audit_trail.newest(workbench)
    assert (told.kind, told.who) == (EventKind.REFUSED, "eve")
    assert told.detail["subject"]


def test_roles_follow_the_groups_at_the_next_sign_in(
    workbench: Workbench, way: GoAndComeBack, there: IdentityProvider
) -> None:
    way("ben")
    try:
        there.set_groups("ben", ["fetal-admins"])
        way("ben")
        assert people.people(workbench)[0].roles == (Role.ADMINISTRATOR,)
        there.set_groups("ben", ["kitchen"])
        with pytest.raises(NotAdmittedError, match="has no role"):
            way("ben")
        assert people.people(workbench)[0].roles == ()
    finally:
        there.set_groups("ben", ["fetal-readers"])


def test_roles_given_by_hand_stay_where_no_groups_are_set(
    workbench: Workbench, way: GoAndComeBack, settings: pytest.MonkeyPatch
) -> None:
    way("ana")
    settings.delenv("FETAL_GROUP_ROLES")
    people.set_roles(workbench, "ana", [Role.ADMINISTRATOR, Role.TRAINER])
    way("ana")
    assert people.people(workbench)[0].roles == (Role.TRAINER, Role.ADMINISTRATOR)
    with pytest.raises(NotAdmittedError, match="not known here"):
        way("ben")


def test_a_closed_account_opens_nothing(workbench: Workbench, way: GoAndComeBack) -> None:
    way("ana")
    way("ben")
    people.set_disabled(workbench, "ben", True)
    with pytest.raises(NotAdmittedError, match="closed"):
        way("ben")


def test_a_name_is_no_proof_until_an_administrator_joins_the_two(
    workbench: Workbench, way: GoAndComeBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_quick(monkeypatch)
    add(workbench, "ana", "administrator", shown="Ana S.")
    with pytest.raises(NotAdmittedError, match="another account with the name “ana”"):
        way("ana")
    [told] = audit_trail.newest(workbench, (EventKind.REFUSED,))
    join_account.join(workbench, "ana", told.detail["subject"])
    token, _ = way("ana")
    assert signed_in_by(workbench, token).actor.name == "Ana S."
    add(workbench, "other", "reader")
    with pytest.raises(AccountError, match="Another account is joined"):
        join_account.join(workbench, "other", told.detail["subject"])


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"state": "another"}, NotAskedError),
        ({"state": ""}, NotAskedError),
        ({"browser": None}, NotAskedError),
        ({"browser": "another browser's"}, NotAskedError),
        ({"clock": lambda: now() + timedelta(minutes=11)}, NotAskedError),
        ({"code": "guessed"}, ProviderError),
        ({"iss": "https://evil.example"}, ProviderError),
        # Whoever carries off the request can make the provider answer another one.
        ({"url": lambda url: url.replace("nonce=", "nonce=x")}, ProviderError),
        ({"url": lambda url: url.replace("code_challenge=", "code_challenge=x")}, ProviderError),
    ],
)
def test_an_answer_that_is_not_to_this_browsers_request_opens_nothing(
    workbench: Workbench, way: GoAndComeBack, changed: Mapping[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        way("ben", **changed)
    with workbench.store.reading() as session:
        assert not session.query(Account).count()
        assert not session.query(SignIn).count()
    assert refused(workbench)


def test_an_answer_counts_once(
    workbench: Workbench, way: GoAndComeBack, there: IdentityProvider, browsers: Browsers
) -> None:
    url, browser = provider_sign_in.begin(workbench.store, the_provider(), BACK, "/", "::1")
    sent = there.answer(browsers["ben"], url)
    assert provider_sign_in.finish(workbench.store, the_provider(), sent, browser, BACK, "::1")
    with pytest.raises(NotAskedError):
        provider_sign_in.finish(workbench.store, the_provider(), sent, browser, BACK, "::1")


def test_what_the_provider_refuses_is_one_sentence(
    workbench: Workbench, way: GoAndComeBack
) -> None:
    with pytest.raises(ProviderError, match="sign-in does not answer as it should") as raised:
        way("ben", url=lambda url: url.replace("method=S256", "method=plain"))
    assert raised.value.reason


def test_very_many_begun_from_one_address_are_turned_away(
    workbench: Workbench, settings: pytest.MonkeyPatch
) -> None:
    for _ in range(provider_sign_in.MOST_AT_ONCE):
        provider_sign_in.begin(workbench.store, the_provider(), BACK, "/", "10.0.0.1")
    with pytest.raises(TooManyPendingError):
        provider_sign_in.begin(workbench.store, the_provider(), BACK, "/", "10.0.0.1")
    provider_sign_in.begin(workbench.store, the_provider(), BACK, "/", "10.0.0.2")
    later = now() + timedelta(minutes=11)
    provider_sign_in.begin(workbench.store, the_provider(), BACK, "/", "10.0.0.1", lambda: later)
    with workbench.store.reading() as session:
        assert session.query(PendingSignIn).count() == 1


def test_the_browser_signs_out_at_the_provider_too(
    workbench: Workbench, way: GoAndComeBack
) -> None:
    signed_in = signed_in_by(workbench, way("ben")[0])
    url = the_provider().sign_out_url(signed_in.id_token, AFTER)
    assert url is not None
    assert url.startswith(f"{OIDC_ISSUER.value()}/end_session?")
    assert "id_token_hint=ey" in url
    Gatekeeper(workbench.store).leave(signed_in)
    with workbench.store.reading() as session:
        assert session.query(SignIn).one().id_token is None


def test_a_provider_that_is_away_or_calls_itself_another_is_not_believed(
    there: IdentityProvider, settings: pytest.MonkeyPatch
) -> None:
    for issuer in ("http://127.0.0.1:9", f"{there.issuer}/", there.url):
        with pytest.raises(ProviderError):
            Provider(issuer).ask(BACK)
        assert Provider(issuer).sign_out_url("x", AFTER) is None


def test_identities_are_kept_on_both_databases(
    each_workbench: Workbench,
    there: IdentityProvider,
    browsers: Browsers,
    settings: pytest.MonkeyPatch,
) -> None:
    url, browser = provider_sign_in.begin(each_workbench.store, the_provider(), BACK, "/", "::1")
    sent = there.answer(browsers["ana"], url)
    token, _ = provider_sign_in.finish(
        each_workbench.store, the_provider(), sent, browser, BACK, "::1"
    )
    assert SignIns(each_workbench.store).find(digest_of(token))
    with each_workbench.store.reading() as session:
        assert session.query(AccountIdentity).one().issuer == there.issuer
