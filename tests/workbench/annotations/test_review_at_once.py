"""Several people who label and undo at the same time."""

import threading

from sqlalchemy import func, select

from fetal.store.tables import Annotation
from fetal.workbench import Workbench
from fetal.workbench.annotations import review


def test_people_who_label_at_once_lose_nothing(workbench: Workbench, five_scans: list[int]) -> None:
    def label(who: str) -> None:
        for scan in five_scans * 4:
            review.annotate(workbench, scan, "brain", who)

    threads = [threading.Thread(target=label, args=(who,)) for who in ("Ann", "Ben")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with workbench.store.reading() as session:
        counted = session.execute(
            select(Annotation.who, func.count()).group_by(Annotation.who)
        ).all()
        assert dict(counted) == {"Ann": 20, "Ben": 20}


def test_two_people_who_undo_the_same_label_undo_it_once(
    workbench: Workbench, five_scans: list[int]
) -> None:
    done = review.annotate(workbench, five_scans[0], "brain", "Ann")
    outcomes: list[int | None] = []

    def undo() -> None:
        try:
            outcomes.append(review.undo(workbench, done, "Ann"))
        except review.UndoError:
            outcomes.append(None)

    threads = [threading.Thread(target=undo) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(None) == 3
