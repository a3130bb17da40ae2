"""What a token may be used for: never more than its account may do.

docs/api.md shows the same table, which a test compares.
"""

from collections.abc import Iterable
from enum import StrEnum

from fetal.workbench.core.permissions import Permission


class Scope(StrEnum):
    """What a token may be used for."""

    READ = "read"
    ADD = "add"
    LABEL = "label"
    TRAIN = "train"
    PROMOTE = "promote"
    EXPORT = "export"
    JOBS = "jobs"


SCOPE_PERMISSIONS: dict[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.SEE}),
    Scope.ADD: frozenset({Permission.ADD}),
    Scope.LABEL: frozenset({Permission.SEE, Permission.LABEL}),
    Scope.TRAIN: frozenset(
        {Permission.SEE, Permission.TRAIN, Permission.CANCEL_OWN, Permission.CANCEL_OTHERS}
    ),
    Scope.PROMOTE: frozenset({Permission.SEE, Permission.PROMOTE}),
    Scope.EXPORT: frozenset({Permission.SEE, Permission.EXPORT}),
    Scope.JOBS: frozenset(
        {Permission.SEE, Permission.STEER_BATCHES, Permission.PAIR, Permission.CHECK}
    ),
}
"""What each scope lets through. Nothing lets a token erase, import folders of the server, read the
audit or manage accounts: a person does these."""


def permissions_of(scopes: Iterable[Scope]) -> frozenset[Permission]:
    """Return what some scopes let through.

    Args:
        scopes: the scopes of a token.

    Example:
        >>> sorted(permissions_of([Scope.READ, Scope.ADD]))
        [<Permission.ADD: 'bring scans in'>, <Permission.SEE: 'see scans'>]
    """
    return frozenset[Permission]().union(*(SCOPE_PERMISSIONS[scope] for scope in scopes))
