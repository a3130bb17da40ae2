"""A model in other processes: it predicts, or says at once what to do. It never hangs."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fetal.phantom import simulate
from fetal.planes import Plane
from fetal.predict import load_model
from fetal.scans import ScanError, encode_png, errors
from tests.support.tiny_model import tiny_model

PROGRAM = Path(__file__).with_name("processes.py")


@pytest.fixture
def say(tmp_path: Path) -> Callable[[str], str]:
    """What the program prints; ended where it hangs."""
    scan = tmp_path / "scan.png"
    scan.write_bytes(encode_png(simulate(Plane.BRAIN, 1, size=(200, 260)).pixels))

    def run(what: str) -> str:
        done = subprocess.run(
            [sys.executable, PROGRAM, what, scan],
            env=os.environ | {"FETAL_MODEL": str(tiny_model().folder)},
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return done.stdout.strip()

    return run


@pytest.mark.parametrize("what", ["parent's", "own"])
def test_a_fork_after_a_model_was_loaded_says_what_to_do(
    say: Callable[[str], str], what: str
) -> None:
    assert say(what).startswith("ForkedProcessError: ")
    assert "get_context('spawn')" in say(what)


def test_processes_that_load_their_own_model_predict(say: Callable[[str], str]) -> None:
    assert say("own, nothing loaded before").startswith("['")


def test_a_model_goes_to_a_spawned_process_and_serves_many_threads(
    say: Callable[[str], str],
) -> None:
    plane = say("threads")
    assert plane == f"{{'{say('spawn')}'}}"


def test_a_refused_file_comes_back_from_a_process_pool(say: Callable[[str], str]) -> None:
    assert say("reading").startswith("NotAnImageError: Expected a PNG")


def test_every_refusal_can_be_pickled() -> None:
    arguments = (("JPEG",), ("a", "b"), (1, 2, 3), (7,), ())
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    kinds = [kind for kind in kinds if issubclass(kind, ScanError) and kind is not ScanError]
    assert len(kinds) > 10
    for kind in kinds:
        error = next(filter(None, (_made(kind, given) for given in arguments)))
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (kind, str(error))


def test_a_model_can_be_pickled() -> None:
    model = load_model(tiny_model().folder)
    assert pickle.loads(pickle.dumps(model)).bundle.digest == model.bundle.digest


def _made(kind: type[ScanError], given: tuple[object, ...]) -> ScanError | None:
    try:
        return kind(*given)
    except (TypeError, ValueError):
        return None
