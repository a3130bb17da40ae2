"""A retraining is planned and frozen while others go on working, and then claimed at once.

Planning reads every label, which takes long in a large workspace. Only the last step takes the
writer's lock: it checks that what the plan rests on still holds, and writes splits and run. Where
very many patients get a split, most of them get it before, some thousand in each transaction.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from fetal.store.states import RunState
from fetal.store.table_base import now
from fetal.store.tables import Audit, Lookalike, LookalikeDecision, Run
from fetal.training.settings import TrainingSettings
from fetal.workbench.core.champion import champion_id
from fetal.workbench.core.key_check import require_no_renewal
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.datasets.label_index import MOVING
from fetal.workbench.datasets.snapshot import freeze, keep_splits
from fetal.workbench.retraining.plan import RetrainingPlan, plan_now
from fetal.workbench.retraining.slots import active_runs, free_slot

PATIENTS_AT_ONCE = 2000
"""Patients who get a split in one transaction, so that nobody waits long for the writer's lock."""


class TooLittleError(ValueError):
    """There is too little to train on; the text says what is missing."""


class _OutdatedError(RuntimeError):
    """Something that a plan rests on has changed since."""


@dataclass(frozen=True)
class _Mark:
    """How far the workspace had come when a plan was made: the newest rows of what it rests on."""

    audit: int
    lookalike: int
    decision: int


@dataclass(frozen=True)
class Prepared:
    """A retraining that could begin.

    Attributes:
        plan: what it would train on.
        snapshot: the blob that holds the frozen list of scans and labels.
        counts: what the run tells of that list.
        at: the moment up to which labels are in it.
        mark: how far the workspace had come.
    """

    plan: RetrainingPlan
    snapshot: str
    counts: dict[str, Any]
    at: datetime
    mark: _Mark


def prepare(workbench: Workbench, settings: TrainingSettings) -> Prepared:
    """Plan a retraining and freeze its list of scans; nobody has to wait for it.

    Args:
        workbench: the open workbench.
        settings: what is to be run.

    Returns:
        What `claim` needs. Its list of scans is swept if it is never claimed.

    Raises:
        TooLittleError: there is too little to train on.
    """
    with workbench.store.session() as session:
        session.connection()
        # Alone with the database: who labelled before is seen, who labels later has a later time.
        at = now()
    with workbench.store.reading() as session:
        mark = _Mark(*(_newest(session, row.id) for row in (Audit, Lookalike, LookalikeDecision)))
        plan = plan_now(session, workbench.blobs)
        reasons = plan.reasons(settings)
        if reasons:
            raise TooLittleError(" ".join(reasons))
        names, of_scan = plan.groups.names, plan.groups.of[plan.labels.patient].tolist()
        snapshot, digest = freeze(
            session,
            workbench.blobs,
            plan.labels,
            plan.split.tolist(),
            [names[place] for place in of_scan],
        )
    counts = {
        "scans": plan.learning(),
        "patients": plan.patients(),
        "splits": plan.counts,
        "digest": digest,
    }
    return Prepared(plan, snapshot, counts, at, mark)


def claim(
    workbench: Workbench, who: str, settings: TrainingSettings, prepared: Prepared
) -> int | None:
    """Take a free slot for a prepared retraining, and give its patients their splits.

    A split never changes, and patients get theirs by the labels that there are. So it does no harm
    that most of very many patients have theirs already if all slots turn out to be taken.

    Args:
        workbench: the open workbench.
        who: the person who asked.
        settings: what is to be run.
        prepared: what `prepare` returned.

    Returns:
        The run's number; of a run that learns the same from the same scans, where one waits or
        works. None if no slot is free, or if something that the plan rests on has changed; no run
        was written then.
    """
    new = list(prepared.plan.new_splits.items())
    split_of = prepared.plan.split_of()
    try:
        with workbench.store.reading() as session:
            same = _same_run(session, settings, prepared)
        if same is not None:
            return same
        while len(new) > PATIENTS_AT_ONCE:
            part, new = dict(new[:PATIENTS_AT_ONCE]), new[PATIENTS_AT_ONCE:]
            with workbench.store.session() as session:
                _require_still_true(session, workbench, prepared, settings, split_of, part)
        with workbench.store.session() as session:
            _require_still_true(session, workbench, prepared, settings, split_of, dict(new))
            return _add_run(session, who, settings, prepared)
    except _OutdatedError:
        return None


def _same_run(session: Session, settings: TrainingSettings, prepared: Prepared) -> int | None:
    """Find a run to which a second click on the same button led."""
    # As the database gives it back: lists in place of tuples.
    digest, wanted = prepared.counts["digest"], json.loads(json.dumps(settings.to_json()))
    return next(
        (
            run.id
            for run in active_runs(session)
            if run.snapshot_counts.get("digest") == digest and run.settings == wanted
        ),
        None,
    )


def _add_run(session: Session, who: str, settings: TrainingSettings, prepared: Prepared) -> int:
    champion = prepared.plan.champion
    row = Run(
        status=RunState.QUEUED,
        slot=free_slot(session),
        settings=settings.to_json(),
        snapshot=prepared.snapshot,
        snapshot_counts=prepared.counts,
        parent_id=champion.id if champion else None,
        who=who,
        asked_at=prepared.at,
        progress={},
    )
    session.add(row)
    session.flush()
    return row.id


def _require_still_true(
    session: Session,
    workbench: Workbench,
    prepared: Prepared,
    settings: TrainingSettings,
    split_of: Mapping[int, str],
    new_splits: Mapping[str, str],
) -> None:
    """Assign patients their splits if the plan is still right; quick, as others have to wait.

    Labels that came meanwhile do not count: they are the next retraining's.
    """
    require_no_renewal(session)
    champion, mark = prepared.plan.champion, prepared.mark
    moved = select(Audit.id).where(Audit.id > mark.audit, Audit.action.in_(MOVING)).limit(1)
    if (
        free_slot(session) is None
        or _same_run(session, settings, prepared) is not None
        or champion_id(session) != (champion.id if champion else None)
        or session.scalar(moved) is not None
        or _new_pairs(session, mark, split_of)
        # A sweep may have taken it for a list that nobody needs.
        or not workbench.blobs.exists(prepared.snapshot)
        # A split never changes: who had one when the plan was made still has it.
        or keep_splits(session, new_splits) < len(new_splits)
    ):
        raise _OutdatedError


def _new_pairs(session: Session, mark: _Mark, split_of: Mapping[int, str]) -> bool:
    """Return whether scans of the plan were found, or called, alike across splits, or copies."""
    found = session.execute(
        select(Lookalike.scan_id, Lookalike.other_id).where(Lookalike.id > mark.lookalike)
    )
    if any(
        one in split_of and other in split_of and split_of[one] != split_of[other]
        for one, other in found
    ):
        return True
    decided = session.execute(
        select(LookalikeDecision.scan_id, LookalikeDecision.other_id).where(
            LookalikeDecision.id > mark.decision
        )
    )
    return any(one in split_of or other in split_of for one, other in decided)


def _newest(session: Session, number: InstrumentedAttribute[int]) -> int:
    return session.scalar(select(func.max(number))) or 0
