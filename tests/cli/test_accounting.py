"""`fetal user` and `fetal audit`, as an administrator gives them."""

import json
import sqlite3
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from fetal.cli import main
from fetal.cli.access.giving_tokens import SCOPES
from fetal.configuration.declared import ROLE_WORDS
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.permissions import Role
from tests.support.begun import begin
from tests.support.signing_in import PASSWORD, add, be_quick
from tests.support.tiny_model import tiny_model


class Fetal(Protocol):
    """Runs a command for somebody who types."""

    def __call__(self, *command: str, typed: str = ...) -> Result: ...


@pytest.fixture
def fetal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetal:
    monkeypatch.setenv("FETAL_WORKSPACE", str(begin(tmp_path / "workspace")))
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    be_quick(monkeypatch)

    def run(*command: str, typed: str = f"{PASSWORD}\n{PASSWORD}\n") -> Result:
        return CliRunner().invoke(main, command, input=typed)

    return run


def test_the_roles_are_those_of_the_workbench() -> None:
    assert tuple(Role) == ROLE_WORDS


def test_a_department_is_let_in(fetal: Fetal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has to be an administrator" in fetal("user", "add", "ben", "--role", "reader").output
    made = fetal("user", "add", "ana", "--shown", "Ana Sousa", "--role", "administrator")
    assert "“ana” may sign in from now on." in made.output
    assert PASSWORD not in made.output
    assert fetal("user", "add", "ben", "--role", "reader").exit_code == 0
    assert fetal("user", "role", "ben", "--role", "trainer", "--role", "reader").exit_code == 0
    assert fetal("user", "password", "ben").exit_code == 0
    assert fetal("user", "disable", "ben").exit_code == 0
    listed = fetal("user", "list").output.splitlines()
    assert listed == ["ana (Ana Sousa): administrator", "ben (ben): reader, trainer, closed"]
    assert fetal("user", "disable", "ben", "--again").exit_code == 0
    made = fetal("user", "add", "eva", "--role", "reader", "--without-password", typed="")
    assert "“eva” may sign in" in made.output
    assert "Set FETAL_OIDC_ISSUER" in fetal("user", "join", "eva", "4711").output
    monkeypatch.setenv("FETAL_OIDC_ISSUER", "https://login.hospital.example")
    assert fetal("user", "join", "eva", "4711").exit_code == 0
    assert "There is no account" in fetal("user", "join", "nobody", "4712").output
    assert "closed" not in fetal("user", "list").output


def test_what_cannot_be_is_one_sentence(fetal: Fetal) -> None:
    weak = fetal("user", "add", "ana", "--role", "administrator", typed="short\nshort\n")
    assert weak.exit_code == 1
    assert "12 to 200 characters" in weak.output
    assert "There is no account “eve”" in fetal("user", "disable", "eve").output


def test_the_audit_is_verified_and_taken_along(fetal: Fetal, tmp_path: Path) -> None:
    fetal("user", "add", "ana", "--role", "administrator")
    whole = fetal("audit", "verify")
    assert whole.exit_code == 0
    last = whole.output.split()[-1]
    written = tmp_path / "audit.jsonl"
    assert fetal("audit", "export", str(written)).exit_code == 0
    first, second = map(json.loads, written.read_text().splitlines())
    assert (first["kind"], first["origin"]) == ("account made", "command line")
    assert (second["previous"], second["kind"]) == (first["digest"], "audit exported")
    assert first["digest"] == last
    assert "Removed 0 events." in fetal("audit", "shorten").output
    with sqlite3.connect(tmp_path / "workspace" / "fetal.db") as database:
        database.execute("DROP TRIGGER audit_event_unchanged")
        database.execute("UPDATE audit_event SET who = 'nobody' WHERE number = 1")
    broken = fetal("audit", "verify", "--expect", last)
    assert broken.exit_code == 1
    assert "Event 1 was changed" in broken.output


def test_the_scopes_are_those_of_the_workbench() -> None:
    assert tuple(Scope) == SCOPES


def test_a_token_is_made_listed_and_revoked(fetal: Fetal) -> None:
    fetal("user", "add", "ana", "--role", "administrator")
    made = fetal("user", "token", "add", "ana", "--for", "scanner 2", "--scope", "add")
    assert made.output.startswith("fetal_")
    assert "“eva”" in fetal("user", "token", "add", "eva", "--for", "x", "--scope", "add").output
    too_long = fetal("user", "token", "add", "ana", "--for", "x", "--scope", "add", "--days", "999")
    assert "Expected a token for 1 to 365 days, received 999." in too_long.output
    assert "1: scanner 2, acts for ana (add), until" in fetal("user", "token", "list").output
    assert "opens nothing" in fetal("user", "token", "revoke", "1").output
    assert "acts for ana (add), ended" in fetal("user", "token", "list").output
    assert "There is no token with the number 9" in fetal("user", "token", "revoke", "9").output


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit_event SET who = 'nobody' WHERE number = 2", "Event 2 was changed"),
        ("DELETE FROM audit_event WHERE number = 2", "Between event 1 and event 3"),
        (
            "INSERT INTO audit_event (number, at, kind, who, origin, detail, previous, digest) "
            "SELECT 4, at, kind, 'Ben', origin, detail, digest, digest FROM audit_event "
            "WHERE number = 3",
            "Event 4 was changed",
        ),
    ],
)
def test_what_was_done_to_the_audit_is_found_on_both_databases(
    begun_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, statement: str, sentence: str
) -> None:
    monkeypatch.setenv("FETAL_WORKSPACE", str(begun_workspace.folder))
    monkeypatch.setenv("FETAL_MODEL", str(tiny_model().folder))
    if begun_workspace.database_url is not None:
        monkeypatch.setenv("FETAL_DATABASE_URL", begun_workspace.database_url)
    be_quick(monkeypatch)
    workbench = open_workbench(begun_workspace)
    add(workbench, "ana", "administrator")
    for name in ("ben", "eva"):
        add(workbench, name, "reader")
    run = CliRunner().invoke
    assert "3 events, none changed" in run(main, ["audit", "verify"]).output
    is_sqlite = workbench.store.engine.dialect.name == "sqlite"
    with workbench.store.engine.begin() as connection:
        if is_sqlite:
            connection.execute(text("DROP TRIGGER audit_event_unchanged"))
            connection.execute(text("DROP TRIGGER audit_event_kept"))
        else:
            connection.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        connection.execute(text(statement))
    workbench.close()
    found = run(main, ["audit", "verify"])
    assert found.exit_code == 1
    assert sentence in found.output
