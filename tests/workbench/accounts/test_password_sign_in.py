"""Who comes in with a name and a password, who does not, and for how long, on both databases."""

from collections import Counter
from collections.abc import Callable

import pytest

from fetal.store.access.account_tables import Account, SignIn
from fetal.store.access.audit_chain import EventKind
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail, passwords, people
from fetal.workbench.accounts.guess_limits import MOST, TooManyGuessesError
from fetal.workbench.accounts.password_sign_in import WrongPasswordError, enter, leave
from fetal.workbench.accounts.sign_ins import SignedIn, SignIns, accounts_exist, digest_of
from fetal.workbench.core.permissions import Permission, Role
from tests.support.at_once import at_once
from tests.support.signing_in import PASSWORD, add
from tests.workbench.accounts.conftest import Clock


@pytest.fixture
def there(each_workbench: Workbench) -> Workbench:
    add(each_workbench, "ana", "administrator")
    add(each_workbench, "ben", "reader", shown="Ben Ode")
    return each_workbench


@pytest.fixture
def sign_ins(there: Workbench, clock: Clock) -> SignIns:
    return SignIns(there.store, clock)


def come_in(
    workbench: Workbench,
    clock: Clock,
    name: str = "ben",
    password: str = PASSWORD,
    address: str = "10.0.0.1",
    **more: str,
) -> str:
    return enter(workbench.store, name, password, address, clock=clock, **more)


def signed_in(sign_ins: SignIns, digest: str) -> SignedIn:
    found = sign_ins.find(digest)
    assert found is not None
    return found


def told(workbench: Workbench) -> Counter[str]:
    return Counter(line.kind for line in audit_trail.newest(workbench, limit=1000))


def test_a_person_comes_in_with_roles_and_shown_name(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    assert accounts_exist(there.store)
    found = signed_in(sign_ins, digest_of(come_in(there, clock, " BEN ")))
    assert found.actor.name == "Ben Ode"
    assert found.actor.may(Permission.LABEL)
    assert not found.actor.may(Permission.TRAIN)


def test_only_digests_are_kept(there: Workbench, clock: Clock) -> None:
    token = come_in(there, clock)
    with there.store.reading() as session:
        [row] = session.query(SignIn).all()
        kept = session.query(Account).filter_by(name="ben").one().password
    assert token not in str(vars(row))
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


@pytest.mark.parametrize(
    ("name", "password"), [("ben", "wrong"), ("nobody", PASSWORD), ("ben", ""), ("", "")]
)
def test_who_is_wrong_does_not_come_in_and_is_told_the_same(
    there: Workbench, clock: Clock, name: str, password: str
) -> None:
    with pytest.raises(WrongPasswordError, match="Name or password is wrong"):
        come_in(there, clock, name, password)
    assert told(there)[EventKind.WRONG_PASSWORD] == 1


def test_it_ends_after_half_an_hour_without_a_click(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    digest = digest_of(come_in(there, clock))
    clock.wait(minutes=29)
    sign_ins.touch(digest)
    clock.wait(minutes=29)
    assert sign_ins.find(digest)
    clock.wait(minutes=2)
    assert sign_ins.find(digest) is None
    assert sign_ins.standing([digest]) == set()


def test_it_ends_after_twelve_hours_however_busy_the_person_is(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    digest = digest_of(come_in(there, clock))
    for _ in range(47):
        clock.wait(minutes=15)
        sign_ins.touch(digest)
    assert sign_ins.find(digest)
    clock.wait(minutes=15)
    sign_ins.touch(digest)
    assert sign_ins.find(digest) is None


def test_both_times_are_settings(
    there: Workbench, clock: Clock, sign_ins: SignIns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_IDLE_MINUTES", "5")
    digest = digest_of(come_in(there, clock))
    clock.wait(minutes=6)
    assert sign_ins.find(digest) is None
    monkeypatch.setenv("FETAL_IDLE_MINUTES", "600")
    monkeypatch.setenv("FETAL_SIGN_IN_HOURS", "1")
    digest = digest_of(come_in(there, clock))
    clock.wait(minutes=61)
    assert sign_ins.find(digest) is None


def test_signing_in_gives_a_new_text_and_ends_what_the_browser_had(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    first = come_in(there, clock)
    second = come_in(there, clock, before=first)
    assert first != second
    assert sign_ins.find(digest_of(first)) is None
    assert sign_ins.find(digest_of(second))
    # A text that somebody planted in the browser is never taken over.
    planted = "a" * 43
    come_in(there, clock, before=planted)
    assert sign_ins.find(digest_of(planted)) is None


def test_it_ends_at_once_by_the_person_and_by_an_administrator(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    mine, other = digest_of(come_in(there, clock)), digest_of(come_in(there, clock))
    leave(there.store, signed_in(sign_ins, mine))
    assert sign_ins.standing([mine, other]) == {other}
    people.sign_out(there, "ben")
    assert sign_ins.find(other) is None
    assert told(there)[EventKind.SIGN_OUT] == 1
    assert told(there)[EventKind.SIGN_IN_ENDED] == 1


@pytest.mark.parametrize(
    "close",
    [
        lambda bench: people.set_disabled(bench, "ben", True),
        lambda bench: people.set_roles(bench, "ben", []),
        lambda bench: people.set_password(bench, "ben", "another long password"),
    ],
)
def test_a_closed_account_and_an_old_password_open_nothing(
    there: Workbench, clock: Clock, sign_ins: SignIns, close: Callable[[Workbench], None]
) -> None:
    digest = digest_of(come_in(there, clock))
    close(there)
    assert sign_ins.find(digest) is None
    with pytest.raises(WrongPasswordError):
        come_in(there, clock)


def test_other_roles_hold_at_the_next_look(
    there: Workbench, clock: Clock, sign_ins: SignIns
) -> None:
    digest = digest_of(come_in(there, clock))
    people.set_roles(there, "ben", [Role.TRAINER])
    assert signed_in(sign_ins, digest).actor.may(Permission.TRAIN)
    assert not signed_in(sign_ins, digest).actor.may(Permission.LABEL)


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(
    there: Workbench, clock: Clock
) -> None:
    for _ in range(MOST["account"]):
        with pytest.raises(WrongPasswordError):
            come_in(there, clock, password="wrong")
    with pytest.raises(TooManyGuessesError, match="Wait 15 minutes"):
        come_in(there, clock)
    # Another address guesses at the same account; another account is free.
    with pytest.raises(TooManyGuessesError):
        come_in(there, clock, address="10.0.0.2")
    assert come_in(there, clock, "ana")
    clock.wait(minutes=16)
    assert come_in(there, clock)


def test_a_new_password_lifts_the_wait(there: Workbench, clock: Clock) -> None:
    for _ in range(MOST["account"]):
        with pytest.raises(WrongPasswordError):
            come_in(there, clock, password="wrong")
    people.set_password(there, "ben", "another long password")
    assert come_in(there, clock, password="another long password")


def test_tries_at_the_same_time_are_no_way_round_the_limit(
    there: Workbench, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = Counter[str]()

    def look(*_: object) -> bool:
        looked.update(["at"])
        return False

    monkeypatch.setattr(passwords, "is_right", look)
    raised = at_once([lambda: come_in(there, clock, password="wrong")] * 12)
    assert looked["at"] == MOST["account"]
    assert Counter(map(type, raised)) == {WrongPasswordError: 5, TooManyGuessesError: 7}


def test_names_from_one_address_are_limited_too(there: Workbench, clock: Clock) -> None:
    for number in range(MOST["address"]):
        with pytest.raises(WrongPasswordError):
            come_in(there, clock, f"guess{number}", "wrong")
    with pytest.raises(TooManyGuessesError):
        come_in(there, clock, "ana")
    assert come_in(there, clock, "ana", address="10.0.0.2")


@pytest.mark.parametrize("guesses", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_very_many_guesses_are_turned_away_and_told(
    workbench: Workbench, clock: Clock, guesses: int
) -> None:
    add(workbench, "ana", "administrator")
    answers = Counter[type[Exception]]()
    for number in range(guesses):
        try:
            enter(workbench.store, "ana", f"guess number {number}", "10.0.0.9", clock=clock)
        except (WrongPasswordError, TooManyGuessesError) as error:
            answers[type(error)] += 1
    assert answers == {WrongPasswordError: 5, TooManyGuessesError: guesses - 5}
    assert told(workbench)[EventKind.WRONG_PASSWORD] == 5
    tries = [
        line.detail["tries"]
        for line in audit_trail.newest(workbench, (EventKind.TOO_MANY_GUESSES,))
    ]
    assert tries == [step for step in (1000, 100, 10, 1) if step <= guesses - 5]
