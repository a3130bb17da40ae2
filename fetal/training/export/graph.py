"""Writes the serving graph and checks that heat maps follow from it.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import openvino as ov
from openvino import opset13 as ops

from fetal.bundle.weights import HEAD, PREFIX
from fetal.training.export.layers import EMITTERS, to_first, to_last
from fetal.training.export.names import variable_path
from fetal.training.export.writer import ExportError, GraphWriter


def export_graph(model: keras.Model, folder: Path, name: str = "graph") -> None:
    """Write a model as `graph.xml` and `graph.bin`, the only copy of its weights.

    The functional model is walked and each layer becomes the operations that compute it: no
    TensorFlow and no tracing, so that every Keras backend exports the same graph. Kernels are kept
    as float16, which halves the file; biases and normalisations stay float32. The same model gives
    the same files.

    Args:
        model: a functional model with one input (rows, columns, 1), grey 0 to 255, and the outputs
            [maps, logits], the logits by average pooling over the maps and one dense layer.
        folder: receives the two files; must exist.
        name: what the files are called before `.xml` and `.bin`.

    Raises:
        UnsupportedLayerError: the model has a layer that the export does not know.
        ExportError: its outputs are not as said, or a weight is not a finite number.

    Example:
        >>> export_graph(build("resnet50", 256, mean, std), Path("model"))  # doctest: +SKIP
    """
    head = _head(model)
    writer = GraphWriter(EMITTERS)
    scan = ops.parameter([-1, *model.inputs[0].shape[1:]], np.float32, name="scan")
    maps, logits = writer.run(model, [to_first(scan)])
    results = [ops.result(to_last(maps)), ops.result(logits)]
    lost = sorted({variable_path(weight) for weight in model.weights} - set(writer.constants))
    if lost:
        raise ExportError(f"The graph would lose the weights {', '.join(lost[:3])}.")
    graph = ov.Model(results, [scan], "fetal")
    _name(graph)
    graph.set_rt_info(" ".join(head), HEAD)
    ov.serialize(graph, str(folder / f"{name}.xml"), str(folder / f"{name}.bin"))


def _head(model: keras.Model) -> tuple[str, str]:
    """Check that Grad-CAM follows from the maps and the last layer; return that layer's paths."""
    if len(model.inputs) != 1 or len(model.outputs) != 2:
        raise ExportError(
            f"Expected one input and the outputs [maps, logits]; received {len(model.inputs)} "
            f"and {len(model.outputs)}. Build the model with fetal.training.networks.architectures."
        )
    maps, tensor = model.outputs
    dense = _producer(tensor).operation
    passed: list[str] = []
    while tensor is not maps and not _producer(tensor).is_input:
        passed.append(type(_producer(tensor).operation).__name__)
        tensor = _producer(tensor).input_tensors[0]
    layers = [name for name in passed if name != "Dropout"]
    if tensor is not maps or layers != ["Dense", "GlobalAveragePooling2D"]:
        raise ExportError(
            "The logits must follow from the maps by average pooling and one dense layer, or the "
            f"heat maps would be wrong; received {', then '.join(reversed(passed[:4]))}. "
            "Build the model with fetal.training.networks.architectures."
        )
    if dense.bias is None or getattr(dense.activation, "__name__", "") != "linear":
        raise ExportError(
            f"The layer “{dense.name}” must have a bias and no activation: its outputs are logits."
        )
    return variable_path(dense.kernel), variable_path(dense.bias)


def _producer(tensor: Any) -> Any:
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _name(graph: ov.Model) -> None:
    """Name every operation by its place, so that the files do not tell what was built before."""
    for index, node in enumerate(graph.get_ordered_ops()):
        if not node.get_friendly_name().startswith(PREFIX):
            node.set_friendly_name(f"{node.get_type_name()}/{index}")
    graph.get_parameters()[0].set_friendly_name("scan")
    graph.inputs[0].get_tensor().set_names({"scan"})
    for index, name in enumerate(("maps", "logits")):
        graph.get_results()[index].set_friendly_name(name)
        graph.outputs[index].get_tensor().set_names({name})
