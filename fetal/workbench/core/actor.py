"""Who acts: what every use case is told of the person, and asks what that person may do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from fetal.workbench.core.permissions import ROLE_PERMISSIONS, Permission, Role


class Origin(StrEnum):
    """From where somebody acts."""

    PAGE = "page"
    COMMAND_LINE = "command line"
    GATE = "gate"
    API = "API"


class NotSignedInError(RuntimeError):
    """Somebody has to sign in here, and has not, or not any more."""

    def __init__(self) -> None:
        super().__init__("You are signed out. Reload this page to sign in again.")


class NotPermittedError(RuntimeError):
    """Somebody asked for what none of their roles may do."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(
            f"Your account may not {permission.value}. Ask your administrator for a role that may."
        )
        self.permission = permission


@dataclass(frozen=True)
class Actor:
    """A person, with what that person may do now.

    Attributes:
        name: as it stands with what the person does; empty for the one person who is here, whose
            name each use case is told.
        account_id: the person's account; None where there are no accounts.
        permissions: what the person may do.
        origin: from where the person acts.
    """

    name: str
    account_id: int | None = None
    permissions: frozenset[Permission] = field(default=frozenset(Permission))
    origin: Origin = Origin.PAGE

    @classmethod
    def with_roles(cls, name: str, account_id: int, roles: Iterable[Role]) -> "Actor":
        """Return the actor of an account.

        Args:
            name: the name that is shown.
            account_id: the account's number.
            roles: its roles.

        Example:
            >>> ana = Actor.with_roles("Ana Sousa", 1, [Role.READER])
            >>> ana.may(Permission.LABEL), ana.may(Permission.TRAIN)
            (True, False)
        """
        sets = [ROLE_PERMISSIONS[role] for role in roles]
        return cls(name, account_id, frozenset().union(*sets))

    def may(self, permission: Permission) -> bool:
        """Return whether the person may do something."""
        return permission in self.permissions


THE_ONE_PERSON_HERE = Actor("")
"""Where there are no accounts, whoever is at this computer may do everything."""


def system_user(name: str) -> Actor:
    """Return who acts at the command line: the computer's own account, which owns the files."""
    return Actor(name, origin=Origin.COMMAND_LINE)
