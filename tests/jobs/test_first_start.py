import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import inspect

from fetal.store.database import Store
from fetal.store.workspace import Workspace
from tests.support.tiny_model import tiny_model

PROCESS = Path(__file__).with_name("first_start.py")


def test_eight_programs_can_open_a_new_workspace_at_the_same_moment(
    any_workspace: Workspace,
) -> None:
    environment = os.environ | {"FETAL_MODEL": str(tiny_model().folder)}
    command = [PROCESS, any_workspace.folder, any_workspace.database_url, 8]
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        capture_output=True, env=environment, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "None\n" * 8), done.stderr
    store = Store.open(any_workspace)
    assert "run" in inspect(store.engine).get_table_names()
    store.close()
