"""The Administration page is there for administrators, and does what its buttons say."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from fetal.workbench.accounts import people
from fetal.workbench.accounts.sign_ins import SignIns, digest_of
from fetal.workbench.accounts.tokens.api_tokens import TokenRefusedError, use_token
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.permissions import Role
from pages.parts.app.shared_workbench import shared
from pages.parts.gate import identity
from tests.pages.conftest import OpenApp
from tests.support.signing_in import PASSWORD, add, be_quick

Opener = Callable[[str, str], AppTest]


@pytest.fixture
def open_as(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """Opens a page as somebody with an account; the gate itself is tried over the network."""
    be_quick(monkeypatch)
    add(shared(), "ana", "administrator", shown="Ana Sousa")
    add(shared(), "ben", "reader", shown="Ben Ode")

    def opener(page: str, name: str) -> AppTest:
        [account] = [one.id for one in people.people(shared()) if one.name == name]
        with shared().store.session() as session:
            token = SignIns(shared().store).begin(session, account, "password", "test")
        monkeypatch.setattr(identity, "shown_digest", lambda: digest_of(token))
        return open_app(page, who="")

    return opener


def test_a_person_is_added_and_closed(open_as: Opener) -> None:
    app = open_as("administration", "ana")
    assert not app.exception
    app.text_input(key="new-shown").input("Eva Lind")
    app.text_input(key="new-name").input("eva")
    app.multiselect(key="new-roles").set_value([Role.READER])
    app.text_input(key="new-password").input(PASSWORD)
    app.button(key="new-add").click().run()
    assert not app.error
    eva = next(one for one in people.people(shared()) if one.name == "eva")
    assert (eva.shown, eva.roles) == ("Eva Lind", (Role.READER,))
    app.selectbox(key="changed-person").set_value(eva).run()
    app.button(key="close-person").click().run()
    assert next(one for one in people.people(shared()) if one.name == "eva").disabled


def test_what_cannot_be_is_told_in_one_sentence(open_as: Opener) -> None:
    app = open_as("administration", "ana")
    app.button(key="new-add").click().run()
    assert "small letters" in app.error[0].value
    app.button(key="close-person").click().run()
    assert "administrator any more" in app.error[0].value


def test_the_audit_is_shown_and_verified(open_as: Opener) -> None:
    app = open_as("administration", "ana")
    app.button(key="audit-verify").click().run()
    assert "none changed or removed" in app.success[0].value
    assert "account made" in list(app.dataframe[1].value["What"])


def test_a_reader_finds_no_such_page_and_no_button_that_is_not_theirs(open_as: Opener) -> None:
    app = open_as("dataset", "ben")
    assert not app.exception
    app = open_as("train", "ben")
    assert "Your account may not train a model" in app.info[0].value
    assert not [one for one in app.button if one.key == "retrain"]
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page("pages/administration.py")


def test_an_administrator_is_told_why_there_is_nothing_to_label(open_as: Opener) -> None:
    app = open_as("review", "ana")
    assert "Your account may not label scans" in app.info[0].value
    app = open_as("scans", "ana")
    assert "Your account may not bring scans in" in app.info[0].value


def test_whoever_is_signed_out_is_shown_nothing(
    open_as: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_as("dataset", "ben")
    for digest in (None, "0" * 64):
        monkeypatch.setattr(identity, "shown_digest", lambda shown=digest: shown)
        app.run()
        assert "You are signed out" in app.error[0].value
        assert not app.dataframe


def test_a_person_changes_the_own_password(open_as: Opener) -> None:
    app = open_as("dataset", "ben")

    def fill(old: str, new: str, again: str) -> None:
        app.text_input(key="own-password-old").input(old)
        app.text_input(key="own-password-new").input(new)
        app.text_input(key="own-password-again").input(again)
        app.button(key="own-password-keep").click().run()

    fill(PASSWORD, "eleven green ladders", "eleven green ladder")
    assert "in two ways" in app.error[0].value
    fill("a guess", "eleven green ladders", "eleven green ladders")
    assert "is another one" in app.error[0].value
    fill(PASSWORD, "eleven green ladders", "eleven green ladders")
    assert "Your password is changed" in app.success[0].value


def test_a_token_for_a_program_is_made_shown_once_and_ended(open_as: Opener) -> None:
    app = open_as("administration", "ana")
    app.button(key="token-add").click().run()
    assert "Give the token a name" in app.error[0].value
    app.text_input(key="token-name").input("scanner 2")
    app.multiselect(key="token-scopes").set_value([Scope.ADD])
    app.button(key="token-add").click().run()
    [shown] = [one.value for one in app.code]
    assert use_token(shared().store, shown).name == "scanner 2"
    app.button(key="token-revoke").click().run()
    assert not app.code
    with pytest.raises(TokenRefusedError, match="revoked"):
        use_token(shared().store, shown)
