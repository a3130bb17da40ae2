"""`fetal batches`: the jobs of a workspace, listed, cancelled and tried again."""

from typing import TYPE_CHECKING

import click

from fetal.cli.terminal import options
from fetal.cli.terminal.output import say
from fetal.cli.terminal.times import time_in_words

if TYPE_CHECKING:
    from fetal.workbench.batches.batch_list import BatchView


@click.group(short_help="See, cancel and repeat jobs: archives, imports, checks and searches.")
def batches() -> None:
    """See, cancel and repeat the jobs of the workspace, which work on very many files or scans.

    JOB is a job's number, or check- and the number of a label check, as `fetal batches list`
    shows them.
    """


@batches.command(name="list")
@click.option("--most", default=20, show_default=True, type=click.IntRange(1), help="So many.")
@options.workspace
def list_command(most: int) -> None:
    """List the jobs, those that go on first, and then the newest first."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.batch_list import batch_jobs

    for view in batch_jobs(open_for_system_user(), most):
        say(_in_words(view))


@batches.command()
@click.argument("job")
@options.workspace
def show(job: str) -> None:
    """Tell how far JOB is, and what it set aside, with the reasons."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.batch_list import batch_job, set_aside

    workbench = open_for_system_user()
    say(_in_words(batch_job(workbench, job)))
    for one in set_aside(workbench, job, most=1000):
        say(f"{one.scan or f'file {one.place:,}'}: {one.sentence}")


@batches.command()
@click.argument("job")
@options.who
@options.workspace
def cancel(job: str, who: str) -> None:
    """Stop JOB; what it has done stays."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.steer_batches import cancel_batch

    say(_in_words(cancel_batch(open_for_system_user(), job, who)))


@batches.command()
@click.argument("job")
@options.who
@options.workspace
def retry(job: str, who: str) -> None:
    """Have a worker go on with JOB, which failed or was cancelled."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.batches.steer_batches import repeat_batch

    say(_in_words(repeat_batch(open_for_system_user(), job, who)))


@batches.command()
@click.argument("training", type=int)
@options.who
@options.workspace
def first(training: int, who: str) -> None:
    """Let TRAINING, which waits, come before the others that wait."""
    from fetal.cli.terminal.system_user import open_for_system_user
    from fetal.workbench.retraining.waiting_order import move_up

    if not move_up(open_for_system_user(), training, who):
        raise click.ClickException(f"Training {training} does not wait.")
    say(f"Training {training} starts next.")


def _in_words(view: "BatchView") -> str:
    far = view.progress
    told = [f"{view.name:>8}  {'stopping' if view.cancelling else view.status.value}"]
    told.append(f"{view.title} ({view.who}, {view.asked_at:%Y-%m-%d %H:%M})")
    if far.total:
        told.append(f"{far.done:,} of {far.total:,}")
    if far.refused:
        told.append(f"{far.refused:,} set aside")
    if view.is_active and far.rate is not None:
        told.append(f"{far.rate:,.1f} a second")
    if view.is_active and far.seconds_left is not None:
        told.append(f"{time_in_words(far.seconds_left)} left")
    if view.reason:
        told.append(view.reason)
    return "  ".join(told)
