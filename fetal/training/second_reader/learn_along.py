"""A retraining's second reader: the champion's, as it is or with what the new scans teach it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.bundle import Bundle, SecondReaderCard, copy_second_reader
from fetal.bundle.manifest import SECOND_READER
from fetal.bundle.write_bundle import WriteGraph
from fetal.splits import TRAIN, VALIDATION
from fetal.training.calibrate import stay_near
from fetal.training.data.examples import Example
from fetal.training.events import EpochDone, LogLine, OnEvent, StepDone, TrainingEvent
from fetal.training.second_reader.agreement import fit_agreement, fit_reader_temperature
from fetal.training.second_reader.fine_tune import STAGE, fine_tune
from fetal.training.second_reader.reader_batches import ReaderScans
from fetal.training.second_reader.reader_frames import frame_for_reader
from fetal.training.second_reader.reader_settings import SecondReaderSettings
from fetal.training.second_reader.restored_reader import restore_reader
from fetal.training.settings import TrainingSettings

RUN = "second_reader"
"""Where its checkpoints lie in the run's folder."""

LEARNING = SecondReaderSettings(
    learn="conv5", batch=16, learning_rate=1e-4, distillation=0.5, fragments=0.2, keep=0.5
)
"""How it learns; as often as the retraining's settings say."""

LOST = 0.03
"""The share of right validation answers that may lose their *sure* to it."""

_BATCH = 16


@dataclass(frozen=True)
class CarriedReader:
    """The second reader of a model that a retraining writes; none if the champion has none.

    Attributes:
        card: what the new model's card says of it.
        write: writes its graph into a folder.
    """

    card: SecondReaderCard | None
    write: WriteGraph | None


def learns_along(champion: Bundle | None, settings: TrainingSettings) -> bool:
    """Whether a retraining trains the champion's second reader too."""
    has_one = champion is not None and champion.card.second_reader is not None
    return has_one and settings.second_reader > 0


def second_reader_of(
    champion: Bundle | None,
    examples: Sequence[Example],
    settings: TrainingSettings,
    folder: Path,
    on_event: OnEvent,
) -> CarriedReader:
    """Return a retrained model's second reader: trained on, or the champion's as it is.

    Args:
        champion: The model that is retrained; None if there is none, and then no second reader.
        examples: The scans of both splits.
        settings: The retraining's.
        folder: The run's folder.
        on_event: As `learn_along` calls it.

    Raises:
        RestoreError: this version builds no such second reader in Keras.
        DivergedError: the loss is no number any more.
    """
    if champion is not None and learns_along(champion, settings):
        return learn_along(champion, examples, settings, folder, on_event)
    # It says of the champion's planes whether it agrees, whoever names them.
    card = champion.card.second_reader if champion else None
    return CarriedReader(card, copy_second_reader(champion))


def learn_along(
    champion: Bundle,
    examples: Sequence[Example],
    settings: TrainingSettings,
    folder: Path,
    on_event: OnEvent,
) -> CarriedReader:
    """Train the champion's second reader on a retraining's scans, and calibrate it anew.

    Its upper layers learn, held to what the champion's says where that is right (Li and Hoiem
    2017), and end half of the way back to it (Wortsman et al. 2022). Temperature and threshold of
    agreement move from the champion's as far as there are validation scans to move them.

    Called again on a folder in which it was killed, it goes on from its last finished epoch.

    Args:
        champion: The model that is retrained; it has a second reader.
        examples: The scans of both splits.
        settings: The retraining's; `second_reader` says how often each scan is seen.
        folder: The run's folder.
        on_event: Called with every epoch as a step, and with a line of what was reached.

    Returns:
        The new second reader.

    Raises:
        RestoreError: this version builds no such second reader in Keras.
        DivergedError: the loss is no number any more.
    """
    before = champion.card.second_reader
    if before is None:
        raise ValueError(f"Expected a model with a second reader; “{champion.card.name}” has none.")
    scans = {split: _scans(examples, split) for split in (TRAIN, VALIDATION)}
    planes = [one.plane for one in examples if one.split == VALIDATION]
    learning = LEARNING.but(
        epochs=settings.second_reader, augmentation=settings.augmentation, seed=settings.seed
    )
    with _exact():
        reader = fine_tune(
            restore_reader(champion),
            scans[TRAIN],
            learning,
            folder / RUN,
            _told_as_steps(on_event),
            validation=scans[VALIDATION],
        )
        logits = _logits(reader, scans[VALIDATION].pixels)
    temperature = stay_near(fit_reader_temperature(logits, planes), before.temperature, len(planes))
    agree_at = stay_near(
        fit_agreement(logits, planes, temperature, LOST), before.agree_at, len(planes)
    )
    card = replace(
        before,
        temperature=temperature,
        agree_at=agree_at,
        training={"scans": "the first reader's", **learning.to_json(), "before": before.training},
    )
    return CarriedReader(card, lambda target: _export(reader, target))


def _scans(examples: Sequence[Example], split: str) -> ReaderScans:
    members = [one for one in examples if one.split == split]
    return ReaderScans.of(
        np.stack([frame_for_reader(*one.read()) for one in members]),
        [one.plane for one in members],
    )


def _told_as_steps(on_event: OnEvent) -> OnEvent:
    """Its epochs are no points of the first reader's curves, and its stage has begun already."""

    def tell(event: TrainingEvent) -> None:
        if isinstance(event, EpochDone):
            on_event(StepDone(STAGE, event.epoch, event.epochs or event.epoch))
            right = [event.accuracy, event.val_accuracy]
            shares = " and ".join(f"{share:.1%}" for share in right if share is not None)
            on_event(LogLine(f"Second reader, epoch {event.epoch}: {shares} right."))

    return tell


@contextmanager
def _exact() -> Iterator[None]:
    """In 32-bit arithmetic, whatever the first reader was trained in: it is small."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def _logits(reader: keras.Model, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    parts = [pixels[at : at + _BATCH, ..., None] for at in range(0, len(pixels), _BATCH)]
    told = [reader(part.astype(np.float32), training=False)[1] for part in parts]
    return np.concatenate([np.asarray(keras.ops.convert_to_numpy(one), np.float64) for one in told])


def _export(reader: keras.Model, target: Path) -> None:
    # Imported here: what only trains a network does without OpenVINO.
    from fetal.training.export.graph import export_graph

    export_graph(reader, target, SECOND_READER)
