"""A sweep on two workers that count as GPUs, in processes of their own; one of them is killed."""

import threading
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import pytest

from fetal.experiments import Sweep, Variant, compare, markdown, run_sweep
from fetal.experiments.trial import in_this_process
from fetal.experiments.trials_on_cluster import on_cluster
from fetal.planes import FETAL_PLANES
from tests.experiments.test_runner import SMALL, case

# A network that other processes have as well: the tiny one is this process's own.
REAL = SMALL.but(architecture="sononet16")

SWEEP = Sweep(
    (Variant("first", REAL), Variant("second", REAL.but(optimizer="plain_sgd"))),
    folds=2,
    folds_run=2,
    seeds=(1, 2),
)


def _trainings() -> list[psutil.Process]:
    """The processes of trials that go on."""
    found = []
    for one in psutil.Process().children(recursive=True):
        # One may have ended a moment ago.
        with suppress(psutil.Error):
            if "fetal.experiments.trial_process" in one.cmdline():
                found.append(one)
    return found


@pytest.mark.slow
def test_a_sweep_uses_both_workers_outlives_one_and_gives_the_table_of_one_machine(
    tmp_path: Path,
) -> None:
    cases = [case(plane, seed) for plane in FETAL_PLANES for seed in range(6)]
    alone = run_sweep(SWEEP, cases, tmp_path / "alone", lambda _: None, do=in_this_process)

    most = 0
    killed: list[int] = []
    ended = threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.1):
            there = _trainings()
            most = max(most, len(there))
            if len(there) == 2 and not killed:
                there[0].kill()
                killed.append(there[0].pid)

    told: list[str] = []
    watching = threading.Thread(target=watch)
    watching.start()
    both = run_sweep(
        SWEEP, cases, tmp_path / "both", told.append, do=partial(on_cluster, at_once=2)
    )
    ended.set()
    watching.join()
    assert len(told) == 8
    assert most == 2
    assert killed
    assert _without_seconds(markdown(compare(both))) == _without_seconds(markdown(compare(alone)))


def _without_seconds(table: str) -> list[str]:
    return [line.rsplit("|", 2)[0] for line in table.splitlines()]
