"""What each Keras layer is in OpenVINO's operations; images lie channels first.

The operations: https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets.html
"""

from typing import Any

import keras
import numpy as np
from openvino import opset1
from openvino import opset13 as ops

from fetal.training.export.writer import Emitter, GraphWriter, Node, UnsupportedLayerError


def to_first(node: Node) -> Node:
    """Move the channels of an image before its rows; leave vectors as they are."""
    return ops.transpose(node, [0, 3, 1, 2]) if _rank(node) == 4 else node


def to_last(node: Node) -> Node:
    """Move the channels of an image behind its columns; leave vectors as they are."""
    return ops.transpose(node, [0, 2, 3, 1]) if _rank(node) == 4 else node


def _rank(node: Node) -> int:
    return int(node.get_output_partial_shape(0).rank.get_length())


def _expect(layer: Any, holds: bool, option: str) -> None:
    if not holds:
        raise UnsupportedLayerError(
            f"The export does not know {option} of the layer “{layer.name}” "
            f"({type(layer).__name__}). Use another option, or add it to "
            "fetal/training/export/layers.py."
        )


def _over_channels(values: Node, node: Node) -> Node:
    """Shape a vector of one value per channel so that it meets the channels of `node`."""
    return ops.reshape(values, [1, -1, 1, 1], False) if _rank(node) == 4 else values


def _fixed(values: Any) -> Node:
    array = np.asarray(keras.ops.convert_to_numpy(values), np.float32)
    return ops.constant(np.ascontiguousarray(array.reshape(-1)))


def _activate(layer: Any, node: Node) -> Node:
    match getattr(layer.activation, "__name__", ""):
        case "linear":
            return node
        case "relu":
            return ops.relu(node)
        case "relu6":
            return ops.clamp(node, 0.0, 6.0)
        case "silu" | "swish":
            return ops.swish(node)
        case "gelu":
            return ops.gelu(node, "ERF")
        case "sigmoid":
            return ops.sigmoid(node)
        case "softmax":
            return ops.softmax(node, 1)
        case name:
            _expect(layer, False, f"the activation “{name}”")
            return node


def _identity(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return given[0]


def _concatenate(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    rank = _rank(given[0])
    _expect(layer, layer.axis in (-1, rank - 1), f"the axis {layer.axis}")
    return ops.concat(given, 1)


def _add(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    _expect(layer, len(set(map(_rank, given))) == 1, "inputs of several ranks")
    total = given[0]
    for other in given[1:]:
        total = ops.add(total, other)
    return total


def _multiply(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    _expect(layer, len(set(map(_rank, given))) == 1, "inputs of several ranks")
    product = given[0]
    for other in given[1:]:
        product = ops.multiply(product, other)
    return product


def _normalization(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    _expect(layer, not layer.invert, "inversion")
    mean = _over_channels(_fixed(layer.mean), given[0])
    deviation = np.sqrt(np.asarray(keras.ops.convert_to_numpy(layer.variance), np.float32))
    deviation = np.maximum(deviation, np.float32(keras.config.epsilon()))
    return ops.divide(ops.subtract(given[0], mean), _over_channels(_fixed(deviation), given[0]))


def _rescaling(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    scaled = ops.multiply(given[0], _over_channels(_fixed(layer.scale), given[0]))
    return ops.add(scaled, _over_channels(_fixed(layer.offset), given[0]))


def _standardise_scan(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    axes = ops.constant(np.array([1, 2, 3]))
    return ops.mvn(given[0], axes, True, layer.epsilon, "inside_sqrt")


def _zero_padding(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    (top, bottom), (left, right) = layer.padding
    return ops.pad(given[0], [0, 0, top, left], [0, 0, bottom, right], "constant", np.float32(0))


def _convolution(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    kernel = writer.kernel(layer.kernel, lambda values: values.transpose(3, 2, 0, 1))
    if layer.groups > 1:
        rows, columns, entering, leaving = layer.kernel.shape
        groups = layer.groups
        shape = [groups, leaving // groups, entering, rows, columns]
        kernel = ops.reshape(kernel, shape, False)
    return _convolve(writer, layer, given[0], kernel)


def _depthwise(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    # OpenVINO wants groups, channels out and in of each group, rows, columns.
    kernel = writer.kernel(layer.kernel, lambda values: values.transpose(2, 3, 0, 1)[:, :, None])
    return _convolve(writer, layer, given[0], kernel)


def _convolve(writer: GraphWriter, layer: Any, node: Node, kernel: Node) -> Node:
    _expect(layer, layer.data_format == "channels_last", "channels first")
    operation = ops.group_convolution if _rank(kernel) == 5 else ops.convolution
    result = operation(
        node,
        kernel,
        strides=list(layer.strides),
        pads_begin=[0, 0],
        pads_end=[0, 0],
        dilations=list(layer.dilation_rate),
        auto_pad={"same": "same_upper", "valid": "valid"}[layer.padding],
    )
    if layer.use_bias:
        result = ops.add(result, _over_channels(writer.variable(layer.bias), result))
    return _activate(layer, result)


def _batch_normalization(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    _expect(layer, layer.axis in (-1, _rank(given[0]) - 1), f"the axis {layer.axis}")
    width = layer.moving_mean.shape[0]
    return ops.batch_norm_inference(
        given[0],
        writer.variable(layer.gamma) if layer.scale else ops.constant(np.ones(width, np.float32)),
        writer.variable(layer.beta) if layer.center else ops.constant(np.zeros(width, np.float32)),
        writer.variable(layer.moving_mean),
        writer.variable(layer.moving_variance),
        layer.epsilon,
    )


def _layer_normalization(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    node = to_last(given[0])
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    _expect(layer, list(axes) in ([-1], [_rank(node) - 1]), f"the axis {layer.axis}")
    _expect(layer, not getattr(layer, "rms_scaling", False), "the option rms_scaling")
    result = ops.mvn(node, ops.constant(np.array([-1])), True, layer.epsilon, "inside_sqrt")
    if layer.scale:
        result = ops.multiply(result, writer.variable(layer.gamma))
    if layer.center:
        result = ops.add(result, writer.variable(layer.beta))
    return to_first(result)


def _layer_scale(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return ops.multiply(given[0], _over_channels(writer.variable(layer.gamma), given[0]))


def _relu(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    plain = not layer.negative_slope and not layer.threshold
    _expect(layer, plain, "a slope or threshold")
    if layer.max_value is not None:
        return ops.clamp(given[0], 0.0, float(layer.max_value))
    return ops.relu(given[0])


def _activation(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return _activate(layer, given[0])


def _max_pooling(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return opset1.max_pool(
        given[0],
        strides=list(layer.strides),
        pads_begin=[0, 0],
        pads_end=[0, 0],
        kernel_shape=list(layer.pool_size),
        auto_pad={"same": "same_upper", "valid": "valid"}[layer.padding],
    )


def _average_pooling(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return ops.avg_pool(
        given[0],
        strides=list(layer.strides),
        pads_begin=[0, 0],
        pads_end=[0, 0],
        kernel_shape=list(layer.pool_size),
        exclude_pad=True,
        auto_pad={"same": "same_upper", "valid": "valid"}[layer.padding],
    )


def _global_average(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    return ops.reduce_mean(given[0], [2, 3], keep_dims=bool(layer.keepdims))


def _dense(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    result = ops.matmul(to_last(given[0]), writer.kernel(layer.kernel), False, False)
    if layer.use_bias:
        result = ops.add(result, writer.variable(layer.bias))
    return _activate(layer, to_first(result))


def _reshape(writer: GraphWriter, layer: Any, given: list[Node]) -> Node:
    shape = [-1, *(int(size) for size in layer.output.shape[1:])]
    return to_first(ops.reshape(to_last(given[0]), shape, False))


EMITTERS: dict[str, Emitter] = {
    "Activation": _activation,
    "Add": _add,
    "AveragePooling2D": _average_pooling,
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Conv2D": _convolution,
    "Dense": _dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _identity,
    "GlobalAveragePooling2D": _global_average,
    "LayerNormalization": _layer_normalization,
    "LayerScale": _layer_scale,
    "MaxPooling2D": _max_pooling,
    "Multiply": _multiply,
    "Normalization": _normalization,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "StandardiseScan": _standardise_scan,
    "StochasticDepth": _identity,
    "ZeroPadding2D": _zero_padding,
}
"""The layers that the export knows, by the name of their class."""
