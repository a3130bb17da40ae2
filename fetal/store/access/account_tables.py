"""The tables of who may come in: accounts with roles and identities, sign-ins, wrong guesses."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
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
    """Argon2's hash with its parameters; none where the person signs in elsewhere."""
    disabled: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)


class AccountRole(Table):
    """One of the roles of an account (`fetal.workbench.core.permissions.Role`)."""

    __tablename__ = "account_role"
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class AccountIdentity(Table):
    """Who the person of an account is for a provider of identities (OpenID Connect)."""

    __tablename__ = "account_identity"
    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    """The provider's name for the person, which it gives to nobody else."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(default=now)


class PendingSignIn(Table):
    """A browser that was sent to the provider of identities, and is not back yet."""

    __tablename__ = "pending_sign_in"
    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the text that the provider sends back."""
    browser: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the text in that browser's cookie."""
    nonce: Mapped[str] = mapped_column(String(80))
    verifier: Mapped[str] = mapped_column(String(128))
    """What only this program knows of the request (RFC 7636)."""
    going: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64), index=True)
    ends_at: Mapped[datetime] = mapped_column(index=True)


class SignIn(Table):
    """One browser of one person, from signing in to signing out."""

    __tablename__ = "sign_in"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the random text in the browser's cookie, which is kept nowhere."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    method: Mapped[str] = mapped_column(String(12))
    """How the person signed in: password, provider or proxy."""
    address: Mapped[str] = mapped_column(String(64))
    begun_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime] = mapped_column(index=True)
    """When it ends at the latest, however much is done in it."""
    revoked_at: Mapped[datetime | None]
    id_token: Mapped[str | None] = mapped_column(Text())
    """What the provider of identities gave, to sign the person out there too; goes with the end."""


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
