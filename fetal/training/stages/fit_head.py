"""Fit the head alone: the last layer, trained on features that are computed once."""

from typing import Any

import keras
import numpy as np

from fetal.training.data.batches import class_weights
from fetal.training.data.variants import UNVARIED, plain_variants
from fetal.training.events import EpochDone, OnEvent
from fetal.training.features.backbone_split import POOL, BackboneSplit, between, cut_at, cut_below
from fetal.training.features.extractor import ExtractionReport, Features
from fetal.training.networks.architectures import HEAD
from fetal.training.networks.compute_device import compiles_each_shape
from fetal.training.settings import Stage
from fetal.training.stages.optimisation import make_loss
from fetal.training.stages.stage_context import StageContext
from fetal.training.stages.stage_inputs import fits, needs_scans


def fit_head(context: StageContext, stage: Stage) -> None:
    """Train the last layer alone on features that are computed once.

    The frozen layers compute every scan unvaried and mirrored, and are then left alone: an epoch
    of the head costs milliseconds.

    Args:
        context: What every stage works with; only the last layer of its model changes.
        stage: For how long and how fast it learns.
    """
    settings, rehearsal = context.settings, context.rehearsal
    train, validation = _features(context, stage)
    variants = plain_variants(settings)
    features = np.concatenate([train.all(variant) for variant in range(variants)])
    head = context.model.get_layer(HEAD)
    network = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dropout(settings.dropout, dtype="float32"),
            keras.layers.Dense(head.units, dtype="float32"),
        ]
    )
    network.layers[-1].set_weights(head.get_weights())
    learner = rehearsal.beside(network, network) if rehearsal else network
    learner.compile(
        optimizer=keras.optimizers.Adam(stage.learning_rate),
        loss=make_loss(settings),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=compiles_each_shape(),
    )
    inputs, held_out = features, validation.all(UNVARIED)
    if rehearsal:
        inputs, held_out = rehearsal.with_made_up(inputs, 0), rehearsal.with_made_up(held_out, 1)
    planes = context.splits.train.one_hot()
    weights = class_weights(context.splits.train, settings)[context.splits.train.classes]
    judged = held_out, context.splits.validation.one_hot()
    before = learner.evaluate(*judged, verbose=0)[0]
    untouched = network.get_weights()
    log = learner.fit(
        inputs,
        np.tile(planes, (variants, 1)),
        sample_weight=np.tile(weights, variants),
        validation_data=judged,
        epochs=stage.epochs,
        batch_size=32,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                patience=stage.patience, restore_best_weights=stage.keeps == "best"
            ),
            _EpochReporter(stage, context.on_event),
        ],
    )
    better = stage.keeps == "last" or min(log.history["val_loss"]) < before
    head.set_weights(network.layers[-1].get_weights() if better else untouched)


def _features(context: StageContext, stage: Stage) -> list[Features]:
    """The pooled features of both splits.

    Where a later stage learns from kept features too, they lead there: the lower layers then
    compute each scan once for both.
    """
    model, settings, cache = context.model, context.settings, context.cache
    report = ExtractionReport(stage.name, context.on_event)
    pooled = cut_at(model, POOL)
    lower = _later_cut(context)
    if lower is None:
        return [Features(split, settings, model, pooled, cache, report) for split in context.splits]
    upper = between(model, lower, POOL)
    sources = [Features(split, settings, model, lower, cache, report) for split in context.splits]
    return [
        Features(split, settings, model, pooled, cache, report, (source, upper))
        for split, source in zip(context.splits, sources, strict=True)
    ]


def _later_cut(context: StageContext) -> BackboneSplit | None:
    if context.cache is None or needs_scans(context.settings):
        return None
    for stage in context.settings.stages:
        cut = cut_below(context.model, stage.learn) if stage.learn != HEAD else None
        if cut and fits(cut, stage, context):
            return cut
    return None


class _EpochReporter(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each epoch of the head as a point of the run's curves."""

    def __init__(self, stage: Stage, on_event: OnEvent) -> None:
        super().__init__()
        self._stage, self._on_event = stage, on_event

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        figures = {name: float(logs[name]) for name in names}
        self._on_event(EpochDone(self._stage.name, epoch + 1, self._stage.epochs, **figures))
