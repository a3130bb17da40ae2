"""Fit one stage of a schedule, epoch by epoch, from wherever it was left.

Libraries were weighed: docs/contributor.md, “What is ours and why”.
"""

import threading
import time
from collections.abc import Sequence
from typing import Any

import keras

from fetal.training.events import EpochDone, OnEvent, StepDone
from fetal.training.features.backbone_split import first_stage
from fetal.training.networks.architectures import check_architecture, stage_of
from fetal.training.networks.compute_device import has_gpu
from fetal.training.settings import Stage, TrainingSettings
from fetal.training.stages.averaged_weights import WeightsBehindMean
from fetal.training.stages.checkpoint import Position
from fetal.training.stages.optimisation import compile_for
from fetal.training.stages.stage_checkpoint import StageCheckpoint
from fetal.training.stages.stage_context import StageContext
from fetal.training.stages.stage_inputs import choose_inputs

PLATEAU_PATIENCE = 3
"""Epochs without a lower validation loss after which `plateau` lowers the rate."""

REPORT_SECONDS = 0.5
"""How often, at most, a step is reported."""


def check_learns(settings: TrainingSettings) -> None:
    """Make sure that each stage names layers that the architecture has.

    Raises:
        UnknownArchitectureError: there is no such architecture.
        ValueError: a stage names others; the message lists those that there are.
    """
    check_architecture(settings.architecture)
    for stage in settings.stages:
        first_stage(settings.architecture, stage.learn)


def set_trainable(
    model: keras.Model, learn: str, fresh: Sequence[str], *, batch_statistics: bool = False
) -> None:
    """Choose which layers a stage changes.

    Batch normalisation that came with its kernels keeps its statistics: a few hundred scans in
    small batches would only blur them. One that starts fresh has to find its own, and with
    Keras's momentum of 0.99 it would take epochs to.

    Args:
        model: A network of `fetal.training.networks.architectures.build`.
        learn: `head`, a stage of the architecture such as `conv5`, or `all`.
        fresh: The layers that started without weights.
        batch_statistics: Whether all batch normalisation of layers that learn finds its own.
    """
    first = first_stage(model.name, learn)
    for layer in model.layers:
        layer.trainable = stage_of(model.name, layer.name) >= first
        if isinstance(layer, keras.layers.BatchNormalization):
            finds_its_own = batch_statistics or layer.name in fresh
            layer.trainable = layer.trainable and finds_its_own
            layer.momentum = 0.9


def fit_stage(context: StageContext, stage: Stage, position: Position) -> None:
    """Run one stage to its end; the model then has the stage's best weights, or its last.

    Where layers below those that learn stay frozen, what they make of each scan can be kept: the
    stage then fits the upper part alone, which shares its weights with the model.

    Args:
        context: What every stage works with.
        stage: What learns, for how long and how fast.
        position: How far the run has come; moved on as epochs finish. If epochs of this stage are
            finished, it goes on from its checkpoint in the run's folder.
    """
    model = context.model
    statistics = context.settings.batch_statistics
    set_trainable(model, stage.learn, context.fresh, batch_statistics=statistics)
    inputs = choose_inputs(context, stage)
    if context.rehearsal:
        inputs = context.rehearsal.around(inputs, model)
    classifier = compile_for(inputs.network, stage, context.settings, inputs.steps)
    validation = inputs.validation_batches()
    everything = [*model.variables, *classifier.optimizer.variables]
    checkpoint = StageCheckpoint(context.folder, model.variables, everything)
    if position.epoch:
        checkpoint.go_on()
    else:
        position.learning_rate = stage.learning_rate
        position.best = _evaluate(classifier, validation)[0]
        checkpoint.keep_best()
    behind = WeightsBehindMean(classifier)
    while position.epoch < stage.epochs and position.waited < stage.patience:
        began = time.monotonic()
        if stage.schedule == "plateau":
            classifier.optimizer.learning_rate = position.learning_rate
        batches = inputs.training_batches(position.epoch, _seed_of(position))
        steps = _StepReporter(stage, position, inputs.steps, context.on_event)
        # They come in an order of their own, the same after a kill; Keras's would be another.
        fitted = classifier.fit(
            batches, epochs=1, shuffle=False, verbose=0, callbacks=[steps, behind]
        )
        loss, accuracy = _evaluate(classifier, validation)
        _advance(position, stage, loss)
        point = EpochDone(
            stage=stage.name,
            epoch=position.epoch,
            epochs=stage.epochs,
            loss=float(fitted.history["loss"][-1]),
            accuracy=float(fitted.history["accuracy"][-1]),
            val_loss=loss,
            val_accuracy=accuracy,
            learning_rate=float(classifier.optimizer.learning_rate),
            seconds=time.monotonic() - began,
        )
        # Whoever tries again goes on from the last epoch that came to something.
        if not point.diverged:
            if position.waited == 0 or stage.keeps == "last":
                checkpoint.keep_best()
            behind.put_back()
            checkpoint.write_if_cheap(position)
        context.on_event(point)
    checkpoint.end()


def _evaluate(classifier: keras.Model, batches: keras.utils.PyDataset) -> tuple[float, float]:
    loss, accuracy = classifier.evaluate(batches, verbose=0)
    return float(loss), float(accuracy)


def _seed_of(position: Position) -> int:
    return 1000 * position.stage + position.epoch


def _advance(position: Position, stage: Stage, loss: float) -> None:
    position.epoch += 1
    if loss < position.best:
        position.best, position.waited = loss, 0
        return
    position.waited += 1
    if stage.schedule == "plateau" and position.waited % PLATEAU_PATIENCE == 0:
        position.learning_rate /= 3


class _StepReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports how far an epoch is.

    On a GPU Keras may call it from other threads: it would otherwise wait for the figures of every
    step before it begins the next.
    """

    def __init__(self, stage: Stage, position: Position, steps: int, on_event: OnEvent) -> None:
        super().__init__()
        self._stage, self._position, self._steps = stage, position, steps
        self._on_event = on_event
        self._began = self._reported = time.monotonic()
        self._done = 0
        self._one_at_a_time = threading.Lock()
        self.async_safe = has_gpu()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        moment, done = time.monotonic(), batch + 1
        with self._one_at_a_time:
            if moment - self._reported < REPORT_SECONDS or done < self._done:
                return
            self._reported, self._done = moment, done
            self._report(done, moment, logs)

    def _report(self, done: int, moment: float, logs: Any) -> None:
        left = (self._stage.epochs - self._position.epoch) * self._steps - done
        self._on_event(
            StepDone(
                stage=self._stage.name,
                epoch=self._position.epoch + 1,
                epochs=self._stage.epochs,
                step=done,
                steps=self._steps,
                seconds_left=left * (moment - self._began) / done,
                loss=float(logs["loss"]),
                accuracy=float(logs["accuracy"]),
            )
        )
