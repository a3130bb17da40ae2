"""The setting that a second person has to agree before another model predicts.

Who asked first stands in the audit, which nobody can change, and nowhere else.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from fetal.configuration.declared import SECOND_PERSON
from fetal.store.access import audit_chain
from fetal.store.access.audit_chain import EventKind
from fetal.workbench.core.workbench import Workbench

_KINDS = (EventKind.PROMOTION_ASKED, EventKind.PROMOTED, EventKind.ROLLED_BACK)
_LOOKED_AT = 200


@dataclass(frozen=True)
class PromotionAsked:
    """A promotion that somebody asked for, and that waits for a second person.

    Attributes:
        model_id: the version that is to predict.
        who: who asked first.
        account_id: that person's account.
        at: when.
    """

    model_id: int
    who: str
    account_id: int | None
    at: datetime


def waiting(workbench: Workbench) -> list[PromotionAsked]:
    """Return the promotions that wait for a second person, the newest first.

    Args:
        workbench: the workbench.
    """
    if SECOND_PERSON.value() == "no":
        return []
    with workbench.store.reading() as session:
        return _asked(session)


def may_go_on(workbench: Workbench, session: Session, model_id: int) -> bool:
    """Return whether a promotion may be done now, and not only be asked for.

    Args:
        workbench: the workbench, in the hands of whoever promotes.
        session: the transaction.
        model_id: the version that is to predict.

    Returns:
        True where no second person is needed, where another person asked for the same before, at
        the command line, and where there are no accounts.
    """
    mine = workbench.actor.account_id
    if mine is None or SECOND_PERSON.value() == "no":
        return True
    return any(one.model_id == model_id and one.account_id != mine for one in _asked(session))


def _asked(session: Session) -> list[PromotionAsked]:
    """What was asked since another model began to predict."""
    found = []
    for event in audit_chain.newest(session, tuple(kind.value for kind in _KINDS), _LOOKED_AT):
        if event.kind != EventKind.PROMOTION_ASKED:
            break
        model = int(event.detail["model"])
        found.append(PromotionAsked(model, event.who, event.account_id, event.at))
    return found
