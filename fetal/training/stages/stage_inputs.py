"""What a stage is shown: scans through the whole network, or features through its upper part."""

from math import prod
from typing import Any, Protocol

import keras
import numpy as np

from fetal.training.data.batches import Batches, InOrder, class_weights
from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.data.variants import AS_IT_IS
from fetal.training.features.backbone_split import BackboneSplit, cut_below
from fetal.training.features.extractor import Features, Report, Tell
from fetal.training.features.feature_cache import FeatureCache
from fetal.training.networks.architectures import HEAD
from fetal.training.settings import Stage, TrainingSettings

Splits = tuple[PreparedScans, PreparedScans]
"""The training and the validation frames."""


class Showing(Protocol):
    """Gives a stage what it learns from, and what it is judged by."""

    network: keras.Model
    """From what is shown to the logits; shares its layers with the model that learns."""
    layer: str | None
    """The layer whose output is shown; none where it is the scans themselves."""
    steps: int
    """Batches in an epoch."""

    def lesson(self, epoch: int, seed: int) -> keras.utils.PyDataset:
        """The batches of an epoch, (shown, one-hot planes, weights)."""

    def test(self) -> keras.utils.PyDataset:
        """The batches of the validation split, (shown, one-hot planes)."""


def choose_showing(
    model: keras.Model,
    stage: Stage,
    settings: TrainingSettings,
    splits: Splits,
    cache: FeatureCache | None,
    report: Report,
) -> Showing:
    """Show cached features where layers stay frozen and the cache has room, else scans.

    Args:
        model: The network.
        stage: What learns, and how long.
        settings: The run's settings.
        splits: The training and the validation frames.
        cache: Where features are kept; none shows scans.
        report: Told of every picture that the frozen layers look at.

    Returns:
        What the stage is shown.
    """
    cut = cut_below(model, stage.learn) if cache and stage.learn != HEAD else None
    if cache is None or cut is None:
        return Scans(model, settings, splits)
    if not fits(cut, stage, settings, splits, cache):
        text = (
            f"{stage.name}: what the lower layers make of these scans would fill more than the "
            f"{cache.limit / 1e9:g} GB that the cache may hold, so they look at every scan anew. "
            "FETAL_CACHE_GB gives the cache more."
        )
        report({"kind": "log", "text": text})
        return Scans(model, settings, splits)
    return CachedFeatures(model, cut, settings, splits, cache, Tell(stage.name, report))


def fits(
    cut: BackboneSplit,
    stage: Stage,
    settings: TrainingSettings,
    splits: Splits,
    cache: FeatureCache,
) -> bool:
    """Whether a cache has room for all that a stage would keep in it."""
    train, validation = (len(split.classes) for split in splits)
    pictures = min(settings.variants, stage.epochs) * train + validation
    return cache.has_room_for(2 * prod(cut.shape) * pictures)


class Scans:
    """Every scan, varied anew each epoch, through the whole network."""

    def __init__(self, model: keras.Model, settings: TrainingSettings, splits: Splits) -> None:
        self.network = keras.Model(model.input, model.outputs[1])
        self.layer: str | None = None
        self._settings = settings
        self._train, self._validation = splits
        self._weights = class_weights(self._train, settings)
        self.steps = len(self.lesson(epoch=0, seed=0))

    def lesson(self, epoch: int, seed: int) -> Batches:
        """The training split, varied by the seed."""
        return Batches(self._train, self._settings, self._weights, seed)

    def test(self) -> InOrder:
        """The validation split as it is."""
        pixels = self._validation.pixels
        return InOrder(
            self._validation, self._settings.batch, lambda chosen: pixels[chosen][..., None]
        )


class CachedFeatures:
    """What the frozen layers made of a few fixed variants of each scan, one of them each epoch."""

    def __init__(
        self,
        model: keras.Model,
        cut: BackboneSplit,
        settings: TrainingSettings,
        splits: Splits,
        cache: FeatureCache,
        tell: Tell,
    ) -> None:
        self.network = cut.above
        self.layer: str | None = cut.layer
        self._settings = settings
        self._splits = splits
        self._weights = class_weights(splits[0], settings)
        self.steps = len(Batches(splits[0], settings, self._weights, epoch=0))
        self._train, self._validation = (
            Features(split, settings, model, cut, cache, tell) for split in splits
        )

    def lesson(self, epoch: int, seed: int) -> Batches:
        """One variant of the training split, in the order of the seed."""
        variant = epoch % self._settings.variants
        self._train.prepare(variant)

        def look(chosen: Any, _: np.random.Generator) -> Any:
            return self._train.take(chosen, variant)

        return Batches(self._splits[0], self._settings, self._weights, seed, look)

    def test(self) -> InOrder:
        """The validation split as it is."""
        self._validation.prepare(AS_IT_IS)
        return InOrder(
            self._splits[1],
            self._settings.batch,
            lambda chosen: self._validation.take(chosen, AS_IT_IS),
        )
