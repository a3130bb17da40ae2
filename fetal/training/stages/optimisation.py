"""The loss, the optimiser and the learning rate that settings name."""

from typing import Any

import keras

from fetal.training.networks.compute_device import compiles_each_shape
from fetal.training.settings import Stage, TrainingSettings

WARM_UP = 0.1
"""The share of a cosine schedule in which the learning rate rises."""


def make_loss(settings: TrainingSettings) -> keras.losses.Loss:
    """Return the loss that the settings name, on logits."""
    common = {"from_logits": True, "label_smoothing": settings.label_smoothing}
    match settings.loss:
        case "focal":
            # With several classes alpha would only scale the loss, and with it the learning rate.
            return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, **common)
        case "binary":
            return keras.losses.BinaryCrossentropy(**common)
        case _:
            return keras.losses.CategoricalCrossentropy(**common)


def compile_for(
    network: keras.Model, stage: Stage, settings: TrainingSettings, steps: int
) -> keras.Model:
    """Compile a network for a stage.

    Args:
        network: From the stage's inputs to the logits.
        stage: How fast it learns.
        settings: The run's settings.
        steps: Batches in an epoch.

    Returns:
        The same network; the variables of its optimiser exist already, so that a checkpoint can
        be loaded into them.
    """
    network.compile(
        optimizer=_optimizer(_rate(stage, steps), settings),
        loss=make_loss(settings),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        # XLA's convolutions on a processor measured 2.5 times slower than TensorFlow's own.
        jit_compile=compiles_each_shape(),
    )
    network.optimizer.build(network.trainable_variables)
    return network


def _rate(stage: Stage, steps: int) -> Any:
    """The learning rate: a number that a plateau lowers, or a schedule over the stage's steps."""
    if stage.schedule == "plateau":
        return stage.learning_rate
    return cosine_rate(stage.learning_rate, stage.epochs * steps)


def cosine_rate(highest: float, steps: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """Return a learning rate that rises for a short while and then falls along a cosine.

    It depends on the optimiser's count of steps alone, which a checkpoint keeps and which every
    backend sees within an epoch.

    Args:
        highest: What it reaches.
        steps: How many steps there are in all.
    """
    rising = round(WARM_UP * steps)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.02 * highest,
        decay_steps=steps - rising,
        warmup_target=highest,
        warmup_steps=rising,
    )


def _optimizer(rate: Any, settings: TrainingSettings) -> keras.optimizers.Optimizer:
    averaged: dict[str, Any] = {}
    if settings.average:
        averaged = {"use_ema": True, "ema_momentum": settings.average}
    if settings.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay, **averaged)
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(rate, **averaged)
    momentum = 0.9 if settings.optimizer == "sgd" else 0.0
    return keras.optimizers.SGD(rate, momentum=momentum, nesterov=momentum > 0, **averaged)
