"""Starts a retraining and stays in the midst of it: `starting_process.py FOLDER`.

It says “frozen” once the list of scans is written, and waits there for ever, to be killed.
"""

import sys
import threading
from pathlib import Path

from fetal.store.workspace import Workspace
from fetal.training.settings import TrainingSettings
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.retraining import service
from fetal.workbench.retraining.prepare import prepare


def prepare_and_stay(workbench: Workbench, settings: TrainingSettings) -> None:
    prepared = prepare(workbench, settings)
    print(prepared.snapshot, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    vars(service)["prepare"] = prepare_and_stay
    service.start(open_workbench(Workspace.at(Path(sys.argv[1]))), "Ann")
