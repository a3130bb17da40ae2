"""What a stage learns from: scans through the whole network, or features through its upper part."""

from math import prod
from typing import Any, Protocol

import keras
import numpy as np

from fetal.training.data.batches import InOrder, TrainingBatches, class_weights
from fetal.training.data.variants import UNVARIED
from fetal.training.features.backbone_split import BackboneSplit, cut_below
from fetal.training.features.extractor import ExtractionReport, Features
from fetal.training.networks.architectures import HEAD
from fetal.training.settings import Stage, TrainingSettings
from fetal.training.stages.stage_context import StageContext


class StageInputs(Protocol):
    """The inputs of a stage: what it learns from, and what it is validated on."""

    network: keras.Model
    """From the inputs to the logits; shares its layers with the model that learns."""
    layer: str | None
    """The layer whose output the inputs are; None if they are the scans themselves."""
    steps: int
    """Batches in an epoch."""

    def training_batches(self, epoch: int, seed: int) -> keras.utils.PyDataset:
        """Return the batches of an epoch: (inputs, one-hot planes, weights)."""

    def validation_batches(self) -> keras.utils.PyDataset:
        """Return the batches of the validation split: (inputs, one-hot planes)."""


def choose_inputs(context: StageContext, stage: Stage) -> StageInputs:
    """Choose cached features if layers stay frozen and the cache has room for them, else scans.

    Args:
        context: what every stage works with.
        stage: which layers learn, and for how long.

    Returns:
        The inputs of the stage.
    """
    cache = context.cache
    cut = cut_below(context.model, stage.learn) if cache and stage.learn != HEAD else None
    if cache is None or cut is None:
        return ScanInputs(context)
    if needs_scans(context.settings):
        context.log(
            f"{stage.name}: frames of no plane and partners are drawn anew each time, so the lower "
            "layers look at every scan anew."
        )
        return ScanInputs(context)
    if not fits(cut, stage, context):
        context.log(
            f"{stage.name}: what the lower layers make of these scans would fill more than the "
            f"{cache.limit / 1e9:g} GB that the cache may hold, so they look at every scan anew. "
            "FETAL_CACHE_GB gives the cache more."
        )
        return ScanInputs(context)
    return FeatureInputs(context, stage, cut)


def needs_scans(settings: TrainingSettings) -> bool:
    """Return whether settings ask for what no kept features of a single scan can show."""
    varied = settings.augmentation
    return bool(settings.fragments or varied.histogram or varied.spectrum)


def fits(cut: BackboneSplit, stage: Stage, context: StageContext) -> bool:
    """Return whether the cache has room for all features that a stage would keep in it."""
    if context.cache is None:
        return False
    train, validation = (len(split.classes) for split in context.splits)
    images = min(context.settings.variants, stage.epochs) * train + validation
    return context.cache.has_room_for(2 * prod(cut.shape) * images)


class ScanInputs:
    """Every scan, augmented anew each epoch, through the whole network."""

    def __init__(self, context: StageContext) -> None:
        self.network = keras.Model(context.model.input, context.model.outputs[1])
        self.layer: str | None = None
        self._settings = context.settings
        self._splits = context.splits
        self._weights = class_weights(context.splits.train, context.settings)
        self.steps = len(self.training_batches(epoch=0, seed=0))

    def training_batches(self, epoch: int, seed: int) -> TrainingBatches:
        """Return the training split, augmented and ordered by the seed."""
        return TrainingBatches(self._splits.train, self._settings, self._weights, seed)

    def validation_batches(self) -> InOrder:
        """Return the validation split, not augmented."""
        scans = self._splits.validation
        return InOrder(scans, self._settings.batch, lambda chosen: scans.pixels[chosen][..., None])


class FeatureInputs:
    """The features of a few fixed variants of each scan, one variant each epoch."""

    def __init__(self, context: StageContext, stage: Stage, cut: BackboneSplit) -> None:
        self.network = cut.above
        self.layer: str | None = cut.layer
        self._settings = context.settings
        self._splits = context.splits
        self._weights = class_weights(context.splits.train, context.settings)
        self.steps = len(
            TrainingBatches(context.splits.train, context.settings, self._weights, epoch=0)
        )
        report = ExtractionReport(stage.name, context.on_event)
        self._train, self._validation = (
            Features(split, context.settings, context.model, cut, context.cache, report)
            for split in context.splits
        )

    def training_batches(self, epoch: int, seed: int) -> TrainingBatches:
        """Return one variant of the training split, ordered by the seed."""
        variant = epoch % self._settings.variants
        self._train.prepare(variant)

        def features_of(chosen: Any, _: np.random.Generator) -> Any:
            return self._train.take(chosen, variant)

        return TrainingBatches(self._splits.train, self._settings, self._weights, seed, features_of)

    def validation_batches(self) -> InOrder:
        """Return the validation split, not varied."""
        self._validation.prepare(UNVARIED)
        return InOrder(
            self._splits.validation,
            self._settings.batch,
            lambda chosen: self._validation.take(chosen, UNVARIED),
        )
