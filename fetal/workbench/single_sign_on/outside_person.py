"""A person whom somebody else vouches for: which account that is, and which roles it has now."""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fetal.configuration.declared import GROUP_ROLES
from fetal.store.access import audit_chain
from fetal.store.access.account_tables import Account, AccountIdentity, AccountRole
from fetal.store.access.audit_chain import EventKind
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.workbench.accounts.password_sign_in import normal_name
from fetal.workbench.accounts.sign_ins import SignIns, digest_of
from fetal.workbench.core.actor import Origin
from fetal.workbench.core.permissions import Role

PROVIDER = "provider"
PROXY = "proxy"

_NO_ACCOUNT = (
    "Your hospital account is not known here, and none of its groups may use this program. Ask "
    "your administrator."
)
_NAME_TAKEN = (
    "There is another account with the name “{0}” here. Ask your administrator to join it with "
    "your hospital account."
)
_CLOSED = "Your account here is closed, or has no role. Ask your administrator."


class NotAdmittedError(RuntimeError):
    """Who a person is was told, and that person may not come in."""


@dataclass(frozen=True)
class OutsidePerson:
    """A person, as a provider or a proxy tells of one.

    Attributes:
        method: `PROVIDER` or `PROXY`.
        name: what the person signs in with there.
        shown: the person's full name.
        groups: the person's groups; None where nothing was told of groups.
        issuer: the provider's address; empty with a proxy.
        subject: the provider's name for the person, which never changes; empty with a proxy.
    """

    method: str
    name: str
    shown: str
    groups: frozenset[str] | None
    issuer: str = ""
    subject: str = ""


def roles_of(groups: Collection[str] | None) -> set[Role] | None:
    """Return the roles of a member of groups, as the setting `FETAL_GROUP_ROLES` says.

    Args:
        groups: the groups; None where nothing is told of them.

    Returns:
        The roles; None where roles are given by hand.
    """
    pairs = GROUP_ROLES.value()
    if not pairs or groups is None:
        return None
    return {Role(role) for group, role in pairs if group in groups}


def admit(
    store: Store,
    person: OutsidePerson,
    address: str,
    *,
    before: str | None = None,
    id_token: str | None = None,
    clock: Callable[[], datetime] = now,
) -> str:
    """Let a person in; somebody new gets an account, with the roles of the person's groups.

    A provider's person is found by issuer and subject, never by a name, which people may be able
    to change there. A proxy is set by hand to name people by what they sign in with here.

    Args:
        store: the workspace's database.
        person: who it is.
        address: from where.
        before: the text that the browser showed until now; what it stood for ends.
        id_token: what the provider gave, to sign the person out there later.
        clock: tells the present moment.

    Returns:
        A new text for the browser's cookie.

    Raises:
        NotAdmittedError: the person is not known and in no group with a role, the account is
            closed or without a role, or another account has the name.
    """
    told: dict[str, Any] = {"address": address, "by": person.method}
    with store.session() as session:
        account, refusal = _account_of(session, person, told)
        if account is None:
            # By name and subject an administrator can join an account to it.
            told |= {"what": "sign-in of somebody unknown", "subject": person.subject or "-"}
            _tell(session, EventKind.REFUSED, person.name, None, told)
            token = ""
        elif account.disabled or not _has_role(session, account):
            refusal, token = _CLOSED, ""
            _tell(
                session,
                EventKind.REFUSED,
                account.shown,
                account.id,
                told | {"what": "sign-in to a closed account"},
            )
        else:
            sign_ins = SignIns(store, clock)
            if before is not None:
                sign_ins.end_by_digest(session, digest_of(before))
            token = sign_ins.begin(session, account.id, person.method, address, id_token)
            _tell(session, EventKind.SIGN_IN, account.shown, account.id, told)
    if not token:
        raise NotAdmittedError(refusal)
    return token


def _account_of(
    session: Session, person: OutsidePerson, told: dict[str, Any]
) -> tuple[Account | None, str]:
    """The person's account, made where there is none yet; without one, the reason."""
    roles = roles_of(person.groups)
    account = _known(session, person)
    if account is None:
        if not roles:
            return None, _NO_ACCOUNT
        name = _usable(person)
        if session.scalar(select(Account.id).where(Account.name == name)) is not None:
            return None, _NAME_TAKEN.format(name)
        account = _new(session, person, name)
        _set_roles(session, account, roles)
        _tell(
            session,
            EventKind.ACCOUNT_MADE,
            account.shown,
            account.id,
            told | {"account": account.id, "name": name, "roles": sorted(roles)},
        )
    elif roles is not None and roles != _roles(session, account):
        _set_roles(session, account, roles)
        _tell(
            session,
            EventKind.ACCOUNT_CHANGED,
            account.shown,
            account.id,
            told | {"account": account.id, "name": account.name, "roles": sorted(roles)},
        )
    return account, ""


def _known(session: Session, person: OutsidePerson) -> Account | None:
    if person.method == PROXY:
        return session.scalars(
            select(Account).where(Account.name == normal_name(person.name))
        ).first()
    identity = session.get(AccountIdentity, (person.issuer, person.subject))
    return session.get(Account, identity.account_id) if identity is not None else None


def _new(session: Session, person: OutsidePerson, name: str) -> Account:
    shown = " ".join(person.shown.split())[:60] or name
    taken = select(Account.id).where(func.lower(Account.shown) == shown.lower())
    if session.scalar(taken) is not None:
        shown = f"{shown} ({name})"[:80]
    account = Account(
        name=name, shown=shown, password=None, disabled=False, made_by=f"the {person.method}"
    )
    session.add(account)
    session.flush()
    if person.method == PROVIDER:
        session.add(
            AccountIdentity(issuer=person.issuer, subject=person.subject, account_id=account.id)
        )
        session.flush()
    return account


def _usable(person: OutsidePerson) -> str:
    """A name to sign in with, of the letters that such names have here (`people.add_person`)."""
    if person.method == PROXY:
        # By this name alone the person is found again: it stays as the proxy says it.
        return normal_name(person.name)
    name = re.sub(r"[^a-z0-9._@+-]+", "-", normal_name(person.name)).strip("-")
    digest = hashlib.sha256(f"{person.issuer} {person.subject}".encode()).hexdigest()
    return name if name and name[0].isalnum() else f"person-{digest[:8]}"


def _roles(session: Session, account: Account) -> set[Role]:
    chosen = select(AccountRole.role).where(AccountRole.account_id == account.id)
    return {Role(role) for role in session.scalars(chosen)}


def _has_role(session: Session, account: Account) -> bool:
    return bool(_roles(session, account))


def _set_roles(session: Session, account: Account, roles: set[Role]) -> None:
    session.execute(delete(AccountRole).where(AccountRole.account_id == account.id))
    session.add_all(AccountRole(account_id=account.id, role=role.value) for role in roles)
    session.flush()


def _tell(
    session: Session, kind: EventKind, who: str, account_id: int | None, told: Mapping[str, Any]
) -> None:
    audit_chain.append(session, kind, who, origin=Origin.GATE, account_id=account_id, **told)
