"""`fetal user` and `fetal audit`: who may come in, and what they did."""

from pathlib import Path

import click

from fetal.cli.access.giving_tokens import token
from fetal.cli.terminal import options, output
from fetal.cli.terminal.output import say
from fetal.cli.terminal.system_user import open_for_system_user
from fetal.configuration.declared import ROLE_WORDS

_roles = click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(ROLE_WORDS),
    help="What the person is; may be repeated.",
)


@click.group()
def user() -> None:
    """Accounts: from the first one on, everybody has to sign in to the app."""


@user.command()
@click.argument("name")
@click.option("--shown", default="", help="The name that stands with labels  [default: NAME]")
@_roles
@click.option(
    "--without-password",
    is_flag=True,
    help="Ask for none: the person signs in with the hospital's account or by a proxy.",
)
@options.workspace
def add(name: str, shown: str, roles: tuple[str, ...], without_password: bool) -> None:
    """Make an account; asks for its password. The first has to be an administrator's."""
    from fetal.workbench.accounts.people import add_person
    from fetal.workbench.core.permissions import Role

    workbench = open_for_system_user()
    password = None if without_password else _new_password()
    add_person(workbench, name, password, [Role(role) for role in roles], shown=shown)
    say(f"“{name}” may sign in from now on.")


@user.command(name="list")
@options.workspace
def list_users() -> None:
    """List all accounts with their roles."""
    from fetal.workbench.accounts.people import people

    for person in people(open_for_system_user()):
        closed = ", closed" if person.disabled else ""
        say(f"{person.name} ({person.shown}): {', '.join(person.roles) or 'no role'}{closed}")


@user.command()
@click.argument("name")
@_roles
@options.workspace
def role(name: str, roles: tuple[str, ...]) -> None:
    """Give an account other roles, in place of those that it has."""
    from fetal.workbench.accounts.people import set_roles
    from fetal.workbench.core.permissions import Role

    set_roles(open_for_system_user(), name, [Role(one) for one in roles])
    say(f"“{name}” is now: {', '.join(roles) or 'nothing, and cannot sign in'}.")


@user.command()
@click.argument("name")
@options.workspace
def password(name: str) -> None:
    """Give an account a new password; its browsers are signed out."""
    from fetal.workbench.accounts.people import set_password

    set_password(open_for_system_user(), name, _new_password())
    say(f"“{name}” has a new password.")


@user.command()
@click.argument("name")
@click.argument("subject")
@options.workspace
def join(name: str, subject: str) -> None:
    """Let the person SUBJECT of the hospital's sign-in come in with the account NAME.

    The audit tells SUBJECT where somebody tried to sign in who is not known here.
    """
    from fetal.workbench.single_sign_on.join_account import join as join_identity

    join_identity(open_for_system_user(), name, subject)
    say(f"“{name}” may sign in with the hospital's account.")


@user.command()
@click.argument("name")
@click.option("--again", is_flag=True, help="Open a closed account again.")
@options.workspace
def disable(name: str, again: bool) -> None:
    """Close an account: its browsers are signed out; what the person did stays."""
    from fetal.workbench.accounts.people import set_disabled

    set_disabled(open_for_system_user(), name, not again)
    say(f"“{name}” may sign in again." if again else f"“{name}” is closed.")


user.add_command(token)


@click.group()
def audit() -> None:
    """What was done, by whom and when: events that are only added."""


@audit.command()
@click.option("--expect", metavar="DIGEST", help="A digest that an earlier call printed.")
@options.workspace
def verify(expect: str | None) -> None:
    """Look whether an event was changed, removed or inserted.

    Prints the digest of the last event. Keep it elsewhere, and give it with --expect the next
    time: then an end that was cut off is found too.
    """
    from fetal.workbench.accounts.audit_trail import verify as follow

    chain = follow(open_for_system_user(), expect)
    for problem in chain.problems:
        say(problem)
    if chain.problems:
        raise click.exceptions.Exit(1)
    say(f"{options.count_of(chain.events, 'event', 'events')}, none changed. Last: {chain.last}")


@audit.command()
@click.argument("target", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@options.workspace
def export(target: Path) -> None:
    """Write all events to TARGET, a line of JSON each; - is standard output."""
    from fetal.workbench.accounts.audit_trail import export as lines

    output.reserve_stdout(target)
    with output.text_into(target) as text:
        text.writelines(f"{line}\n" for line in lines(open_for_system_user()))


@audit.command()
@options.workspace
def shorten() -> None:
    """Remove the events that are older than FETAL_AUDIT_DAYS; an event tells of it."""
    from fetal.workbench.accounts.audit_trail import shorten as remove_old

    gone = remove_old(open_for_system_user())
    say(f"Removed {options.count_of(gone, 'event', 'events')}.")


def _new_password() -> str:
    return str(click.prompt("New password", hide_input=True, confirmation_prompt=True))
