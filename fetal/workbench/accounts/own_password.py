"""A person changes the password of the own account."""

from sqlalchemy import select

from fetal.store.access.account_tables import Account, SignIn
from fetal.store.access.audit_chain import EventKind
from fetal.store.table_base import now
from fetal.workbench.accounts import guess_limits, passwords
from fetal.workbench.accounts.password_sign_in import WrongPasswordError
from fetal.workbench.accounts.people import AccountError
from fetal.workbench.accounts.sign_ins import SignIns
from fetal.workbench.core.workbench import Workbench


def has_password(workbench: Workbench) -> bool:
    """Return whether whoever acts signs in with a password of this program.

    Args:
        workbench: the workbench.
    """
    with workbench.store.reading() as session:
        query = select(Account.password).where(Account.id == workbench.actor.account_id)
        return session.scalar(query) is not None


def change_own_password(workbench: Workbench, old: str, new: str, keep: str = "") -> None:
    """Give the own account a new password; all its other browsers are signed out.

    Args:
        workbench: the workbench, in the hands of the person.
        old: the password until now: whoever finds an open page must not take the account over.
        new: the new password.
        keep: the digest of the sign-in that stays.

    Raises:
        AccountError: whoever acts has no account with a password.
        WrongPasswordError: the old password is wrong.
        TooManyGuessesError: it was wrong too often.
        WeakPasswordError: the new password is too easy to guess.
    """
    store, number = workbench.store, workbench.actor.account_id
    with store.session() as session:
        account = session.get(Account, number) if number is not None else None
        if account is None or account.password is None:
            raise AccountError("You do not sign in with a password of this program.")
        passwords.check_new(new, account.name, account.shown)
        keys = guess_limits.keys_of(account.name, "")
        turned_away = guess_limits.take_try(session, {"account": keys["account"]}, now())
        kept = account.password
    if turned_away is not None:
        raise turned_away
    right, hashed = passwords.is_right(old, kept), passwords.hashed(new)
    with store.session() as session:
        account = session.get_one(Account, number)
        if right and account.password == kept:
            guess_limits.lift(session, [account.name])
            account.password = hashed
            others = select(SignIn.id).where(
                SignIn.account_id == account.id, SignIn.digest != keep, SignIn.revoked_at.is_(None)
            )
            SignIns(store).end(session, *session.scalars(others))
            workbench.tell(
                session,
                EventKind.ACCOUNT_CHANGED,
                account=account.id,
                name=account.name,
                password="new, by the person",
            )
        else:
            right = False
            workbench.tell(session, EventKind.WRONG_PASSWORD, account=account.id)
    if not right:
        raise WrongPasswordError
