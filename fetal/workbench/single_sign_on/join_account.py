"""An account that is there already is joined with the person's account at the provider."""

from sqlalchemy import select

from fetal.configuration.declared import OIDC_ISSUER
from fetal.store.access.account_tables import Account, AccountIdentity
from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts.password_sign_in import normal_name
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


def join(workbench: Workbench, name: str, subject: str, who: str = "") -> None:
    """Let the provider's person with a subject sign in with an account.

    Args:
        workbench: the workbench.
        name: the account.
        subject: the provider's name for the person (the claim `sub`); the audit tells it where
            somebody unknown tried to sign in.
        who: who does it, where there are no accounts.

    Raises:
        NotPermittedError: the person may not manage accounts.
        AccountError: no provider is set, there is no such account, or the subject is joined with
            another one.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS, who)
    issuer, subject = OIDC_ISSUER.value(), subject.strip()
    if issuer is None or not 0 < len(subject) <= 255:
        raise AccountError(f"Set {OIDC_ISSUER.name}, and give the subject as the audit shows it.")
    with workbench.store.session() as session:
        row = session.scalars(select(Account).where(Account.name == normal_name(name))).first()
        if row is None:
            raise AccountError(f"There is no account “{name}”. “fetal user list” shows all.")
        there = session.get(AccountIdentity, (issuer, subject))
        if there is not None and there.account_id != row.id:
            raise AccountError("Another account is joined with this person at the provider.")
        if there is None:
            session.add(AccountIdentity(issuer=issuer, subject=subject, account_id=row.id))
        workbench.tell(
            session,
            EventKind.ACCOUNT_CHANGED,
            who,
            account=row.id,
            name=row.name,
            joined=f"{subject} at {issuer}",
        )
