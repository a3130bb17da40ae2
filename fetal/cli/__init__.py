"""The command line: everything that the pages do, and what a researcher does without them.

Commands import what they need when they run, so that `fetal --help` and the start of the app do
not wait for libraries that they do not use.
"""

from typing import Any

import click

from fetal import __version__
from fetal.cli.accounting import audit, user
from fetal.cli.checking import check, rebuild_state
from fetal.cli.configuring import settings
from fetal.cli.duplicating import duplicates
from fetal.cli.evaluating import evaluate
from fetal.cli.experimenting import experiment
from fetal.cli.from_packs.carrying import frames
from fetal.cli.labelling.checking_labels import label_quality
from fetal.cli.labelling.ordering_labels import label_next
from fetal.cli.on_cluster.predicting_archive import predict_archive
from fetal.cli.on_cluster.steering_batches import batches
from fetal.cli.predicting import predict
from fetal.cli.protecting import forget, key
from fetal.cli.serve.serving import serve, worker
from fetal.cli.storing import demo, export_command, import_command
from fetal.cli.terminal.output import prepare_streams
from fetal.cli.training import train
from fetal.cli.versions import models


class _Commands(click.Group):
    """Tells what went wrong in one sentence, where this program knows what it was."""

    def invoke(self, context: click.Context) -> Any:
        prepare_streams()
        try:
            return super().invoke(context)
        except Exception as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from error


def _sentence(error: Exception) -> str | None:
    """What went wrong, where this program knows it; None for click's own errors, and for faults."""
    if isinstance(error, click.ClickException | click.exceptions.Exit | click.Abort):
        return None
    from fetal.store.failures import sentence_for

    return sentence_for(error)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="fetal")
def main() -> None:
    """Recognise fetal ultrasound planes; correct, retrain, compare, promote.

    Start the app with `fetal serve`. A workspace holds scans, labels, models and jobs; it is the
    folder ./workspace, or what FETAL_WORKSPACE or --workspace names.
    """


for command in (
    *(serve, worker, predict, predict_archive, demo, import_command, export_command, duplicates),
    *(train, experiment, frames, evaluate, models, check, rebuild_state, settings, key, forget),
    *(user, audit, label_quality, label_next, batches),
):
    main.add_command(command)
