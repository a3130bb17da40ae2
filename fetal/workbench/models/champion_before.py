"""Which model a rollback leads to."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.store.tables import Promotion


def champion_before(session: Session) -> int | None:
    """The model below the present one; a promotion puts one on top, a rollback takes one off.

    Older programs could write the same step down several times when several people went back at
    once: it counts once.
    """
    pile: list[int] = []
    for row in session.scalars(select(Promotion).order_by(Promotion.id)):
        while row.kind == "rollback" and pile and pile[-1] != row.model_id:
            pile.pop()
        if not pile or pile[-1] != row.model_id:
            pile.append(row.model_id)
    return pile[-2] if len(pile) > 1 else None
