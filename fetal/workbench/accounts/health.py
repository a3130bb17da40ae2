"""How the program is, for the administrator: what runs, what is full, what is set wrong."""

import shutil
from dataclasses import dataclass

from sqlalchemy import func, select

from fetal import __version__
from fetal.configuration.overview import overview, problems_of_file
from fetal.jobs.heartbeats import workers
from fetal.store.tables import Run, ScanRow
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench

_LEAST_GIGABYTES = 5.0


@dataclass(frozen=True)
class HealthLine:
    """One thing that an administrator looks at.

    Attributes:
        what: what it is.
        found: how it is, in words.
        well: whether it is as it should be.
    """

    what: str
    found: str
    well: bool = True


def health(workbench: Workbench) -> list[HealthLine]:
    """Return how the program is.

    Args:
        workbench: the workbench.

    Raises:
        NotPermittedError: the person may not manage accounts.
    """
    workbench.permit(Permission.MANAGE_ACCOUNTS)
    with workbench.store.reading() as session:
        scans = session.scalar(select(func.count(ScanRow.id))) or 0
        present = [worker for worker in workers(session) if worker.trains]
        at_work = session.scalars(
            select(Run.id).where(Run.slot.is_not(None)).order_by(Run.id)
        ).all()
    free = shutil.disk_usage(workbench.workspace.folder).free / 1e9
    wrong = [view.problem for view in overview() if view.problem] + problems_of_file()
    named = ", ".join(sorted({one.device for one in present}))
    return [
        HealthLine("Program", f"version {__version__}"),
        HealthLine("Database", f"{workbench.store.engine.dialect.name}, {scans:,} scans"),
        HealthLine(
            "Room on the disk of the workspace", f"{free:,.0f} GB free", free >= _LEAST_GIGABYTES
        ),
        HealthLine(
            "Workers that train",
            f"{len(present)} ({named})" if present else "none: a training would wait",
            bool(present),
        ),
        HealthLine(
            "Trainings that wait or go on",
            ", ".join(f"run {number}" for number in at_work) or "none",
        ),
        HealthLine("Settings", " ".join(wrong) if wrong else "all can be used", not wrong),
    ]
