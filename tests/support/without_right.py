"""Cookies of those who have no right to come in, for the intruder's test."""

from pathlib import Path

from sqlalchemy import update

from fetal.store.access.account_tables import Account, AccountRole, SignIn
from fetal.store.database import Store
from fetal.store.table_base import now
from fetal.store.workspace import Workspace
from fetal.workbench.accounts import people
from fetal.workbench.accounts.sign_ins import SignIns, digest_of
from fetal.workbench.core.permissions import Role
from tests.support.begun import begin
from tests.support.gated_app import GatedApp
from tests.support.signing_in import add


def foreign_cookie(folder: Path) -> str:
    """The Cookie header of somebody who is signed in to another workspace."""
    other = Store.open(Workspace.at(begin(folder / "other")))
    try:
        with other.session() as session:
            account = Account(name="ben", shown="Ben", password=None, made_by="", disabled=False)
            session.add(account)
            session.flush()
            session.add(AccountRole(account_id=account.id, role=Role.ADMINISTRATOR.value))
            token = SignIns(other).begin(session, account.id, "password", "here")
        assert SignIns(other).find(digest_of(token))
    finally:
        other.close()
    return f"fetal-sign-in={token}"


def ways_without_right(app: GatedApp, foreign: str) -> dict[str, str]:
    """Cookie headers of those who are not signed in, by what they try."""
    if "eva" not in {one.name for one in people.people(app.workbench)}:
        add(app.workbench, "eva", "reader")
    people.set_roles(app.workbench, "eva", [Role.READER])
    roleless = app.cookie_of("eva")
    people.set_roles(app.workbench, "eva", [])
    ended, closed, idle = (app.cookie_of("ben") for _ in range(3))
    with app.workbench.store.session() as session:
        digest = digest_of(idle.split("=")[1])
        session.execute(update(SignIn).where(SignIn.digest == digest).values(ends_at=now()))
    assert app.ask("/sign-out", "POST", Cookie=ended, X_Fetal="sign-out").status == 204
    people.sign_out(app.workbench, "ben")
    return {
        "none": "",
        "without a role": roleless,
        "another workspace's": foreign,
        "forged": "fetal-sign-in=" + "a" * 43,
        "the digest itself": f"fetal-sign-in={digest}",
        "signed out": ended,
        "ended by an administrator": closed,
        "out of its time": idle,
        "broken": 'fetal-sign-in=; =; fetal-sign-in; "=1',
        "another program's": "_streamlit_user=eyJhIjoxfQ==; session=abc",
    }
