"""What a run computes on, and in which precision that is quickest."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras


def describe() -> str:
    """The device in a person's words, such as `GPU` or `CPU, 2 cores`."""
    return "GPU" if has_gpu() else f"CPU, {os.cpu_count()} cores"


def choose_precision(mixed: bool) -> str:
    """Set Keras's arithmetic for this process.

    16-bit arithmetic keeps variables in 32 bits. It is used on a GPU, and on a processor that
    multiplies bfloat16 in hardware under TensorFlow; elsewhere it would only be slower.

    Args:
        mixed: False asks for 32 bits throughout.

    Returns:
        The name of Keras's policy.
    """
    quick = has_gpu() or (keras.backend.backend() == "tensorflow" and _has_bfloat16())
    policy = "mixed_bfloat16" if mixed and quick else "float32"
    keras.config.set_dtype_policy(policy)
    return policy


@contextmanager
def own_precision() -> Iterator[None]:
    """Give Keras back the arithmetic that it had, whatever a run has chosen in between.

    A notebook that trains and then builds a network of its own would otherwise compute it in the
    run's 16 bits.
    """
    policy = keras.config.dtype_policy()
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


class DevicesError(ValueError):
    """One training cannot use as many devices as were asked for."""


def spread(devices: int) -> None:
    """Have each batch of this process's trainings computed by several devices.

    Each device computes an equal part of a batch, with the same weights, and their gradients are
    averaged (data parallelism; `keras.distribution.DataParallel`). The batch stays the one that
    the settings name, so that a training comes to the same as on one device, within rounding.

    Args:
        devices: how many; 1 changes nothing.

    Raises:
        DevicesError: Keras does not compute with JAX, or there are fewer devices.
    """
    if devices == 1:
        return
    backend = keras.backend.backend()
    if backend != "jax":
        raise DevicesError(
            f"FETAL_TRAINING_DEVICES is {devices}, and Keras computes with {backend}. Several "
            "devices train one model with JAX alone: set KERAS_BACKEND to jax, or set "
            "FETAL_TRAINING_DEVICES to 1 and start one worker for each device."
        )
    there = keras.distribution.list_devices()
    if len(there) < devices:
        raise DevicesError(
            f"FETAL_TRAINING_DEVICES is {devices}; this machine shows {len(there)} "
            f"({', '.join(there)}). Set it to at most {len(there)}."
        )
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=there[:devices]))


def has_gpu() -> bool:
    """Whether Keras computes on a GPU."""
    # Where a backend puts an array of its own accord is the one thing that all three can tell.
    place = str(keras.ops.zeros(()).device).lower()
    return any(name in place for name in ("gpu", "cuda", "mps"))


VARYING_PROCESSES = 6
"""How many processes vary scans beside a GPU, at most; docs/gpu.md has what they come to."""


def varying_processes() -> int:
    """How many processes vary scans: this one alone on a processor, others beside a GPU."""
    return min(VARYING_PROCESSES, os.cpu_count() or 1) if has_gpu() else 1


def compiles_each_shape() -> bool:
    """Whether Keras compiles a step anew for each shape of a batch, which can take a minute."""
    return bool(keras.backend.backend() == "jax")


def _has_bfloat16() -> bool:
    flags = Path("/proc/cpuinfo")
    if platform.system() != "Linux" or not flags.exists():
        return False
    text = flags.read_text()
    return "avx512_bf16" in text or "amx_bf16" in text
