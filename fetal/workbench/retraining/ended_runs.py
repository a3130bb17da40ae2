"""Which training ended last, for a notice on every page."""

from dataclasses import dataclass

from sqlalchemy import select

from fetal.store.states import RunState
from fetal.store.tables import ModelVersion, Run
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench


@dataclass(frozen=True)
class EndedRun:
    """A training that has ended.

    Attributes:
        id: its number.
        status: how it ended.
        model: the model that it made; None where it made none.
        mark: changes whenever a training ends.
    """

    id: int
    status: RunState
    model: str | None
    mark: str


def last_ended(workbench: Workbench) -> EndedRun | None:
    """Return the training that ended last; None where none has.

    Args:
        workbench: the workbench.

    Raises:
        NotPermittedError: the person may not see scans.
    """
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        row = session.execute(
            select(Run.id, Run.status, Run.ended_at, ModelVersion.name)
            .outerjoin(ModelVersion, ModelVersion.run_id == Run.id)
            .where(Run.ended_at.is_not(None))
            .order_by(Run.ended_at.desc(), Run.id.desc())
            .limit(1)
        ).first()
    if row is None:
        return None
    number, status, ended_at, model = row
    return EndedRun(number, RunState(status), model, f"{number} {ended_at}")
