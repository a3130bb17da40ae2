"""What other libraries may not do in this program: report usage, write into the home folder, chat.

`import fetal` calls `restrain` first, so that it has run before any module of this program, in
any of its processes, can import one of them.
"""

import gc
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

BACKENDS = ("tensorflow", "jax", "torch")
"""What Keras may compute with, as `KERAS_BACKEND` names it."""

_NO_FOLDER = f"{os.devnull}/keras"
"""Cannot be made: Keras then keeps its settings in memory."""

_NO_ERRORS, _NO_WARNINGS = "3", "2"

_GREETINGS = "^WARNING: All log messages before|^[IW]0000 |^To enable the following instructions"
"""What TensorFlow prints before it looks at `TF_CPP_MIN_LOG_LEVEL`."""


class BackendError(ValueError):
    """`KERAS_BACKEND` names no backend that can be used here."""


def restrain() -> None:
    """Set what has to be set before OpenVINO, Keras and TensorFlow are imported.

    - OpenVINO reports every import to an analytics service, with a client id that it keeps in the
      home folder, unless `openvino_telemetry` cannot be imported: it then uses its own stub
      (`openvino/tools/ovc/telemetry_utils.py`).
    - Keras makes `~/.keras`, unless `KERAS_HOME` names another folder. A folder that is there
      already is a person's own, and stays in use.
    - TensorFlow prints greetings, and, where there is no GPU, an error that there is none.

    What a person has set in the environment stays as it is.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    if not (Path.home() / ".keras").is_dir():
        os.environ.setdefault("KERAS_HOME", _NO_FOLDER)
    # What goes wrong on a processor is raised; what goes wrong on a GPU may only be printed.
    level = _NO_WARNINGS if shutil.which("nvidia-smi") else _NO_ERRORS
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", level)


def can_train() -> bool:
    """Return whether Keras and a backend for it are installed, without loading them."""
    backend = os.environ.get("KERAS_BACKEND") or _installed_backend()
    # A name that is none of a backend's is said when a training starts.
    known = backend in BACKENDS
    return find_spec("keras") is not None and (not known or find_spec(backend) is not None)


def _installed_backend() -> str:
    """The first of `BACKENDS` that is installed; without any, the first."""
    return next((name for name in BACKENDS if find_spec(name) is not None), BACKENDS[0])


def load_keras(folder: Path | None = None) -> None:
    """Import Keras with the backend that the environment names, without its greetings.

    Args:
        folder: where Keras keeps what it downloads, unless a person named another place. If None,
            nothing is to be downloaded.

    Raises:
        BackendError: `KERAS_BACKEND` names none of `BACKENDS`, or one that is not installed.
    """
    backend = os.environ.get("KERAS_BACKEND") or _installed_backend()
    if backend not in BACKENDS:
        raise BackendError(
            f"KERAS_BACKEND is “{backend}”. Expected {', '.join(BACKENDS[:-1])} or {BACKENDS[-1]}."
        )
    if find_spec("keras") is None or find_spec(backend) is None:
        raise BackendError(
            f"To train, Keras and what it computes with are needed, here “{backend}” "
            f"(KERAS_BACKEND: one of {', '.join(BACKENDS)}). Install them with "
            "“pip install keras {0}”, or train on another machine.".format(backend)
        )
    os.environ["KERAS_BACKEND"] = backend
    if folder is not None and os.environ.get("KERAS_HOME") == _NO_FOLDER:
        # Keras downloads into the system's temporary folder where this one does not exist.
        folder.mkdir(parents=True, exist_ok=True)
        os.environ["KERAS_HOME"] = str(folder)
    if "keras" not in sys.modules:
        with _without_greetings(), _without_scikit_learn(), _outside_garbage_collection():
            importlib.import_module("keras")


@contextmanager
def _without_scikit_learn() -> Iterator[None]:
    """Keep scikit-learn from being imported for Keras's wrappers of it, which nothing here uses.

    It takes a fifth of the time that the import of Keras takes.
    """
    if "sklearn" in sys.modules:
        yield
        return
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["sklearn"]


@contextmanager
def _outside_garbage_collection() -> Iterator[None]:
    """Spare Python's garbage collection the million objects of a large import.

    They live as long as the process. Looking at them again and again took a fifth of the
    processor's time in a short training.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@contextmanager
def _without_greetings() -> Iterator[None]:
    """Filter standard error by a process of its own: it prints what an abort leaves as well."""
    program = shutil.which("grep")
    if program is None:
        yield
        return
    sys.stderr.flush()
    before = os.dup(2)
    with subprocess.Popen(
        [program, "--line-buffered", "--invert-match", "--extended-regexp", _GREETINGS],
        stdin=subprocess.PIPE,
        stdout=before,
    ) as sieve:
        assert sieve.stdin is not None
        os.dup2(sieve.stdin.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(before, 2)
            os.close(before)
