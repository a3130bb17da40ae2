"""Lets the opinions that lists show follow a promotion, a few scans at a time."""

from collections.abc import Callable, Sequence

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Session

from fetal.store.database import Store
from fetal.store.state.derivation import derive_again
from fetal.store.state.state_tables import ScanState
from fetal.store.tables import Fact, PredictionRow, Promotion

AT_ONCE = 300
"""Scans in one transaction, so that nobody waits long for the write lock."""

_TO_FOLLOW = "promotion to follow"
"""The name of the fact that stands until all scans follow the promotion that it names."""


def ask_to_follow(session: Session, promotion: Promotion) -> None:
    """Write down, in the transaction of a promotion, that the lists are to follow it.

    Args:
        session: the transaction.
        promotion: its row, with its number.
    """
    session.merge(Fact(name=_TO_FOLLOW, value=str(promotion.id)))


def follow_promotions(
    store: Store, *, most: int | None = None, stop: Callable[[], bool] | None = None
) -> bool:
    """Let every scan show the opinion of the newest champion that has one of it.

    A promotion may change the opinion on a million scans, which is too much for its transaction.
    Until this has come to a scan, lists show the opinion of the champion before, under its name.

    Args:
        store: the database.
        most: stop after about so many scans. If None, when all are done.
        stop: asked between transactions.

    Returns:
        Whether all scans follow the newest promotion.
    """
    done = 0
    reached: dict[int, int] = {}
    while (promotion := promotion_to_follow(store)) is not None:
        if (most is not None and done >= most) or (stop is not None and stop()):
            return False
        numbers = _follow_some(store, promotion, reached.get(promotion.id, 0))
        done += len(numbers)
        reached[promotion.id] = numbers[-1] if numbers else 0
    return True


def promotion_to_follow(store: Store) -> Promotion | None:
    """Return the promotion that lists do not follow completely yet; None if there is none.

    Args:
        store: the database.
    """
    with store.reading() as session:
        fact = session.get(Fact, _TO_FOLLOW)
        return session.get(Promotion, int(fact.value)) if fact is not None else None


def _follow_some(store: Store, promotion: Promotion, after: int) -> list[int]:
    """Derive the next scans anew; none are left where it gives none."""
    with store.reading() as session:
        numbers = _behind(session, promotion.model_id, after)
    with store.session() as session:
        derive_scans(session, numbers)
        if not numbers:
            # A newer promotion, which somebody made meanwhile, stays to be followed.
            done = Fact.name == _TO_FOLLOW, Fact.value == str(promotion.id)
            session.execute(delete(Fact).where(*done))
    return numbers


def derive_scans(session: Session, numbers: Sequence[int]) -> None:
    """Derive the states of some scans anew, in one statement.

    Args:
        session: the transaction; it must be one that writes (`Store.session`).
        numbers: the scans; those that do not exist are passed over.
    """
    statement = text(derive_again("scan.id IN :scans"))
    session.execute(
        statement.bindparams(bindparam("scans", expanding=True)), {"scans": list(numbers)}
    )


def _behind(session: Session, model: int, after: int) -> list[int]:
    """The next scans that a model has predicted and that show another one's opinion."""
    query = (
        select(PredictionRow.scan_id)
        .join(ScanState, ScanState.scan_id == PredictionRow.scan_id)
        .where(
            PredictionRow.model_id == model,
            PredictionRow.scan_id > after,
            ScanState.model_id != model,
        )
        .order_by(PredictionRow.scan_id)
        .limit(AT_ONCE)
    )
    return list(session.scalars(query))
