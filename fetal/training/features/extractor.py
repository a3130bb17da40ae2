"""The features of one split: what frozen layers make of its scans, computed when first needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from fetal.training.data.prepared_scans import PreparedScans
from fetal.training.data.variants import vary
from fetal.training.events import LogLine, OnEvent, StepDone
from fetal.training.export.names import variable_path
from fetal.training.features.backbone_split import BackboneSplit
from fetal.training.features.feature_cache import FeatureCache, Half, key_of, to_half
from fetal.training.features.float32_inference import channels_of
from fetal.training.features.frozen_backbone import Forward, forward
from fetal.training.settings import TrainingSettings

_AT_ONCE = 16


@dataclass(frozen=True)
class ExtractionReport:
    """Reports how far the frozen layers are, under the name of the stage that waits for them."""

    stage: str
    on_event: OnEvent

    def step(self, done: int, total: int) -> None:
        """Report that the features of so many scans are there, of so many."""
        self.on_event(StepDone(self.stage, done, total))

    def end(self, computed: int, total: int) -> None:
        """Report that all features are there, and how many of them were not in the cache."""
        text = f"{self.stage}: looked at {computed} pictures, {total - computed} were known."
        self.on_event(LogLine(text))


class Features:
    """The features of one split at a cut.

    Args:
        frames: The scans.
        settings: How they are varied.
        model: The whole network.
        cut: Where it is cut; nothing below may learn while this is used.
        cache: Where features are kept. If None, they are computed each time.
        report: Reports how far it is, every few scans.
        below: The features at a lower cut, to go on from instead of from the pixels; and the
            network from there.
    """

    def __init__(
        self,
        frames: PreparedScans,
        settings: TrainingSettings,
        model: keras.Model,
        cut: BackboneSplit,
        cache: FeatureCache | None,
        report: ExtractionReport,
        below: "tuple[Features, keras.Model] | None" = None,
    ) -> None:
        self._frames = frames
        self._settings = settings
        self._cache = cache
        self._source = below[0] if below else None
        self._part = below[1] if below else cut.below
        self._network = _identity(model, cut)
        self._report = report
        self._keys: dict[tuple[int, int], str] = {}
        self._ready: set[int] = set()
        self._computed = 0

    def take(self, chosen: NDArray[np.int64], variant: int) -> Half:
        """The features of one variant of some scans.

        Args:
            chosen: int64, (k,), indices into the frames.
            variant: Which of `fetal.training.data.variants`.

        Returns:
            float16, (k, ...); kept features are read, the others computed and kept.
        """
        found = [self._kept(index, variant) for index in chosen]
        missing = [place for place, features in enumerate(found) if features is None]
        if missing:
            made = self._compute(self._inputs(chosen[missing], variant))
            for place, features in zip(missing, made, strict=True):
                found[place] = self._keep(chosen[place], variant, features)
        return np.stack([features for features in found if features is not None])

    def all(self, variant: int) -> Half:
        """The features of one variant of every scan, float16, (n, ...)."""
        return np.concatenate(list(self._parts(variant)))

    def prepare(self, variant: int) -> None:
        """Have one variant of every scan kept, so that `take` only reads."""
        if variant not in self._ready:
            for _ in self._parts(variant):
                pass
        self._ready.add(variant)

    def _parts(self, variant: int) -> Iterator[Half]:
        total = len(self._frames.classes)
        before = self._computed
        for first in range(0, total, _AT_ONCE):
            chosen = np.arange(first, min(first + _AT_ONCE, total))
            yield self.take(chosen, variant)
            self._report.step(int(chosen[-1]) + 1, total)
        self._report.end(self._computed - before, total)

    @cached_property
    def _compute(self) -> Forward:
        return forward(self._part)

    def _inputs(self, chosen: NDArray[np.int64], variant: int) -> NDArray[Any]:
        self._computed += len(chosen)
        if self._source is not None:
            return self._source.take(chosen, variant)
        return np.stack([self._variant_of(index, variant) for index in chosen])[..., None]

    def _variant_of(self, index: int, variant: int) -> NDArray[np.uint8]:
        return vary(self._frames.pixels[index], variant, self._settings)

    def _kept(self, index: int, variant: int) -> Half | None:
        return self._cache.get(self._key(index, variant)) if self._cache else None

    def _keep(self, index: int, variant: int, features: NDArray[np.float32]) -> Half:
        half = to_half(features)
        if self._cache:
            self._cache.put(self._key(index, variant), half)
        return half

    def _key(self, index: int, variant: int) -> str:
        place = (int(index), variant)
        if place not in self._keys:
            # Of the pixels themselves: whatever made them so, framing and variation, is in them.
            pixels = self._variant_of(index, variant)
            self._keys[place] = key_of(self._network, repr(pixels.shape).encode(), pixels.tobytes())
        return self._keys[place]


def _identity(model: keras.Model, cut: BackboneSplit) -> bytes:
    """All that decides features besides the scan: network, cut, normalisation, arithmetic."""
    said = (model.name, cut.layer, channels_of(model), keras.config.dtype_policy().name)
    weights = [
        part
        for weight in cut.below.weights
        for part in (
            variable_path(weight).encode(),
            np.ascontiguousarray(keras.ops.convert_to_numpy(weight)).tobytes(),
        )
    ]
    return key_of(repr(said).encode(), *weights).encode()
