"""What goes through all tables, such as an erasure, knows all of them."""

import subprocess
import sys
from pathlib import Path

import fetal.store
from fetal.store.schema.all_tables import ALL_TABLES

STORE = Path(fetal.store.__file__).parent


def test_every_module_that_declares_a_table_is_among_these() -> None:
    declaring = {
        path
        for path in STORE.rglob("*.py")
        if "migrations" not in path.parts and "    __tablename__ = " in path.read_text()
    }
    assert declaring <= {Path(str(module.__file__)) for module in ALL_TABLES}


def test_an_erasure_in_a_process_of_its_own_knows_them_too() -> None:
    told = (
        "from fetal.workbench.privacy import erasure\n"
        "from fetal.store.table_base import Table\n"
        "print(*sorted(table.name for table in Table.metadata.sorted_tables))"
    )
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert {"scan", "listed_scan", "scan_feature", "api_token"} <= set(done.stdout.split()), (
        done.stderr
    )
