"""Several machines or GPUs train at once, each one run; workers of one device stand by."""

from collections.abc import Callable, Iterator

import pytest

from fetal.jobs import device, heartbeats
from fetal.jobs.device import NO_TRAINING, gpu_in_words
from fetal.jobs.heartbeats import announce, places, workers
from fetal.jobs.lease import claim
from fetal.jobs.waiting_jobs import queued_run
from fetal.store.database import Store
from fetal.store.states import RunState
from fetal.store.tables import Run
from fetal.store.workspace import Workspace

TWO = ("NVIDIA H100", "NVIDIA H100")

Announce = Callable[[str, str], None]


@pytest.fixture
def store(any_workspace: Workspace) -> Iterator[Store]:
    opened = Store.open(any_workspace)
    yield opened
    opened.close()


@pytest.fixture
def there(store: Store, monkeypatch: pytest.MonkeyPatch) -> Announce:
    """Have a worker announce itself as one on some device."""

    def announce_on(name: str, device_name: str) -> None:
        monkeypatch.setattr(heartbeats, "describe_device", lambda: device_name)
        announce(store, name)

    return announce_on


def queue(store: Store, who: str, slot: int) -> int:
    with store.session() as session:
        run = Run(settings={}, snapshot="", snapshot_counts={}, who=who, slot=slot, status="queued")
        session.add(run)
        session.flush()
        return run.id


def count_places(store: Store) -> int:
    with store.reading() as session:
        return places(workers(session))


@pytest.mark.parametrize(
    ("visible", "name"),
    [
        (None, "GPU, NVIDIA H100 (0)"),
        ("1", "GPU, NVIDIA H100 (1)"),
        ("1,0", "GPU, NVIDIA H100 (1)"),
        ("GPU-8f2b", "GPU, GPU-8f2b"),
        ("", None),
        ("-1", None),
        ("7", None),
    ],
)
def test_a_gpu_is_named_by_its_number(visible: str | None, name: str | None) -> None:
    assert gpu_in_words(TWO, visible) == name


def test_the_only_gpu_has_no_number() -> None:
    assert gpu_in_words(TWO[:1], None) == "GPU, NVIDIA H100"
    assert gpu_in_words((), None) is None


def test_each_device_is_one_place_and_workers_of_one_share_it(
    store: Store, there: Announce
) -> None:
    assert count_places(store) == 1
    there("box:1:a", "GPU, NVIDIA H100 (0)")
    there("box:2:b", "GPU, NVIDIA H100 (0)")
    assert count_places(store) == 1
    there("box:3:c", "GPU, NVIDIA H100 (1)")
    there("other:1:d", "GPU, NVIDIA H100 (1)")
    assert count_places(store) == 3
    there("pc:1:e", NO_TRAINING)
    assert count_places(store) == 3


def test_a_second_worker_of_a_device_takes_no_second_run(store: Store, there: Announce) -> None:
    for name, number in (("box:1:a", 0), ("box:2:b", 0), ("box:3:c", 1)):
        there(name, f"GPU, NVIDIA H100 ({number})")
    first, second = queue(store, "Ada", 1), queue(store, "Ada", 2)
    lease = claim(store, first, "box:1:a", "GPU")
    assert lease
    assert claim(store, second, "box:2:b", "GPU") is None
    lease.finish(RunState.DONE)
    assert claim(store, second, "box:2:b", "GPU")


def test_two_devices_train_two_runs(store: Store, there: Announce) -> None:
    for name, number in (("box:1:a", 0), ("box:3:c", 1)):
        there(name, f"GPU, NVIDIA H100 ({number})")
    runs = [queue(store, "Ada", 1), queue(store, "Ben", 2)]
    assert claim(store, runs[0], "box:1:a", "GPU")
    assert claim(store, runs[1], "box:3:c", "GPU")


def test_who_has_no_training_going_on_comes_first(store: Store) -> None:
    first, second = queue(store, "Ada", 1), queue(store, "Ada", 2)
    third = queue(store, "Ben", 3)
    assert queued_run(store) == first
    assert claim(store, first, "one", "GPU")
    assert queued_run(store) == third
    assert claim(store, third, "two", "GPU")
    assert queued_run(store) == second


def test_a_machine_without_keras_says_that_it_trains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device, "can_train", lambda: False)
    assert device.describe_device.__wrapped__() == NO_TRAINING
