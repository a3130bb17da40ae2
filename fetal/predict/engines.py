"""What computes the forward pass: OpenVINO by default, else an engine that is registered."""

import importlib.util
import os
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from fetal.bundle import Bundle
from fetal.bundle.manifest import GRAPH
from fetal.engine_registry import find_engine
from fetal.predict.precision import inference_precision

EngineName = Literal["auto", "openvino", "keras"]
Batch = npt.NDArray[np.float32]
Outputs = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]


class UnknownEngineError(ValueError):
    """An engine that this program does not have."""


class ForkedProcessError(RuntimeError):
    """A model cannot compute in a process that was forked from one with a loaded model."""


class _Loaded:
    """The process in which this program loaded its first model.

    A fork takes none of the libraries' threads along, so whoever computes in it waits for ever.
    """

    process: int | None = None

    @classmethod
    def check(cls) -> None:
        if cls.process not in (None, os.getpid()):
            raise ForkedProcessError(
                "A model was loaded before this process was forked, so no model can compute in it. "
                "Start processes with multiprocessing.get_context('spawn'), or load models only "
                "in the processes that predict."
            )

    @classmethod
    def note(cls) -> None:
        cls.check()
        cls.process = os.getpid()


class Engine(Protocol):
    """Computes maps (n, h, w, channels) and logits (n, classes) of scans (n, rows, columns, 1).

    It may be called from several threads at once.
    """

    def start(self, batch: Batch) -> Callable[[], Outputs]:
        """Begin to compute; the function that comes back waits for the result."""


def open_engine(bundle: Bundle, name: EngineName, graph: str = GRAPH) -> Engine:
    """Make a model ready to compute.

    Args:
        bundle: the model on disk.
        name: which engine; `auto` is OpenVINO where it is installed, else Keras.
        graph: which of the model's graphs (`fetal.bundle.manifest`).

    Returns:
        The engine.

    Raises:
        UnknownEngineError: the name is none of these.
        ForkedProcessError: this process was forked from one with a loaded model.
    """
    _Loaded.note()
    if name == "auto":
        name = "openvino" if importlib.util.find_spec("openvino") else "keras"
    make = OpenVinoEngine if name == "openvino" else find_engine(name)
    if make is None:
        raise UnknownEngineError(f"There is no engine “{name}”. Choose auto, openvino or keras.")
    return _InOneProcess(make(bundle, graph))


class _InOneProcess:
    """An engine that says in a forked process that it cannot compute there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, batch: Batch) -> Callable[[], Outputs]:
        _Loaded.check()
        return self._engine.start(batch)


class OpenVinoEngine:
    """A graph of the bundle on the CPU.

    Args:
        bundle: the model on disk.
        graph: which graph of it.
    """

    def __init__(self, bundle: Bundle, graph: str = GRAPH) -> None:
        import openvino

        settings = {
            "INFERENCE_PRECISION_HINT": inference_precision(),
            "PERFORMANCE_HINT": "LATENCY",
        }
        path = str(bundle.folder / f"{graph}.xml")
        self._compiled = openvino.Core().compile_model(path, "CPU", settings)
        # A request serves one caller at a time and is costly to make, so it is used again.
        self._idle: SimpleQueue[Any] = SimpleQueue()

    def start(self, batch: Batch) -> Callable[[], Outputs]:
        """Begin to compute in OpenVINO's own threads."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = self._compiled.create_infer_request()
        request.start_async({"scan": batch})

        def result() -> Outputs:
            request.wait()
            maps, logits = (
                np.array(request.get_tensor(name).data, np.float32) for name in ("maps", "logits")
            )
            self._idle.put(request)
            return maps, logits

        return result
