"""The tables of the API: tokens, and what was answered to requests that may be sent again."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fetal.store.table_base import NEVER_REUSED, Table, now


class ApiToken(Table):
    """One token with which a program acts for an account; it stays when it has ended."""

    __tablename__ = "api_token"
    __table_args__ = NEVER_REUSED
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256 of the token, which is kept nowhere."""
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    """What it is for, in the words of whoever made it."""
    scopes: Mapped[list[Any]]
    """What it may be used for (`fetal.workbench.accounts.tokens.scopes.Scope`)."""
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime] = mapped_column(default=now)
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    """When it was last used, to the minute."""


class ApiAnswer(Table):
    """What was answered to a request with an idempotency key, until it is forgotten."""

    __tablename__ = "api_answer"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of who asked and of the request's key, which is kept nowhere."""
    request: Mapped[str] = mapped_column(String(64))
    """HMAC of what was asked with the request's key, to tell another request from the same."""
    begun_at: Mapped[datetime] = mapped_column(default=now, index=True)
    status: Mapped[int | None]
    """The status that was answered; none while the request is worked on."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The answer, encrypted with the request's key: it may hold names of files."""
