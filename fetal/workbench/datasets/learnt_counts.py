"""How many stored scans each model has learnt from, counted anew where that may have changed."""

import threading

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fetal.store.bulk import any_of
from fetal.store.learnt_tables import LearntMark, LearntScan
from fetal.store.tables import ModelVersion
from fetal.workbench.core.erasure_count import count_erasures
from fetal.workbench.datasets.lineage import chain

_Mark = tuple[tuple[int, ...], ...]
"""How often something was erased, and up to which rows scans were held against each list."""


class LearntCounts:
    """Counts the scans that are noted of models; safe to share between threads.

    Of a million scans, counting takes some ten milliseconds, and pages ask at every click.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._counted: dict[int, tuple[_Mark, int]] = {}

    def of(self, session: Session, version: ModelVersion) -> int:
        """Count the scans that are noted of a model and of those that it came from.

        Args:
            session: the transaction.
            version: the model.
        """
        models = [model.id for model in chain(session, version)]
        noted = select(LearntMark.model_id, LearntMark.scan_id, LearntMark.fingerprint_id)
        rows = session.execute(
            noted.where(any_of(LearntMark.model_id, models)).order_by(LearntMark.model_id)
        )
        mark = ((count_erasures(session),), *(tuple(row) for row in rows))
        with self._turn:
            last = self._counted.get(version.id)
        if last is not None and last[0] == mark:
            return last[1]
        query = select(func.count()).where(any_of(LearntScan.model_id, models))
        count = session.scalar(query) or 0
        with self._turn:
            self._counted[version.id] = (mark, count)
        return count
