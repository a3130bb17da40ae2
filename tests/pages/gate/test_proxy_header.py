"""A proxy names the person: believed from the proxy alone, and forged by nobody."""

import pytest

from fetal.configuration.overview import check_settings
from fetal.configuration.sources import SettingError
from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.core.permissions import Role
from pages.parts.app.shared_workbench import shared
from tests.support.asked import Asker
from tests.support.signing_in import add, be_quick

SECRET = "as-long-as-a-secret-has-to-be"
PAGE = ("Accept", "text/html")
ANA = ("Remote-User", "ana")
PROVED = ("X-Fetal-Proxy-Secret", SECRET)


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    be_quick(monkeypatch)
    monkeypatch.setenv("FETAL_PROXY_HEADER", "Remote-User")
    monkeypatch.setenv("FETAL_PROXY_SECRET", SECRET)
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")


@pytest.fixture
def _ana() -> None:
    add(shared(), "ana", "administrator", shown="Ana Sousa")


@pytest.mark.usefixtures("_ana")
def test_whom_the_proxy_names_is_in(asks: Asker) -> None:
    led = asks("/", ANA, PROVED, PAGE)
    assert (led.status, led.header("location")) == (303, "/sign-in")
    let = asks("/sign-in?next=/train", ANA, PROVED, PAGE)
    assert (let.status, let.header("location")) == (303, "/train")
    mine = ("Cookie", let.cookie("fetal-sign-in"))
    shown = asks("/", ANA, PROVED, mine, PAGE)
    assert shown.status == 200
    # Pages see neither the header nor the secret.
    assert SECRET.encode() not in shown.body
    assert b"remote-user" not in shown.body
    assert b"proxy-secret" not in shown.body
    [told] = audit_trail.newest(shared(), (EventKind.SIGN_IN,))
    assert (told.who, told.detail["by"]) == ("Ana Sousa", "proxy")


@pytest.mark.usefixtures("_ana")
@pytest.mark.parametrize(
    "forged",
    [
        [ANA],
        [ANA, ("X-Fetal-Proxy-Secret", "")],
        [ANA, ("X-Fetal-Proxy-Secret", SECRET[:-1])],
        [ANA, PROVED, PROVED],
        [ANA, ("Remote-User", "eve"), PROVED],
        [("Remote_User", "ana"), PROVED],
        [("Remote-User", ""), PROVED],
        [("X-Forwarded-User", "ana"), PROVED],
    ],
)
def test_a_forged_header_opens_nothing(asks: Asker, forged: list[tuple[str, str]]) -> None:
    assert asks("/", *forged).status == 401
    answer = asks("/sign-in", *forged, PAGE)
    assert answer.status == 200
    assert not answer.cookie("fetal-sign-in")


@pytest.mark.usefixtures("_ana")
def test_a_sign_in_by_the_proxy_holds_only_while_the_proxy_names_that_person(asks: Asker) -> None:
    mine = ("Cookie", asks("/sign-in", ANA, PROVED, PAGE).cookie("fetal-sign-in"))
    add(shared(), "ben", "reader")
    own = ("Origin", "http://localhost")
    assert asks("/", ANA, PROVED, mine).status == 200
    assert asks("/_stcore/stream", ANA, PROVED, mine, own, websocket=True).sent[0]["type"] == (
        "websocket.accept"
    )
    for others in ([], [ANA], [("Remote-User", "ben"), PROVED]):
        assert asks("/", *others, mine).status == 401
        shut = asks("/_stcore/stream", *others, mine, own, websocket=True)
        assert shut.sent[0]["type"] == "websocket.close"


@pytest.mark.usefixtures("_ana")
def test_listed_addresses_are_believed_and_no_others(
    asks: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FETAL_PROXY_SECRET")
    monkeypatch.setenv("FETAL_PROXY_ADDRESSES", "10.1.0.0/16 fd00::7")
    browser = ("X-Forwarded-For", "192.0.2.5")
    for peer in ("10.1.2.3", "fd00::7"):
        let = asks("/sign-in", ANA, PAGE, browser, peer=peer)
        assert let.status == 303
        mine = ("Cookie", let.cookie("fetal-sign-in"))
        # The browser's own address counts from here on, not the proxy's.
        assert b'"client":"192.0.2.5"' in asks("/", ANA, mine, browser, peer=peer).body
        # With the cookie alone, and from elsewhere, it is worth nothing.
        assert asks("/", ANA, mine, peer="10.2.0.1").status == 401
    for peer in ("10.2.0.1", "127.0.0.1", "192.0.2.5"):
        pretended = ("X-Forwarded-For", "10.1.2.3")
        assert asks("/sign-in", ANA, PAGE, pretended, peer=peer).status == 200
        assert asks("/", ANA, pretended, peer=peer).status == 401


@pytest.mark.usefixtures("_ana")
def test_an_address_that_the_server_changed_before_is_not_believed(
    asks: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FETAL_PROXY_SECRET")
    monkeypatch.setenv("FETAL_PROXY_ADDRESSES", "10.1.0.0/16")
    monkeypatch.delenv("FORWARDED_ALLOW_IPS")
    assert asks("/sign-in", ANA, PAGE, peer="10.1.2.3").status == 200


def test_a_header_that_anybody_may_send_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FETAL_PROXY_SECRET")
    with pytest.raises(SettingError, match="FETAL_PROXY_SECRET or FETAL_PROXY_ADDRESSES"):
        check_settings()


def test_everybody_signs_in_before_there_is_an_account_and_groups_make_one(
    asks: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert asks("/", PAGE).status == 303
    refused = asks("/sign-in", ANA, PROVED, PAGE)
    assert refused.status == 403
    assert b"not known here" in refused.body
    monkeypatch.setenv("FETAL_PROXY_GROUPS_HEADER", "Remote-Groups")
    monkeypatch.setenv("FETAL_GROUP_ROLES", "heads=senior reader; admins=administrator")
    groups = ("Remote-Groups", "kitchen, heads,admins")
    assert asks("/sign-in", ANA, PROVED, groups, PAGE).status == 303
    [ana] = people.people(shared())
    assert ana.roles == (Role.SENIOR_READER, Role.ADMINISTRATOR)


@pytest.mark.usefixtures("_ana")
def test_who_signs_out_is_not_in_again_by_itself(
    asks: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = ("Cookie", asks("/sign-in", ANA, PROVED, PAGE).cookie("fetal-sign-in"))
    out = asks("/sign-out", ANA, PROVED, mine, ("X-Fetal", "sign-out"), method="POST")
    assert (out.status, out.header("x-fetal-next")) == (204, "/sign-in?out=1")
    shown = asks("/sign-in?out=1", ANA, PROVED, PAGE)
    assert shown.status == 200
    assert b"Go on as ana" in shown.body
    monkeypatch.setenv("FETAL_PROXY_SIGN_OUT", "/oauth2/sign_out")
    mine = ("Cookie", asks("/sign-in", ANA, PROVED, PAGE).cookie("fetal-sign-in"))
    out = asks("/sign-out", ANA, PROVED, mine, ("X-Fetal", "sign-out"), method="POST")
    assert out.header("x-fetal-next") == "/oauth2/sign_out"
