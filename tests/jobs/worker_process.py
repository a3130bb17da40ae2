"""A worker in a process of its own: `worker_process.py FOLDER COMMAND...`."""

import sys
from pathlib import Path

from fetal.store.workspace import Workspace
from fetal.worker import Worker

if __name__ == "__main__":
    Worker(Workspace.at(Path(sys.argv[1])), command=sys.argv[2:]).run()
