import pytest

from fetal.training.events import (
    DeviceChosen,
    EpochDone,
    Event,
    LogLine,
    StageBegun,
    StepDone,
    TrainingDone,
    TrainingFailed,
    TrainingKilled,
    TriedAgain,
    WorkerLost,
    event_of,
    from_line,
    to_line,
)

EVENTS: list[Event] = [
    DeviceChosen("CPU"),
    LogLine("Two\nlines – “quoted”"),
    StageBegun("Reading the scans", 1, 5),
    StepDone("Reading the scans", 3, 20),
    StepDone("All layers", 3, 20, epoch=1, epochs=4, seconds_left=1.5, loss=0.5, accuracy=0.25),
    EpochDone("All layers", 2, 4, 0.5, 0.25, 0.75, 0.125, 1e-5, 12.5),
    TrainingDone("runs/7/model"),
    TrainingFailed("There is one plane only."),
    WorkerLost("It stopped."),
    TrainingKilled("It was ended."),
    TriedAgain("Ann had it tried again."),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_an_event_is_read_as_it_was_written(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


def test_a_loss_that_is_no_number_is_left_out_and_known_as_such() -> None:
    point = EpochDone("All layers", 1, 2, loss=float("nan"), val_loss=float("inf"))
    assert from_line(to_line(point)) == EpochDone("All layers", 1, 2)
    assert point.diverged
    again = from_line(to_line(point))
    assert isinstance(again, EpochDone)
    assert again.diverged
    assert not EpochDone("All layers", 1, 2, loss=0.5, val_loss=0.25).diverged


def test_another_version_may_say_more_or_less() -> None:
    assert event_of("log", {"text": "a line", "colour": "red"}) == LogLine("a line")
    assert event_of("log", {}) is None
    assert event_of("weather", {"text": "sunny"}) is None
    assert from_line('{"kind": "weather"}') is None


@pytest.mark.parametrize("line", ["Warning: hot", "7", "[]", '{"text": "no kind"}', '{"kind": 7}'])
def test_a_line_that_is_no_event_is_told_apart(line: str) -> None:
    with pytest.raises(ValueError, match=r"kind|Expecting"):
        from_line(line)
