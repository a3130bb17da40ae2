"""Workspaces whose tables were made once, for tests that do not look at how they come to be."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from fetal.store.database import Store
from fetal.store.workspace import Workspace


@cache
def _template() -> Path:
    """The database of an empty workspace; the migrations take a tenth of a second each time."""
    place = tempfile.TemporaryDirectory(prefix="begun-")
    atexit.register(place.cleanup)
    folder = Path(place.name) / "workspace"
    Store.open(Workspace.at(folder)).close()
    return folder / "fetal.db"


def begin(folder: Path) -> Path:
    """Make a workspace with empty tables in a folder that is not there yet; returns the folder."""
    folder.mkdir(mode=0o700)
    shutil.copy(_template(), folder / "fetal.db")
    return folder
