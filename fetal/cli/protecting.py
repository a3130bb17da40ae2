"""`fetal key` and `fetal forget`: what a data protection officer asks for."""

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.output import complain, say

_TRACES = (
    "Another process was reading the database, so traces may still stand in fetal.db-wal. They go "
    "when the app is stopped."
)

_LATER = (
    "People are at work, so parts of it may still stand in unused bytes of fetal.db. A worker "
    "writes the file anew ten minutes after the last label, scan or job."
)


@click.group(short_help="Renew the key of the pseudonyms.")
def key() -> None:
    """The secret key that turns patients, examinations and file names into codes."""


@key.command()
@options.who
@options.workspace
def rotate(who: str) -> None:
    """Assign the workspace a new key, and every patient, examination and file a new code.

    Stop the app first. The old key alone then finds nobody in this workspace, and codes in tables
    that were given away lead nowhere. The key file keeps the old key behind the new one, since a
    patient who comes again is found by both only. Keep a backup of the new key file, and remove
    those of the old one together with the backups of the old database.
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.privacy import pseudonym_key

    renewal = pseudonym_key.rotate(open_for_system_user(), who)
    patients = options.count_of(renewal.patients, "patient has", "patients have")
    scans = options.count_of(renewal.scans, "scan was", "scans were")
    say(f"{patients} a new code; {scans} carried over. This is key {renewal.generation}.")
    if renewal.later:
        complain(_LATER)
    elif renewal.traces:
        complain(_TRACES)


@click.command(short_help="Erase a patient, or one scan.")
@click.argument("code", required=False)
@click.option(
    "--identifier",
    is_flag=True,
    help="Ask for the patient's identifier as the files give it, without showing it.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@options.who
@options.workspace
def forget(code: str | None, identifier: bool, yes: bool, who: str) -> None:
    """Erase a patient with all scans, labels and notes; or one scan.

    CODE is a patient's code (P-… or U-…) or a scan's (S-…), as the app shows them. With
    --identifier, give no code: the identifier is asked for, so that it stands in no shell history.

    Nothing can be undone. Backups, exports and folders of other machines are yours to see to.
    """
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.ingest.patient_codes import patient_code
    from fetal.workbench.privacy.erasure import erase, outlook

    if identifier == (code is not None):
        raise click.UsageError("Expected a code, or --identifier without a code.")
    workbench = open_for_system_user()
    if code is None:
        written = click.prompt("Patient's identifier", hide_input=True)
        code = patient_code(workbench, written)
    ahead = outlook(workbench, code)
    scans = options.count_of(ahead.scans, "scan", "scans")
    labels = options.count_of(ahead.labels, "label or note", "labels and notes")
    if not yes:
        click.confirm(f"Erase {scans} and {labels} for ever?", abort=True)
    done = erase(workbench, code, who)
    say(f"Erased {scans} and {labels}.")
    if done.models:
        say(
            f"These model versions learnt from them, and stay: {', '.join(done.models)}. Whether "
            "they may be used on is to be decided by who answers for the data."
        )
    if done.later:
        complain(_LATER)
    elif done.traces:
        complain(_TRACES)
