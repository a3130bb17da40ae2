"""Model versions: look, compare, promote, roll back, take along, predict anew."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.jobs.follow_promotions import ask_to_follow, follow_promotions
from fetal.progress import OnProgress, no_progress
from fetal.store import audit
from fetal.store.access.audit_chain import EventKind
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import ModelVersion, Promotion
from fetal.workbench.core.champion import ModelView, champion_id, model_view
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import NoModelError, Workbench
from fetal.workbench.datasets.test_set import Departure, TestSet, locked_mark
from fetal.workbench.models.champion_before import champion_before
from fetal.workbench.models.comparison import Comparison, Disagreement, compare
from fetal.workbench.models.leaderboard import Score, scores
from fetal.workbench.models.second_person import may_go_on

__all__ = [
    "ChampionMovedError",
    "Comparison",
    "Departure",
    "Disagreement",
    "ModelView",
    "NothingToRollBackError",
    "PromotionView",
    "Score",
    "TestSet",
    "archive",
    "compare",
    "locked_mark",
    "promote",
    "promotions",
    "refresh",
    "roll_back",
    "scores",
    "versions",
]

_FOLLOW_AT_ONCE = 2000
"""Scans that show the new champion's opinion when a promotion returns; a worker does the others."""


class NothingToRollBackError(RuntimeError):
    """The model that predicts has no predecessor."""


class ChampionMovedError(RuntimeError):
    """Another model predicts than the one that the person saw."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Somebody else changed the model a moment ago: “{name}” predicts now. Nothing was "
            f"changed here; look at it, and decide again."
        )


@dataclass(frozen=True)
class PromotionView:
    """One change of the model that predicts.

    Attributes:
        id: its number.
        model_id: the version that predicts since then.
        model_name: its name.
        previous_name: the version that predicted before.
        kind: shipped, promote or rollback.
        who: who did it.
        at: when.
    """

    id: int
    model_id: int
    model_name: str
    previous_name: str | None
    kind: str
    who: str
    at: datetime


def versions(workbench: Workbench) -> list[ModelView]:
    """All versions, the champion first, then the newest."""
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        rows = session.scalars(select(ModelVersion).order_by(ModelVersion.id.desc()))
        views = [model_view(session, row) for row in rows]
    return sorted(views, key=lambda view: not view.is_champion)


def promote(
    workbench: Workbench,
    model_id: int,
    who: str,
    comparison: Comparison | None = None,
    *,
    instead_of: int | None = None,
) -> ModelView:
    """Let a version predict from now on, for everybody.

    The audit trail keeps what the comparison said, or that there was none: the gate warns, and a
    person decides.

    Args:
        workbench: the open workbench.
        model_id: the version; the champion itself changes nothing.
        who: the person who decides.
        comparison: what that person saw of the champion and this version; none where they have
            not been compared.
        instead_of: the champion that the person saw. If None, any may be replaced.

    Returns:
        The version. It is not the champion yet where a second person has to agree
        (`second_person`).

    Raises:
        NotPermittedError: the person may not promote.
        ChampionMovedError: the champion is another one than `instead_of` by now.
        NoModelError: the workspace has no such version.
        BundleError: its files are damaged, so that it could not predict.
    """
    who = workbench.permit(Permission.PROMOTE, who, model=model_id)
    workbench.model(model_id)
    with workbench.store.session() as session:
        before = champion_id(session)
        if before == model_id:
            return _view(session, model_id)
        _check_champion(session, before, instead_of)
        gate = _gate(comparison, before, model_id)
        if not may_go_on(workbench, session, model_id):
            workbench.tell(session, EventKind.PROMOTION_ASKED, who, model=model_id, previous=before)
            return _view(session, model_id)
        workbench.tell(session, EventKind.PROMOTED, who, model=model_id, previous=before)
        audit.record(session, who, "promote", model=model_id, previous=before, **gate)
        view = _change(session, model_id, "promote", who)
    follow_promotions(workbench.store, most=_FOLLOW_AT_ONCE)
    return view


def roll_back(workbench: Workbench, who: str, instead_of: int | None = None) -> ModelView:
    """Go back to the version that predicted before the present one was promoted.

    Args:
        workbench: the open workbench.
        who: the person who decides.
        instead_of: the champion that the person saw and wants to leave. If None, whichever
            predicts now; two people who do this at once then go back two steps.

    Returns:
        The version that predicts again.

    Raises:
        NotPermittedError: the person may not promote.
        ChampionMovedError: the champion is another one than `instead_of` by now.
        NothingToRollBackError: the first model still predicts.
    """
    who = workbench.permit(Permission.PROMOTE, who)
    with workbench.store.session() as session:
        _check_champion(session, champion_id(session), instead_of)
        before = champion_before(session)
        if before is None:
            raise NothingToRollBackError(
                "There is no earlier model to go back to: the first one still predicts."
            )
        workbench.tell(session, EventKind.ROLLED_BACK, who, model=before)
        view = _change(session, before, "rollback", who)
    follow_promotions(workbench.store, most=_FOLLOW_AT_ONCE)
    return view


def promotions(workbench: Workbench) -> list[PromotionView]:
    """Every change of the model that predicts, newest first."""
    workbench.permit(Permission.SEE)
    with workbench.store.reading() as session:
        names = {row.id: row.name for row in session.scalars(select(ModelVersion))}
        rows = session.scalars(select(Promotion).order_by(Promotion.id.desc()))
        return [
            PromotionView(
                id=row.id,
                model_id=row.model_id,
                model_name=names[row.model_id],
                previous_name=names[row.previous_id] if row.previous_id else None,
                kind=row.kind,
                who=row.who,
                at=row.at,
            )
            for row in rows
        ]


def archive(workbench: Workbench, model_id: int) -> bytes:
    """Pack a version's folder, to be kept or used elsewhere.

    Args:
        workbench: the open workbench.
        model_id: the version.

    Returns:
        A ZIP file; unpacked, it is a model that `fetal predict --model` takes.

    Raises:
        NotPermittedError: the person may not export.
        NoModelError: the workspace has no such version.
    """
    workbench.permit(Permission.EXPORT, model=model_id)
    with workbench.store.reading() as session:
        location = _row(session, model_id).location
    folder = workbench.blobs.local_folder(location)
    packed = io.BytesIO()
    # Weights do not get smaller; stored as they are, the download starts at once.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as file:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                file.write(path, f"{folder.name}/{path.relative_to(folder).as_posix()}")
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.EXPORTED, what="model", model=model_id)
    return packed.getvalue()


def refresh(
    workbench: Workbench,
    model_id: int,
    *,
    on_progress: OnProgress = no_progress,
    stop: Callable[[], bool] | None = None,
) -> list[str]:
    """Let the lists follow a promotion, and the new model predict the scans without a label.

    Args:
        workbench: the open workbench.
        model_id: the version; nothing is done where another one predicts by now.
        on_progress: called as scans are predicted.
        stop: asked between scans.

    Returns:
        The names of the scans that were left out, because their pictures are gone or damaged.
    """
    follow_promotions(workbench.store, stop=stop)
    with workbench.store.reading() as session:
        if champion_id(session) != model_id:
            return []
        waiting = _unlabelled(session)
    # Dask is imported where a promotion is followed, which is not on a page.
    from fetal.jobs.on_cluster.cluster_scoring import score_many

    given = workbench.store, workbench.model(model_id), model_id, waiting
    return score_many(*given, on_progress=on_progress, stop=stop)


def _unlabelled(session: Session) -> list[int]:
    """The scans that wait for a label, newest first."""
    query = select(ScanState.scan_id).where(ScanState.label.is_(None))
    return list(session.scalars(query.order_by(ScanState.scan_id.desc())))


def _row(session: Session, model_id: int) -> ModelVersion:
    row = session.get(ModelVersion, model_id)
    if row is None:
        raise NoModelError(f"This workspace has no model with the number {model_id}.")
    return row


def _view(session: Session, model_id: int) -> ModelView:
    return model_view(session, _row(session, model_id))


def _gate(comparison: Comparison | None, first: int | None, second: int) -> dict[str, Any]:
    """What the audit trail says of the comparison, unless it was one of two other versions."""
    if comparison is None or (comparison.first_id, comparison.second_id) != (first, second):
        return {"verdict": "not compared"}
    if comparison.verdict is None:
        return {"verdict": "no scans to compare on"}
    return {
        "verdict": comparison.verdict.verdict.value,
        "margin": comparison.verdict.margin,
        "difference": asdict(comparison.verdict.difference),
        "scans": comparison.n_scans,
        "patients": comparison.n_patients,
    }


def _check_champion(session: Session, now: int | None, seen: int | None) -> None:
    if seen is not None and now is not None and now != seen:
        raise ChampionMovedError(_row(session, now).name)


def _change(session: Session, model_id: int, kind: str, who: str) -> ModelView:
    row = Promotion(model_id=model_id, previous_id=champion_id(session), kind=kind, who=who)
    session.add(row)
    session.flush()
    ask_to_follow(session, row)
    return _view(session, model_id)
