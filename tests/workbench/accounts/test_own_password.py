"""People change their own password, and nobody else's."""

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.guess_limits import MOST, TooManyGuessesError
from fetal.workbench.accounts.own_password import change_own_password, has_password
from fetal.workbench.accounts.password_sign_in import WrongPasswordError, enter
from fetal.workbench.accounts.passwords import WeakPasswordError
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.accounts.sign_ins import SignIns, digest_of
from fetal.workbench.core.actor import Actor
from fetal.workbench.core.permissions import Role
from tests.support.signing_in import PASSWORD, add

NEW = "eleven green ladders"


@pytest.fixture
def ben(workbench: Workbench) -> Workbench:
    add(workbench, "ana", "administrator")
    number = add(workbench, "ben", "reader")
    return workbench.acting_as(Actor.with_roles("ben", number, [Role.READER]))


def come_in(workbench: Workbench, password: str) -> str:
    return enter(workbench.store, "ben", password, "10.0.0.1")


def test_the_new_password_opens_and_other_browsers_are_signed_out(
    workbench: Workbench, ben: Workbench
) -> None:
    mine, other = (digest_of(come_in(workbench, PASSWORD)) for _ in range(2))
    change_own_password(ben, PASSWORD, NEW, keep=mine)
    assert SignIns(workbench.store).standing([mine, other]) == {mine}
    assert come_in(workbench, NEW)
    with pytest.raises(WrongPasswordError):
        come_in(workbench, PASSWORD)
    told = audit_trail.newest(workbench, (EventKind.ACCOUNT_CHANGED,))
    assert (told[0].who, told[0].detail["password"]) == ("ben", "new, by the person")


def test_who_finds_an_open_page_does_not_take_the_account_over(
    workbench: Workbench, ben: Workbench
) -> None:
    for _ in range(MOST["account"]):
        with pytest.raises(WrongPasswordError):
            change_own_password(ben, "a guess of mine", NEW)
    with pytest.raises(TooManyGuessesError):
        change_own_password(ben, PASSWORD, NEW)
    told = audit_trail.newest(workbench, (EventKind.WRONG_PASSWORD,))
    assert [line.who for line in told] == ["ben"] * MOST["account"]
    people.set_password(workbench, "ben", PASSWORD)
    assert come_in(workbench, PASSWORD)


def test_a_weak_one_is_refused_and_the_old_one_stays(workbench: Workbench, ben: Workbench) -> None:
    with pytest.raises(WeakPasswordError):
        change_own_password(ben, PASSWORD, "short")
    assert come_in(workbench, PASSWORD)


def test_who_has_no_password_here_changes_none(workbench: Workbench, ben: Workbench) -> None:
    assert has_password(ben)
    number = people.add_person(workbench, "eva", None, [Role.READER])
    eva = workbench.acting_as(Actor.with_roles("eva", number, [Role.READER]))
    for one in (eva, workbench):
        assert not has_password(one)
        with pytest.raises(AccountError, match="do not sign in with a password"):
            change_own_password(one, PASSWORD, NEW)
