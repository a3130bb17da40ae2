"""The head alone: the last layer, trained on features that are computed once."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.architectures import HEAD
from fetal.training.batches import class_weights
from fetal.training.fitting import Report, make_loss
from fetal.training.frames import Frames
from fetal.training.settings import Stage, TrainingSettings


def fit_head(
    model: keras.Model,
    stage: Stage,
    settings: TrainingSettings,
    sides: tuple[Frames, Frames],
    report: Report,
) -> None:
    """Train the last layer alone on features that are computed once.

    The frozen layers see every scan as it is and mirrored, and are then left alone: an epoch of
    the head costs milliseconds.
    """
    train, validation = sides
    backbone = keras.Model(model.input, model.get_layer("pool").output)
    seen = [train.pixels]
    if settings.augmentation.flip_horizontal:
        seen.append(train.pixels[:, :, ::-1])
    features = np.concatenate([_features(backbone, pixels, settings) for pixels in seen])
    head = model.get_layer(HEAD)
    probe = keras.Sequential(
        [
            keras.Input((features.shape[1],)),
            keras.layers.Dropout(settings.dropout, dtype="float32"),
            keras.layers.Dense(head.units, dtype="float32"),
        ]
    )
    probe.layers[-1].set_weights(head.get_weights())
    probe.compile(
        optimizer=keras.optimizers.Adam(stage.learning_rate),
        loss=make_loss(settings),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=False,
    )
    judge = (_features(backbone, validation.pixels, settings), validation.one_hot())
    stop = keras.callbacks.EarlyStopping(patience=stage.patience, restore_best_weights=True)
    weights = class_weights(train, settings)[train.classes]
    before = probe.evaluate(*judge, verbose=0)[0]
    untouched = probe.get_weights()
    log = probe.fit(
        features,
        np.tile(train.one_hot(), (len(seen), 1)),
        sample_weight=np.tile(weights, len(seen)),
        validation_data=judge,
        epochs=stage.epochs,
        batch_size=32,
        verbose=0,
        callbacks=[stop, _HeadEpochs(stage, report)],
    )
    better = min(log.history["val_loss"]) < before
    head.set_weights(probe.layers[-1].get_weights() if better else untouched)


def _features(
    backbone: keras.Model, pixels: NDArray[np.uint8], settings: TrainingSettings
) -> NDArray[np.float32]:
    return np.asarray(
        backbone.predict(pixels[..., None], batch_size=settings.batch, verbose=0), np.float32
    )


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
