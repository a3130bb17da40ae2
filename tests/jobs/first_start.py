"""Opens a workspace as app and worker do: `first_start.py FOLDER DATABASE_URL`.

It says that it is ready, waits for a line, so that several begin at the same moment, and says
which run waits.
"""

import sys
from pathlib import Path

from fetal.jobs.waiting_jobs import queued_run
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench

if __name__ == "__main__":
    folder, address = sys.argv[1:]
    print("ready", flush=True)
    sys.stdin.readline()
    workspace = Workspace.at(Path(folder), database_url=address)
    workbench = open_workbench(workspace)
    print(queued_run(workbench.store), flush=True)
    workbench.close()
