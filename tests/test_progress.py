"""How far work is, and work in the background."""

from threading import Event

import pytest

from fetal.progress import BackgroundWork, NoResultError, OnProgress, Progress, within


class SentenceError(ValueError):
    """An error of this program: its text is for people."""


SentenceError.__module__ = "fetal.somewhere"


def test_one_of_several_parts_reports_the_progress_of_the_whole() -> None:
    reported: list[Progress] = []
    on_progress = within(reported.append, 1, 4)
    on_progress(Progress(5, 10, "Reading"))
    assert reported == [Progress(15, 40, "Reading")]
    assert (reported[0].share, Progress().share) == (0.375, 0.0)


def test_work_says_how_far_it_is_and_stops_when_asked() -> None:
    reached = Event()
    stop = Event()

    def task(on_progress: OnProgress) -> str:
        on_progress(Progress(1, 2))
        reached.set()
        assert stop.wait(10)
        return "half"

    work = BackgroundWork(task, stop=stop)
    assert reached.wait(10)
    assert (work.progress, work.finished, work.stopping) == (Progress(1, 2), False, False)
    with pytest.raises(NoResultError):
        _ = work.result
    assert work.stop is not None
    work.stop.set()
    assert work.wait(10)
    assert (work.result, work.finished, work.stopping, work.failure) == ("half", True, True, None)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(SentenceError("The disk is full."), "The disk is full."), (KeyError("x"), "log says why")],
)
def test_work_that_fails_says_why_in_a_sentence(error: Exception, sentence: str) -> None:
    def task(on_progress: OnProgress) -> None:
        raise error

    work = BackgroundWork(task)
    assert work.wait(10)
    assert work.error is error
    assert work.failure is not None
    assert sentence in work.failure
