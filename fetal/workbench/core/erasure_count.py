"""How often something was erased: what a process keeps in memory is only as old as this number."""

from sqlalchemy.orm import Session

from fetal.store.tables import Fact

ERASURES = "erasures"
"""The name of the fact that counts them."""


def count_erasures(session: Session) -> int:
    """Return how often something was erased in the workspace, by any process.

    Args:
        session: the transaction.
    """
    fact = session.get(Fact, ERASURES, populate_existing=True)
    return int(fact.value) if fact is not None else 0


def add_erasure(session: Session) -> None:
    """Count one more erasure, in its own transaction.

    Args:
        session: the transaction; it must be one that writes (`Store.session`).
    """
    session.merge(Fact(name=ERASURES, value=str(count_erasures(session) + 1)))
