import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import inspect

from fetal.store.database import Store
from tests.support.tiny_model import tiny_model

PROCESS = Path(__file__).with_name("first_start.py")


def test_eight_programs_can_open_a_new_workspace_at_the_same_moment(any_workspace):
    environment = os.environ | {"FETAL_MODEL": str(tiny_model().folder)}
    command = [PROCESS, any_workspace.folder, any_workspace.database_url]
    programs = [
        subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            text=True,
        )
        for _ in range(8)
    ]
    for program in programs:
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    ends = [program.communicate(timeout=120) for program in programs]
    assert [program.returncode for program in programs] == [0] * 8, ends
    assert [said for said, _ in ends] == ["None\n"] * 8
    store = Store.open(any_workspace)
    assert "run" in inspect(store.engine).get_table_names()
    store.close()
