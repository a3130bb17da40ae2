"""Running a frozen part of a network, as quickly as the machine can and with nothing learnt."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.features.same_shapes import filled_up
from fetal.training.networks.compute_device import has_gpu

Forward = Callable[[NDArray[Any]], NDArray[np.float32]]
"""From a batch of inputs to the float32 outputs, each (n, ...)."""

_ON_A_CORE = 4

_WITH_KERAS = 16


def forward(model: keras.Model) -> Forward:
    """Make a part of a network ready to run.

    On a processor OpenVINO runs it, in the arithmetic of Keras's policy: it joins each
    convolution with the normalisation and activation behind it, and needs little more than half
    of Keras's time. On a GPU, with layers that the export does not know, and where OpenVINO is not
    installed, Keras does.

    Args:
        model: A functional model with one input and one output, whose weights stay as they are
            for as long as the function is used.

    Returns:
        The function.
    """
    if has_gpu() or find_spec("openvino") is None:
        return _with_keras(model)
    from fetal.training.export.writer import UnsupportedLayerError

    try:
        return _with_openvino(model)
    except UnsupportedLayerError:
        return _with_keras(model)


def _with_openvino(model: keras.Model) -> Forward:
    import openvino as ov
    from openvino import opset13 as ops

    from fetal.training.export.layers import EMITTERS, to_first, to_last
    from fetal.training.export.writer import GraphWriter

    given = ops.parameter([-1, *model.inputs[0].shape[1:]], np.float32)
    [result] = GraphWriter(EMITTERS).run(model, [to_first(given)])
    graph = ov.Model([ops.result(to_last(result))], [given], "part")
    precision = "f32" if keras.config.dtype_policy().compute_dtype == "float32" else "bf16"
    # A few scans on each core do more in the same time than all cores on one batch.
    hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"}
    requests = ov.AsyncInferQueue(ov.Core().compile_model(graph, "CPU", hints))

    def run(batch: NDArray[Any]) -> NDArray[np.float32]:
        starts = range(0, len(batch), _ON_A_CORE)
        made: dict[int, NDArray[np.float32]] = {}

        def keep(request: ov.InferRequest, start: int) -> None:
            # Copied: the next request writes into the same memory.
            made[start] = np.array(request.get_output_tensor(0).data)

        requests.set_callback(keep)
        for start in starts:
            piece = batch[start : start + _ON_A_CORE].astype(np.float32)
            requests.start_async([piece], start)
        requests.wait_all()
        return np.concatenate([made[start] for start in starts])

    return run


def _with_keras(model: keras.Model) -> Forward:
    def run(batch: NDArray[Any]) -> NDArray[np.float32]:
        made = model.predict_on_batch(filled_up(batch, _WITH_KERAS))
        return np.asarray(made, np.float32)[: len(batch)]

    return run
