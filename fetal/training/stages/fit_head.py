"""The head alone: the last layer, trained on features that are computed once."""

from typing import Any

import keras
import numpy as np

from fetal.training.data.batches import class_weights
from fetal.training.data.variants import AS_IT_IS, plain_variants
from fetal.training.features.backbone_split import POOL, BackboneSplit, between, cut_at, cut_below
from fetal.training.features.extractor import Features, Report, Tell
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.networks.architectures import HEAD
from fetal.training.settings import Stage, TrainingSettings
from fetal.training.stages.fit_stage import make_loss
from fetal.training.stages.rehearsal import Rehearsal
from fetal.training.stages.stage_inputs import Splits, fits


def fit_head(
    model: keras.Model,
    stage: Stage,
    settings: TrainingSettings,
    splits: Splits,
    report: Report,
    cache: FeatureCache | None = None,
    rehearsal: Rehearsal | None = None,
) -> None:
    """Train the last layer alone on features that are computed once.

    The frozen layers see every scan as it is and mirrored, and are then left alone: an epoch of
    the head costs milliseconds.

    Args:
        model: The network; only its last layer changes.
        stage: For how long and how fast it learns.
        settings: The run's settings.
        splits: The training and the validation frames.
        report: Told of every epoch.
        cache: Where features are kept for other stages and runs; none computes them here alone.
        rehearsal: What it is not to forget, if anything.
    """
    train = splits[0]
    learnt, judged = _features(model, settings, splits, cache, Tell(stage.name, report))
    variants = plain_variants(settings)
    features = np.concatenate([learnt.all(variant) for variant in range(variants)])
    head = model.get_layer(HEAD)
    probe = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dropout(settings.dropout, dtype="float32"),
            keras.layers.Dense(head.units, dtype="float32"),
        ]
    )
    probe.layers[-1].set_weights(head.get_weights())
    learner = rehearsal.beside(probe, probe) if rehearsal else probe
    learner.compile(
        optimizer=keras.optimizers.Adam(stage.learning_rate),
        loss=make_loss(settings),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    shown, test = (features, judged.all(AS_IT_IS))
    if rehearsal:
        shown, test = rehearsal.with_made_up(shown, 0), rehearsal.with_made_up(test, 1)
    judge = (test, splits[1].one_hot())
    stop = keras.callbacks.EarlyStopping(patience=stage.patience, restore_best_weights=True)
    weights = class_weights(train, settings)[train.classes]
    before = learner.evaluate(*judge, verbose=0)[0]
    untouched = probe.get_weights()
    log = learner.fit(
        shown,
        np.tile(train.one_hot(), (variants, 1)),
        sample_weight=np.tile(weights, variants),
        validation_data=judge,
        epochs=stage.epochs,
        batch_size=32,
        verbose=0,
        callbacks=[stop, _HeadEpochs(stage, report)],
    )
    better = min(log.history["val_loss"]) < before
    head.set_weights(probe.layers[-1].get_weights() if better else untouched)


def _features(
    model: keras.Model,
    settings: TrainingSettings,
    splits: Splits,
    cache: FeatureCache | None,
    tell: Tell,
) -> list[Features]:
    """The pooled features of both splits.

    Where a later stage learns from kept features too, they lead there: the lower layers then look
    at each scan once for both.
    """
    pooled = cut_at(model, POOL)
    lower = _later_cut(model, settings, splits, cache)
    if lower is None:
        return [Features(split, settings, model, pooled, cache, tell) for split in splits]
    onward = between(model, lower, POOL)
    sources = [Features(split, settings, model, lower, cache, tell) for split in splits]
    return [
        Features(split, settings, model, pooled, cache, tell, (source, onward))
        for split, source in zip(splits, sources, strict=True)
    ]


def _later_cut(
    model: keras.Model, settings: TrainingSettings, splits: Splits, cache: FeatureCache | None
) -> BackboneSplit | None:
    for stage in settings.stages if cache else ():
        cut = cut_below(model, stage.learn) if stage.learn != HEAD else None
        if cache and cut and fits(cut, stage, settings, splits, cache):
            return cut
    return None


class _HeadEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    """Reports each epoch of the head as a point of the run's curves."""

    def __init__(self, stage: Stage, report: Report) -> None:
        super().__init__()
        self._stage, self._report = stage, report

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        names = ("loss", "accuracy", "val_loss", "val_accuracy")
        self._report(
            {
                "kind": "epoch",
                "stage": self._stage.name,
                "epoch": epoch + 1,
                "epochs": self._stage.epochs,
                **{name: float(logs[name]) for name in names},
            }
        )
