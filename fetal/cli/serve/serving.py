"""`fetal serve` and `fetal worker`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from fetal.cli.serve.app_and_worker import AppAndWorker, stopping_on_signals
from fetal.cli.serve.listening import check_free, reachable
from fetal.cli.terminal import options
from fetal.cli.terminal.output import say
from fetal.configuration.declared import HOSTS, WITHOUT_ACCOUNTS
from fetal.configuration.overview import absolute_environment, check_settings
from fetal.jobs.device import VISIBLE

_PACKAGE = Path(__file__).parents[2]
_APP_FOLDERS = (_PACKAGE.parent, _PACKAGE / "app")
"""Where the app's pages lie: in a checkout, in an installed package."""

_NOBODY_SIGNS_IN = (
    "At “{0}” the app can be reached from other computers, and this workspace has no accounts: "
    "whoever reaches it could see all scans. Make the first account with “fetal user add NAME "
    "--role administrator”, or give --without-accounts."
)


@click.command()
@click.option(
    "--port",
    default=8501,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="The port of the app.",
)
@click.option(
    "--address",
    default="127.0.0.1",
    show_default=True,
    help="Where it listens. Beyond this computer everybody needs an account; put a proxy "
    "with HTTPS before it.",
)
@click.option(
    "--host",
    "hosts",
    multiple=True,
    default=HOSTS.value,
    help="A name under which browsers reach it, such as fetal.hospital.example; may be repeated. "
    "This computer’s own name for itself, localhost, always works.",
)
@click.option(
    "--without-accounts",
    is_flag=True,
    default=lambda: WITHOUT_ACCOUNTS.value() == "yes",
    help="Let everybody in who reaches it, though it can be reached from other computers.",
)
@click.option("--worker/--no-worker", default=True, help="Bring a worker, which trains.")
@click.option("--browser/--no-browser", default=False, help="Open the app in a browser.")
@options.workspace
def serve(
    port: int,
    address: str,
    hosts: tuple[str, ...],
    without_accounts: bool,
    worker: bool,
    browser: bool,
) -> None:
    """Start the app, and beside it a worker that trains."""
    folder = next((place for place in _APP_FOLDERS if (place / "streamlit_app.py").exists()), None)
    if folder is None:
        raise click.ClickException(
            f"The app's pages were expected in {_APP_FOLDERS[0]}; they are not there. "
            "Install the program again."
        )
    check_settings()
    place = (reachable(address), port)
    check_free(address, port)
    # The app runs in its own folder: what is named relative to this one must stay the same.
    environment = app_environment()
    if without_accounts:
        environment[WITHOUT_ACCOUNTS.name] = "yes"
    else:
        _check_accounts(address)
    command = _app_command(port, address, hosts, browser)
    with stopping_on_signals() as stopping:
        AppAndWorker(command, folder, environment, worker).run(place, stopping)


@click.command()
@click.option(
    "--gpu",
    type=click.IntRange(0),
    help="The number of the GPU to train on, as nvidia-smi lists it; start one worker for each. "
    "Without it, the first, or the processor.",
)
@options.workspace
def worker(gpu: int | None) -> None:
    """Run a worker alone, such as on the machine with the GPU.

    Give it the same FETAL_DATABASE_URL and FETAL_BLOBS as the app. Any number of workers may
    share a workspace; one training goes on for each device.
    """
    if gpu is not None:
        os.environ[VISIBLE] = str(gpu)
    from fetal.store.workspace import Workspace
    from fetal.worker import Worker, log_to_console

    log_to_console()
    workspace = Workspace.from_environment()
    waiting = Worker(workspace)
    say(f"Waiting for trainings of the workspace {workspace.folder} (stop with Ctrl+C).")
    waiting.run()


def app_environment() -> dict[str, str]:
    """Return the environment of the app's process.

    The server would take the browser's address from a proxy on this computer and forget who is at
    the other end of the connection, which `pages.parts.gate.peer` has to know: it does the same.
    """
    return {"FORWARDED_ALLOW_IPS": ""} | absolute_environment()


def _check_accounts(address: str) -> None:
    """Make sure that nobody gets in without an account from another computer."""
    from fetal.store.database import Store
    from fetal.store.workspace import Workspace
    from fetal.workbench.accounts.loopback import is_loopback
    from fetal.workbench.accounts.sign_ins import everybody_signs_in

    if is_loopback(address):
        return
    store = Store.open(Workspace.from_environment())
    try:
        if not everybody_signs_in(store):
            raise click.ClickException(_NOBODY_SIGNS_IN.format(address))
    finally:
        store.close()


def _app_command(port: int, address: str, hosts: Sequence[str], browser: bool) -> list[str]:
    from fetal.workbench.accounts.loopback import LOOPBACK

    named = dict.fromkeys((*LOOPBACK, address, *hosts))
    return [
        *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
        *("--server.port", str(port)),
        *("--server.address", address),
        *(part for name in named for part in ("--server.allowedHosts", name)),
        *("--server.headless", "false" if browser else "true"),
        *("--browser.gatherUsageStats", "false"),
    ]
