"""What the gate asks: answers are kept for a second, and refusals are told once a minute."""

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.gatekeeper import Gatekeeper
from fetal.workbench.accounts.sign_ins import SignedIn
from fetal.workbench.catalogue import scans
from fetal.workbench.core.actor import Actor
from fetal.workbench.core.permissions import Role
from tests.support.signing_in import PASSWORD, add


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def keeper(workbench: Workbench, seconds: Seconds) -> Gatekeeper:
    return Gatekeeper(workbench.store, seconds)


def found(keeper: Gatekeeper, token: str) -> SignedIn:
    signed_in = keeper.find(token)
    assert signed_in is not None
    return signed_in


def test_the_first_account_closes_the_gate_within_a_second(
    workbench: Workbench, keeper: Gatekeeper, seconds: Seconds
) -> None:
    assert not keeper.closed()
    add(workbench, "ana", "administrator")
    seconds.now += 1.1
    assert keeper.closed()


def test_what_was_ended_opens_nothing_a_second_later(
    workbench: Workbench, keeper: Gatekeeper, seconds: Seconds
) -> None:
    add(workbench, "ana", "administrator")
    token = keeper.enter("ana", PASSWORD, "here", None)
    assert found(keeper, token).actor.name == "ana"
    people.sign_out(workbench, "ana")
    seconds.now += 1.1
    assert keeper.find(token) is None
    assert keeper.find("another text") is None
    assert keeper.find(None) is None


def test_who_leaves_is_out_at_once(workbench: Workbench, keeper: Gatekeeper) -> None:
    add(workbench, "ana", "administrator")
    token = keeper.enter("ana", PASSWORD, "here", None)
    keeper.leave(found(keeper, token))
    assert keeper.find(token) is None


def test_activity_is_written_down_now_and_then(
    workbench: Workbench, keeper: Gatekeeper, seconds: Seconds
) -> None:
    add(workbench, "ana", "administrator")
    mine = found(keeper, keeper.enter("ana", PASSWORD, "here", None))
    written = []
    for _ in range(50):
        written.append(keeper.note_activity(mine))
        seconds.now += 1
    assert written.count(True) == 3


def test_refusals_are_counted_and_told_once_a_minute(
    workbench: Workbench, keeper: Gatekeeper, seconds: Seconds
) -> None:
    for number in range(1_000):
        keeper.note_refusal("no sign-in", f"10.0.0.{number % 2}")
    keeper.tell_refusals()
    keeper.note_refusal("no sign-in", "10.0.0.1")
    keeper.tell_refusals()
    told = audit_trail.newest(workbench, (EventKind.REFUSED,))
    assert [line.detail["requests"] for line in told] == [500, 500]
    seconds.now += 61
    keeper.tell_refusals()
    assert audit_trail.newest(workbench, (EventKind.REFUSED,))[0].detail["requests"] == 1


def test_very_many_addresses_are_told_as_one(workbench: Workbench, keeper: Gatekeeper) -> None:
    for number in range(3_000):
        keeper.note_refusal("no sign-in", f"address {number}")
    keeper.tell_refusals()
    told = audit_trail.newest(workbench, (EventKind.REFUSED,), 5_000)
    assert len(told) == 501
    assert sum(line.detail["requests"] for line in told) == 3_000


def test_what_an_account_looked_at_is_told_by_number(
    workbench: Workbench, five_scans: list[int]
) -> None:
    mine = workbench.acting_as(Actor.with_roles("Eve", 9, [Role.READER]))
    for scan in (*five_scans[:3], five_scans[0]):
        scans.digest_of(mine, scan)
    scans.digest_of(workbench, five_scans[4])
    workbench.viewed.tell()
    assert audit_trail.newest(workbench, (EventKind.VIEWED,)) == []
    workbench.viewed.tell(now=True)
    [told] = audit_trail.newest(workbench, (EventKind.VIEWED,))
    assert (told.who, told.detail) == ("Eve", {"scans": sorted(five_scans[:3])})
