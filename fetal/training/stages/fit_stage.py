"""Fitting: one stage of a schedule, epoch by epoch, from wherever it was left.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import time
from pathlib import Path
from typing import Any

import keras

from fetal.training.divergence import has_diverged
from fetal.training.features.backbone_split import first_stage
from fetal.training.features.extractor import Report
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.networks.architectures import check_architecture, stage_of
from fetal.training.settings import Stage, TrainingSettings
from fetal.training.stages.checkpoint import (
    Position,
    load_variables,
    save_position,
    save_variables,
)
from fetal.training.stages.rehearsal import Rehearsal
from fetal.training.stages.stage_inputs import Splits, choose_showing

WARM_UP = 0.1
"""The share of a cosine schedule in which the learning rate rises."""

PLATEAU_PATIENCE = 3
"""Epochs without a lower validation loss after which `plateau` lowers the rate."""


def check_learns(settings: TrainingSettings) -> None:
    """Make sure that each stage names layers that the architecture has.

    Raises:
        UnknownArchitectureError: there is no such architecture.
        ValueError: a stage names others; the message lists those that there are.
    """
    check_architecture(settings.architecture)
    for stage in settings.stages:
        first_stage(settings.architecture, stage.learn)


def let_learn(model: keras.Model, learn: str, fresh: list[str]) -> None:
    """Choose which layers a stage changes.

    Batch normalisation that came with its kernels keeps its statistics: a few hundred scans in
    small batches would only blur them. One that starts fresh has to find its own, and with
    Keras's momentum of 0.99 it would take epochs to.

    Args:
        model: A network of `fetal.training.networks.architectures.build`.
        learn: `head`, a stage of the architecture such as `conv5`, or `all`.
        fresh: The layers that started without weights.
    """
    first = first_stage(model.name, learn)
    for layer in model.layers:
        layer.trainable = stage_of(model.name, layer.name) >= first
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = layer.trainable and layer.name in fresh
            layer.momentum = 0.9


def fit_stage(
    model: keras.Model,
    stage: Stage,
    settings: TrainingSettings,
    splits: Splits,
    fresh: list[str],
    folder: Path,
    position: Position,
    report: Report,
    cache: FeatureCache | None = None,
    rehearsal: Rehearsal | None = None,
) -> None:
    """Run one stage to its end; the model then has the stage's best weights.

    Where layers below those that learn stay frozen, what they make of each scan can be kept: the
    stage then fits the upper part alone, which shares its weights with the model.

    Args:
        model: The network, with the weights that the stage before left.
        stage: What learns, for how long and how fast.
        settings: The run's settings.
        splits: The training and the validation frames.
        fresh: The layers that started without weights.
        folder: Where checkpoints go; one of this stage that is found there is taken up.
        position: How far the run has come; moved on as epochs finish.
        report: Told of every step and epoch.
        cache: Where the features of frozen layers are kept; none shows every scan anew.
        rehearsal: What it is not to forget, if anything.
    """
    let_learn(model, stage.learn, fresh)
    showing = choose_showing(model, stage, settings, splits, cache, report)
    if rehearsal:
        showing = rehearsal.around(showing, model)
    steps = showing.steps
    classifier = _compile(showing.network, stage, settings, steps)
    judge = showing.test()
    last, best = folder / "last.npz", folder / "best.npz"
    everything = [*model.variables, *classifier.optimizer.variables]
    if position.epoch:
        load_variables(last, everything)
    else:
        position.learning_rate = stage.learning_rate
        position.best = _judge(classifier, judge)[0]
        save_variables(best, model.variables)
    while position.epoch < stage.epochs and position.waited < stage.patience:
        began = time.monotonic()
        if stage.schedule == "plateau":
            classifier.optimizer.learning_rate = position.learning_rate
        batches = showing.lesson(position.epoch, _seed_of(position))
        pace = _Pace(stage, position, steps, report)
        # They come in an order of their own, the same after a kill; Keras's would be another.
        fitted = classifier.fit(batches, epochs=1, shuffle=False, verbose=0, callbacks=[pace])
        log = fitted.history
        loss, accuracy = _judge(classifier, judge)
        _move_on(position, stage, loss)
        point = {
            "kind": "epoch",
            "stage": stage.name,
            "epoch": position.epoch,
            "epochs": stage.epochs,
            "loss": log["loss"][-1],
            "accuracy": log["accuracy"][-1],
            "val_loss": loss,
            "val_accuracy": accuracy,
            "learning_rate": float(classifier.optimizer.learning_rate),
            "seconds": time.monotonic() - began,
        }
        # Whoever tries again goes on from the last epoch that came to something.
        if not has_diverged(point):
            if position.waited == 0:
                save_variables(best, model.variables)
            save_variables(last, everything)
            save_position(folder, position)
        report(point)
    load_variables(best, model.variables)


def _compile(
    classifier: keras.Model, stage: Stage, settings: TrainingSettings, steps: int
) -> keras.Model:
    classifier.compile(
        optimizer=_optimizer(_rate(stage, steps), settings),
        loss=make_loss(settings),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        # XLA's convolutions on a processor measured 2.5 times slower than TensorFlow's own.
        jit_compile=keras.backend.backend() == "jax",
    )
    classifier.optimizer.build(classifier.trainable_variables)
    return classifier


def _rate(stage: Stage, steps: int) -> Any:
    """The learning rate: a number that a plateau lowers, or a schedule over the stage's steps.

    A schedule depends on the optimiser's count of steps alone, which a checkpoint keeps and which
    every backend sees within an epoch.
    """
    if stage.schedule == "plateau":
        return stage.learning_rate
    total = stage.epochs * steps
    rising = round(WARM_UP * total)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.02 * stage.learning_rate,
        decay_steps=total - rising,
        warmup_target=stage.learning_rate,
        warmup_steps=rising,
    )


def _optimizer(rate: Any, settings: TrainingSettings) -> keras.optimizers.Optimizer:
    if settings.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=settings.weight_decay)
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    momentum = 0.9 if settings.optimizer == "sgd" else 0.0
    return keras.optimizers.SGD(rate, momentum=momentum, nesterov=momentum > 0)


def make_loss(settings: TrainingSettings) -> keras.losses.Loss:
    """The loss that the settings name, on logits."""
    common = {"from_logits": True, "label_smoothing": settings.label_smoothing}
    match settings.loss:
        case "focal":
            # With several classes alpha would only scale the loss, and with it the learning rate.
            return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=2.0, **common)
        case "binary":
            return keras.losses.BinaryCrossentropy(**common)
        case _:
            return keras.losses.CategoricalCrossentropy(**common)


def _judge(classifier: keras.Model, judge: keras.utils.PyDataset) -> tuple[float, float]:
    loss, accuracy = classifier.evaluate(judge, verbose=0)
    return float(loss), float(accuracy)


def _seed_of(position: Position) -> int:
    return 1000 * position.stage + position.epoch


def _move_on(position: Position, stage: Stage, loss: float) -> None:
    position.epoch += 1
    if loss < position.best:
        position.best, position.waited = loss, 0
        return
    position.waited += 1
    if stage.schedule == "plateau" and position.waited % PLATEAU_PATIENCE == 0:
        position.learning_rate /= 3


class _Pace(keras.callbacks.Callback):  # type: ignore[misc]
    """Tells how far the stage is, twice a second."""

    def __init__(self, stage: Stage, position: Position, steps: int, report: Report) -> None:
        super().__init__()
        self._stage, self._position, self._steps = stage, position, steps
        self._report = report
        self._began = self._told = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        moment = time.monotonic()
        if moment - self._told < 0.5:
            return
        self._told = moment
        done = batch + 1
        left = (self._stage.epochs - self._position.epoch) * self._steps - done
        self._report(
            {
                "kind": "step",
                "stage": self._stage.name,
                "epoch": self._position.epoch + 1,
                "epochs": self._stage.epochs,
                "step": done,
                "steps": self._steps,
                "seconds_left": left * (moment - self._began) / done,
                "loss": float(logs["loss"]),
                "accuracy": float(logs["accuracy"]),
            }
        )
