"""Where the setting asks for it, one person alone lets no other model predict."""

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail
from fetal.workbench.core.actor import Actor, system_user
from fetal.workbench.core.permissions import Role
from fetal.workbench.models import promotion, second_person
from tests.support.labelling import add_version
from tests.support.tiny_model import tiny_model


@pytest.fixture
def bench(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    monkeypatch.setenv("FETAL_SECOND_PERSON", "yes")
    add_version(workbench, tiny_model(2))
    return workbench


def as_trainer(workbench: Workbench, name: str, account: int) -> Workbench:
    return workbench.acting_as(Actor.with_roles(name, account, [Role.TRAINER]))


def test_the_second_of_two_people_promotes(bench: Workbench) -> None:
    first, second = as_trainer(bench, "Ana", 1), as_trainer(bench, "Ben", 2)
    champion, challenger = promotion.versions(bench)
    for _ in range(2):
        assert not promotion.promote(first, challenger.id, "").is_champion
    assert [one.who for one in second_person.waiting(bench)] == ["Ana", "Ana"]
    assert promotion.versions(bench)[0].id == champion.id
    assert promotion.promote(second, challenger.id, "").is_champion
    assert second_person.waiting(bench) == []
    kinds = [line.kind for line in audit_trail.newest(bench, limit=3)]
    assert kinds == [EventKind.PROMOTED, EventKind.PROMOTION_ASKED, EventKind.PROMOTION_ASKED]
    # What was agreed to before another model predicted counts no more.
    assert promotion.roll_back(first, "").id == champion.id
    assert not promotion.promote(second, challenger.id, "").is_champion


def test_without_accounts_and_at_the_command_line_one_person_decides(bench: Workbench) -> None:
    champion, challenger = promotion.versions(bench)
    assert promotion.promote(bench, challenger.id, "Ana").is_champion
    mine = bench.acting_as(system_user("root"))
    assert promotion.promote(mine, champion.id, "Ana").is_champion


def test_without_the_setting_one_person_decides(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FETAL_SECOND_PERSON", "no")
    challenger = promotion.versions(bench)[1]
    assert promotion.promote(as_trainer(bench, "Ana", 1), challenger.id, "").is_champion
    assert second_person.waiting(bench) == []
