"""Opens a workspace in many processes at once: `first_start.py FOLDER DATABASE_URL COUNT`.

Each opens it as app and worker do, says which run waits, and has imported everything before, so
that they meet at the database and not one after the other.
"""

import multiprocessing
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path

from fetal.jobs.waiting_jobs import queued_run
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench


def open_it(workspace: Workspace, together: Barrier) -> None:
    together.wait(60)
    workbench = open_workbench(workspace)
    sys.stdout.write(f"{queued_run(workbench.store)}\n")
    sys.stdout.flush()
    workbench.close()


if __name__ == "__main__":
    folder, address, count = sys.argv[1:]
    workspace = Workspace.at(Path(folder), database_url=address)
    context = multiprocessing.get_context("fork")
    together = context.Barrier(int(count))
    programs = [
        context.Process(target=open_it, args=(workspace, together)) for _ in range(int(count))
    ]
    for program in programs:
        program.start()
    for program in programs:
        program.join()
    codes = [program.exitcode for program in programs]
    sys.exit(max(1 if code is None else abs(code) for code in codes))
