"""Accounts for tests, with a hash of the password that is quick to make."""

import pytest
from argon2 import PasswordHasher

from fetal.workbench import Workbench
from fetal.workbench.accounts import passwords
from fetal.workbench.accounts.people import add_person
from fetal.workbench.core.permissions import Role

PASSWORD = "seven quiet herons"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes of passwords cheap in this process; they are Argon2's all the same."""
    monkeypatch.setattr(passwords, "PasswordHasher", lambda: QUICK)
    passwords._nobodys.cache_clear()


def add(workbench: Workbench, name: str, *roles: str, shown: str = "") -> int:
    """Make an account with the tests' password."""
    return add_person(workbench, name, PASSWORD, [Role(role) for role in roles], shown=shown)
