"""The arithmetic of a forward pass: 32 bits, or 16 where the processor is quicker with it."""

import importlib
from functools import cache

from fetal.configuration.declared import PRECISION

FLOAT32, BFLOAT16 = "f32", "bf16"
"""As OpenVINO's hint `INFERENCE_PRECISION_HINT` names them."""


def inference_precision() -> str:
    """Return the arithmetic in which OpenVINO is to compute a model on this machine.

    16 bits (bfloat16) halve the time on a processor that multiplies them in hardware (AMX,
    AVX-512 BF16); docs/uncertainty.md says by how much answers move. Elsewhere they would only be
    slower.

    Returns:
        `FLOAT32` or `BFLOAT16`: what the setting FETAL_PRECISION names, else the quicker one.

    Example:
        >>> inference_precision() in (FLOAT32, BFLOAT16)
        True
    """
    match PRECISION.value():
        case "float32":
            return FLOAT32
        case "bfloat16":
            return BFLOAT16
        case _:
            return BFLOAT16 if _multiplies_bfloat16() else FLOAT32


@cache
def _multiplies_bfloat16() -> bool:
    openvino = importlib.import_module("openvino")
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
