"""The tables of who may come in: accounts, their roles, sign-ins, and wrong guesses."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now


class Account(Table):
    """One person who may sign in; never deleted, so that a name means one person for ever."""

    __tablename__ = "account"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    """What the person types to sign in, in small letters."""
    shown: Mapped[str] = mapped_column(String(80), unique=True)
    """What stands with labels, trainings and promotions."""
    password: Mapped[str | None] = mapped_column(String(200))
    """Argon2's hash with its parameters; none where the person comes in by another door."""
    disabled: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)


class AccountRole(Table):
    """One of the roles of an account (`fetal.workbench.core.permissions.Role`)."""

    __tablename__ = "account_role"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class SignIn(Table):
    """One browser of one person, from signing in to signing out."""

    __tablename__ = "sign_in"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the random text in the browser's cookie, which is kept nowhere."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    door: Mapped[str] = mapped_column(String(12))
    """How the person came in: password."""
    address: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """When it ends at the latest, however much is done in it."""
    revoked_at: Mapped[datetime | None]


class WrongGuess(Table):
    """How often somebody failed to sign in, for one account or from one address."""

    __tablename__ = "wrong_guess"
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`account` or `address`, and a digest: what was typed as a name may be a password."""
    failures: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    """How many tries were turned away unlooked at, since the limit was reached."""
    since: Mapped[datetime] = mapped_column(default=now)
    blocked_until: Mapped[datetime | None]
