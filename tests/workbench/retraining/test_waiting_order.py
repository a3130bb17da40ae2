"""A training that waits is moved up by those who may, and the audit tells of it."""

import pytest

from fetal.jobs.waiting_jobs import queued_run
from fetal.store.tables import Run
from fetal.workbench import Workbench
from fetal.workbench.accounts.audit_trail import newest
from fetal.workbench.core.actor import Actor, NotPermittedError
from fetal.workbench.core.permissions import Role
from fetal.workbench.retraining import service
from fetal.workbench.retraining.waiting_order import move_up


def queue(workbench: Workbench, slot: int | None, status: str = "queued") -> int:
    with workbench.store.session() as session:
        run = Run(settings={}, snapshot="", snapshot_counts={}, who="Ada", slot=slot, status=status)
        session.add(run)
        session.flush()
        return run.id


def test_the_one_that_was_moved_up_last_comes_first(workbench: Workbench) -> None:
    first, second, third = (queue(workbench, slot) for slot in (1, 2, 3))
    administrator = workbench.acting_as(Actor.with_roles("Ada", 1, [Role.ADMINISTRATOR]))
    assert queued_run(workbench.store) == first
    assert move_up(administrator, second, "")
    assert queued_run(workbench.store) == second
    assert move_up(administrator, third, "")
    assert queued_run(workbench.store) == third
    assert service.run(workbench, third).first
    assert [one.kind for one in newest(workbench)][:2] == ["training moved up"] * 2


def test_only_what_waits_is_moved_and_only_by_those_who_may(workbench: Workbench) -> None:
    ended = queue(workbench, None, "done")
    assert not move_up(workbench, ended, "Ada")
    trainer = workbench.acting_as(Actor.with_roles("Tom", 2, [Role.TRAINER]))
    with pytest.raises(NotPermittedError):
        move_up(trainer, queue(workbench, 1), "")
