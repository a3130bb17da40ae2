"""Fine-tuning: the second reader learns our planes and keeps what it knew beside them."""

import os
import time
from math import isfinite
from pathlib import Path

import keras

from fetal.training.divergence import DivergedError
from fetal.training.events import DeviceChosen, EpochDone, OnEvent, StageBegun
from fetal.training.features.backbone_split import first_stage
from fetal.training.networks.architectures import stage_of
from fetal.training.networks.compute_device import describe
from fetal.training.second_reader.reader_batches import (
    ReaderBatches,
    ReaderScans,
    ReaderScansInOrder,
)
from fetal.training.second_reader.reader_losses import (
    GroupedCrossEntropy,
    grouped_accuracy,
)
from fetal.training.second_reader.reader_network import (
    build_reader,
    give_weights,
    load_reader,
    save_reader,
    weights_of,
)
from fetal.training.second_reader.reader_settings import SecondReaderSettings
from fetal.training.stages.checkpoint import (
    load_position,
    load_variables,
    save_position,
    save_variables,
)
from fetal.training.stages.optimisation import cosine_rate

READER = "reader.npz"
"""The finished weights in a run's folder."""

STAGE = "Second reader"

_ARCHITECTURE = "sononet16"
_MOST_WORKERS = 16


def fine_tune(
    start: keras.Model,
    scans: ReaderScans,
    settings: SecondReaderSettings,
    folder: Path,
    on_event: OnEvent,
    *,
    validation: ReaderScans | None = None,
) -> keras.Model:
    """Train a second reader.

    Two things are asked of it: the right one of five answers, each as probable as its classes
    together, and to leave its own fourteen probabilities where they were, as far as its answer was
    right (Li and Hoiem 2017). In the end its weights may be moved part of the way back (Wortsman
    et al. 2022). The last epoch's weights count: nothing is chosen on the validation scans.

    Called again with the same arguments on a folder in which it was killed, it goes on from the
    last finished epoch; on one in which it finished, it returns the network.

    Args:
        start: The untrained network, of `load_reader`; it stays as it is.
        scans: What to learn from, scans of no plane at all included.
        settings: How to train.
        folder: Where checkpoints go and, in the end, `reader.npz`.
        on_event: Called with the device, the stage and every epoch.
        validation: Scans of other patients, whose loss and accuracy each epoch's event then tells.

    Returns:
        The fine-tuned network, which `reader.npz` holds as well.

    Raises:
        DivergedError: the loss is no number any more.

    Example:
        >>> reader = fine_tune(  # doctest: +SKIP
        ...     load_reader(Path("sononet16.npz")),
        ...     ReaderScans.of(pixels, planes),
        ...     SecondReaderSettings(),
        ...     Path("run"),
        ...     print,
        ... )
    """
    if (folder / READER).exists():
        return load_reader(folder / READER)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(settings.seed)
    on_event(DeviceChosen(describe()))
    on_event(StageBegun(STAGE, 1, 1))
    reader = build_reader()
    give_weights(reader, weights_of(start), "the network to start from")
    _set_trainable(reader, settings.learn)
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    first = ReaderBatches(scans, settings, 0, workers)
    learner = _learner(reader, start, settings, len(first))
    if keras.backend.backend() == "jax":
        # Keras looks at the first batch of its first epoch there, and then hands the others out
        # before it where several workers make them: a run that goes on would see another order.
        learner.test_on_batch(*first[0])
    everything = [*reader.variables, *learner.optimizer.variables]
    position = load_position(folder)
    if position.epoch:
        load_variables(folder / "last.npz", everything)
    while position.epoch < settings.epochs:
        began = time.monotonic()
        batches = ReaderBatches(scans, settings, position.epoch, workers)
        # They come in an order of their own, the same after a kill; Keras's would be another.
        fitted = learner.fit(batches, epochs=1, shuffle=False, verbose=0).history
        loss, accuracy = float(fitted["loss"][-1]), float(fitted["accuracy"][-1])
        val_loss, val_accuracy = _evaluate(learner, validation, settings.batch)
        position.epoch += 1
        if isfinite(loss):
            save_variables(folder / "last.npz", everything)
            save_position(folder, position)
        on_event(
            EpochDone(
                STAGE,
                position.epoch,
                settings.epochs,
                loss,
                accuracy,
                val_loss,
                val_accuracy,
                float(learner.optimizer.learning_rate),
                time.monotonic() - began,
            )
        )
        if not isfinite(loss):
            raise DivergedError(
                f"The second reader's training diverged in epoch {position.epoch}: its loss was "
                "no number any more. Train with a lower learning rate."
            )
    _move_back(reader, start, settings.keep)
    save_reader(reader, folder / READER)
    # As it was written, with its kernels rounded: what is measured is what will be served.
    return load_reader(folder / READER)


def _set_trainable(reader: keras.Model, learn: str) -> None:
    """Choose what changes; the statistics of batch normalisation came with the kernels."""
    first = first_stage(_ARCHITECTURE, learn)
    for layer in reader.layers:
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = stage_of(_ARCHITECTURE, layer.name) >= first and not normalises


def _learner(
    reader: keras.Model, start: keras.Model, settings: SecondReaderSettings, steps: int
) -> keras.Model:
    """The network that learns, with its untrained self beside it, ready for its first step."""
    scan = keras.Input(reader.inputs[0].shape[1:], name="scans")
    logits = reader(scan)[1]
    if settings.distillation:
        untrained = build_reader("untrained")
        give_weights(untrained, weights_of(start), "the network to start from")
        untrained.trainable = False
        before = untrained(scan, training=False)[1]
        logits = keras.layers.Concatenate(dtype="float32")([logits, before])
    learner = keras.Model(scan, logits, name="learner")
    learner.compile(
        optimizer=keras.optimizers.AdamW(
            cosine_rate(settings.learning_rate, settings.epochs * steps),
            weight_decay=settings.weight_decay,
        ),
        loss=GroupedCrossEntropy(settings.distillation),
        metrics=[keras.metrics.MeanMetricWrapper(grouped_accuracy, name="accuracy")],
        # As `fetal.training.stages.optimisation` compiles, for the same reason.
        jit_compile=keras.backend.backend() == "jax",
    )
    learner.optimizer.build(learner.trainable_variables)
    return learner


def _evaluate(
    learner: keras.Model, scans: ReaderScans | None, batch: int
) -> tuple[float | None, float | None]:
    if scans is None:
        return None, None
    loss, accuracy = learner.evaluate(ReaderScansInOrder(scans, batch), verbose=0)
    return float(loss), float(accuracy)


def _move_back(reader: keras.Model, start: keras.Model, share: float) -> None:
    """Move a trained network part of the way back to the untrained one."""
    if not share:
        return
    before, after = weights_of(start), weights_of(reader)
    # Not a sum of two shares: what was not trained stays bit for bit.
    moved = {name: after[name] + share * (before[name] - after[name]) for name in after}
    give_weights(reader, moved, "the mean of two networks")
