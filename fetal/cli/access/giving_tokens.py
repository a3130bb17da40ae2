"""`fetal user token`: tokens with which programs act for an account."""

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.output import say
from fetal.cli.terminal.system_user import open_for_system_user

SCOPES = ("read", "add", "label", "train", "promote", "export", "jobs")
"""As `fetal.workbench.accounts.tokens.scopes.Scope` has them; a test compares."""


@click.group()
def token() -> None:
    """Tokens of the API: each acts for an account, until it ends or is revoked."""


@token.command(name="add")
@click.argument("account")
@click.option("--for", "purpose", required=True, help="What it is for, such as “scanner 2”.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it may be used for; may be repeated.",
)
@click.option("--days", type=click.IntRange(1), default=90, show_default=True, help="How long.")
@options.workspace
def add_token(account: str, purpose: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token that acts for ACCOUNT, and print it. It is kept nowhere: copy it now."""
    from fetal.workbench.accounts.tokens.api_tokens import make_token
    from fetal.workbench.accounts.tokens.scopes import Scope

    chosen = [Scope(one) for one in scopes]
    _number, text = make_token(open_for_system_user(), account, purpose, chosen, days)
    say(text)


@token.command(name="list")
@options.workspace
def list_tokens() -> None:
    """List all tokens, the newest first."""
    from fetal.workbench.accounts.tokens.api_tokens import tokens

    for one in tokens(open_for_system_user()):
        used = f"last used {one.used_at:%Y-%m-%d %H:%M}" if one.used_at else "never used"
        say(
            f"{one.id}: {one.name}, acts for {one.account} ({', '.join(one.scopes)}), "
            f"{'until' if one.holds else 'ended'} {one.over_at:%Y-%m-%d}, {used}"
        )


@token.command(name="revoke")
@click.argument("number", type=int)
@options.workspace
def revoke(number: int) -> None:
    """End a token now: the next request with it is refused."""
    from fetal.workbench.accounts.tokens.api_tokens import revoke_token

    revoke_token(open_for_system_user(), number)
    say(f"Token {number} opens nothing any more.")
