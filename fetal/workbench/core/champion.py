"""A model version as people see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.tables import ModelVersion, Promotion


@dataclass(frozen=True)
class ModelView:
    """One model version.

    Attributes:
        id: its number in the workspace.
        digest: of its files; no other version has it.
        name: what people call it.
        is_champion: whether it predicts now.
        added_at: when it came into the workspace.
        parent_name: the model that it started from, where the workspace knows it.
        run_id: the retraining that made it.
        card: what it says about itself, as in its `card.json`.
        promoted_at: when it last became the champion.
        origin: how it came.
    """

    id: int
    digest: str
    name: str
    is_champion: bool
    added_at: datetime
    parent_name: str | None
    run_id: int | None
    card: dict[str, Any]
    promoted_at: datetime | None
    origin: Literal["shipped", "retrained"]


def champion_id(session: Session) -> int | None:
    """Return the version that the newest promotion names, or none before the first one."""
    return session.scalar(select(Promotion.model_id).order_by(Promotion.id.desc()).limit(1))


def model_view(session: Session, version: ModelVersion) -> ModelView:
    """Describe one version.

    Args:
        session: the transaction.
        version: its row.

    Returns:
        The version as people see it.
    """
    parent = session.get(ModelVersion, version.parent_id) if version.parent_id else None
    return ModelView(
        id=version.id,
        digest=version.digest,
        name=version.name,
        is_champion=version.id == champion_id(session),
        added_at=version.added_at,
        parent_name=parent.name if parent else None,
        run_id=version.run_id,
        card=version.card,
        promoted_at=session.scalar(
            select(func.max(Promotion.at)).where(Promotion.model_id == version.id)
        ),
        origin="retrained" if version.run_id is not None else "shipped",
    )
