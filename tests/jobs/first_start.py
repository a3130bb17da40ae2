"""Opens a workspace and its queue as app and worker do: `first_start.py FOLDER DATABASE_URL`.

It says that it is ready, waits for a line, so that several begin at the same moment, and says
what the queue holds.
"""

import sys
from pathlib import Path

from fetal.jobs.queue import queue
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench

if __name__ == "__main__":
    folder, address = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    workspace = Workspace.at(Path(folder), database_url=address)
    open_workbench(workspace).close()
    print(sorted(queue(workspace).waiting()), flush=True)
