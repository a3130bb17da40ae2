"""Accounts are made and changed by those who may, and never leave nobody to look after them."""

from collections.abc import Callable

import pytest

from fetal.store.access.audit_chain import EventKind
from fetal.workbench import Workbench
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.passwords import WeakPasswordError
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.accounts.sign_ins import accounts_exist
from fetal.workbench.core.actor import Actor, NotPermittedError, system_user
from fetal.workbench.core.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.support.signing_in import PASSWORD, add


def test_the_first_account_is_an_administrators(workbench: Workbench) -> None:
    assert not accounts_exist(workbench.store)
    with pytest.raises(AccountError, match="administrator"):
        add(workbench, "ben", "reader")
    assert not accounts_exist(workbench.store)
    add(workbench, "ana", "administrator", "reader", shown="Ana Sousa")
    [ana] = people.people(workbench)
    assert (ana.shown, ana.roles) == ("Ana Sousa", (Role.READER, Role.ADMINISTRATOR))


def test_somebody_stays_administrator(workbench: Workbench) -> None:
    add(workbench, "ana", "administrator")
    add(workbench, "ben", "reader")
    steps: tuple[Callable[[], None], ...] = (
        lambda: people.set_roles(workbench, "ana", [Role.READER]),
        lambda: people.set_disabled(workbench, "ana", True),
    )
    for step in steps:
        with pytest.raises(AccountError, match="administrator"):
            step()
    people.set_roles(workbench, "ben", [Role.ADMINISTRATOR])
    people.set_disabled(workbench, "ana", True)
    assert [person.disabled for person in people.people(workbench)] == [True, False]


@pytest.mark.parametrize("name", ["", "a b", "<ana>", "ana/../x", "-ana", "å"])
def test_a_name_to_sign_in_with_is_plain(workbench: Workbench, name: str) -> None:
    with pytest.raises(AccountError, match="small letters"):
        add(workbench, name, "administrator")


def test_a_name_means_one_person_for_ever(workbench: Workbench) -> None:
    add(workbench, "ana", "administrator", shown="Ana Sousa")
    for name, shown in (("ana", "Another"), ("other", "ana sousa")):
        with pytest.raises(AccountError, match="already"):
            add(workbench, name, "reader", shown=shown)


@pytest.mark.parametrize(
    "password", ["", "short", "aaaaaaaaaaaaaaaa", "ana.sousa-2026-11", "x" * 201]
)
def test_a_password_is_not_too_easy_to_guess(workbench: Workbench, password: str) -> None:
    with pytest.raises(WeakPasswordError):
        people.add_person(workbench, "ana.sousa", password, [Role.ADMINISTRATOR])
    assert not accounts_exist(workbench.store)


STEPS: dict[str, Callable[[Workbench], object]] = {
    "people": lambda bench: people.people(bench),
    "add": lambda bench: add(bench, "new", "reader"),
    "roles": lambda bench: people.set_roles(bench, "ben", list(Role)),
    "password": lambda bench: people.set_password(bench, "ben", PASSWORD),
    "close": lambda bench: people.set_disabled(bench, "ben", True),
    "sign out": lambda bench: people.sign_out(bench, "ben"),
    "audit": lambda bench: audit_trail.newest(bench),
    "verify": lambda bench: audit_trail.verify(bench),
    "export": lambda bench: list(audit_trail.export(bench)),
    "shorten": lambda bench: audit_trail.shorten(bench),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("step", STEPS)
def test_administrators_and_nobody_else_look_after_accounts(
    workbench: Workbench, role: Role, step: str
) -> None:
    add(workbench, "ana", "administrator")
    add(workbench, "ben", "reader")
    mine = workbench.acting_as(Actor.with_roles("Eve", 9, [role]))
    if role is Role.ADMINISTRATOR:
        STEPS[step](mine)
        return
    with pytest.raises(NotPermittedError, match="Your account may not"):
        STEPS[step](mine)
    [refused, *_] = audit_trail.newest(workbench)
    assert (refused.kind, refused.who) == (EventKind.REFUSED, "Eve")


def test_every_permission_is_somebodys_and_everybody_sees() -> None:
    assert set[Permission]().union(*ROLE_PERMISSIONS.values()) == set(Permission)
    assert all(Permission.SEE in some for some in ROLE_PERMISSIONS.values())


def test_the_command_line_says_so_in_the_audit(workbench: Workbench) -> None:
    mine = workbench.acting_as(system_user("root"))
    add(mine, "ana", "administrator")
    [made] = audit_trail.newest(workbench)
    assert (made.kind, made.who, made.origin) == (EventKind.ACCOUNT_MADE, "root", "command line")
    assert made.detail == {"account": 1, "name": "ana", "roles": ["administrator"]}
    assert PASSWORD not in str(audit_trail.newest(workbench))
