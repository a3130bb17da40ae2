"""What a batch job of an archive was asked for, as a file in the workspace's folder.

What an archive's folders are called may identify patients, so that it stands in no database.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from fetal.cluster.archive_sources.shown_address import without_password
from fetal.jobs.heartbeats import worker_name
from fetal.store.workspace import Workspace

_FOLDER = "batches"

TABLE_SECONDS = 7 * 24 * 3600.0
"""How long a table is kept that was asked for without a place of its own."""


@dataclass(frozen=True)
class ArchiveJob:
    """What is asked for of an archive.

    Attributes:
        source: a folder, an address, or a DICOMweb search (`choose_source`).
        out: the file of results, absolute.
        model: the model's folder; None for the one that came with the program.
        workers: processes of this computer.
        frames: how many frames of a film are named at the most.
        price: what a process costs an hour; None where nobody said.
    """

    source: str
    out: str
    model: str | None = None
    workers: int = 1
    frames: int = 5
    price: float | None = None

    @property
    def title(self) -> str:
        """What the job is called: the kind of the source, and whose address it is."""
        parts = urlsplit(self.source)
        if "://" not in self.source:
            return "Predict a folder"
        return f"Predict {parts.scheme}://{parts.hostname or ''}"

    @property
    def slot(self) -> str:
        """One program at a time writes a file of results."""
        machine = worker_name().partition(":")[0]
        return f"archive {sha256(f'{machine} {self.out}'.encode()).hexdigest()[:32]}"


def has_asked(workspace: Workspace, batch_id: int) -> bool:
    """Return whether this computer knows what a job of an archive or a table was asked for."""
    return _file(workspace, batch_id).exists()


def write_asked(workspace: Workspace, batch_id: int, job: ArchiveJob) -> None:
    """Keep what is asked for, to be tried again; not where a password is in the address."""
    if without_password(job.source) != job.source:
        return
    path = _file(workspace, batch_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(asdict(job)))
    draft.replace(path)


def read_asked(workspace: Workspace, batch_id: int) -> ArchiveJob | None:
    """Return what was asked for; None where this computer does not know it."""
    try:
        return ArchiveJob(**json.loads(_file(workspace, batch_id).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def drop_asked(workspace: Workspace, batch_id: int) -> None:
    """Forget what was asked for, once it is done."""
    _file(workspace, batch_id).unlink(missing_ok=True)


def begun_before(workspace: Workspace, job: ArchiveJob) -> int | None:
    """Return the job that writes the same results from the same source, and was not done."""
    for path in sorted((workspace.folder / _FOLDER).glob("*.json"), reverse=True):
        known = read_asked(workspace, int(path.stem)) if path.stem.isdecimal() else None
        if known and replace(known, workers=job.workers, price=job.price) == job:
            return int(path.stem)
    return None


def table_of(workspace: Workspace, batch_id: int) -> Path:
    """Return where a job's table lies that was asked for without a place of its own."""
    return workspace.folder / _FOLDER / f"table-{batch_id}.parquet"


def drop_old_tables(workspace: Workspace, seconds: float = TABLE_SECONDS) -> None:
    """Delete the tables of `table_of` that are older.

    Args:
        workspace: the workspace.
        seconds: how old a table may be.
    """
    for path in (workspace.folder / _FOLDER).glob("table-*.parquet"):
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()


def _file(workspace: Workspace, batch_id: int) -> Path:
    return workspace.folder / _FOLDER / f"{batch_id}.json"
