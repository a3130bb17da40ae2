"""Rehearsal: what a champion knew, kept in mind while a retraining shows it other scans.

A clinic retrains without the scans that the champion grew up on, and its own may be of two planes
or of one machine. A network that learns from these alone forgets the others (McCloskey and Cohen
1989). Two things hold it: made-up features of every plane, drawn from the statistics that the
champion's bundle carries, and the champion itself, which looks at the new scans too.
"""

from typing import Any, Self

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from fetal.bundle import Bundle
from fetal.planes import PLANES
from fetal.training.features.backbone_split import POOL
from fetal.training.features.extractor import Report
from fetal.training.networks.from_bundle import restore
from fetal.training.settings import TrainingSettings
from fetal.training.stages.rehearsal_losses import Hold, Rehearse
from fetal.training.stages.stage_inputs import Showing

Floats = NDArray[np.float32]

_LESSONS, _TEST = 0, 1

_WIDTH = 1.5
"""How much wider than the champion's training scans made-up features lie: scans that it has not
learnt from lie further out than those that it has."""

_BETWEEN = 0.5
"""The share of made-up features that lie between two others, where the champion draws the line
between planes (Zhang et al. 2018, “mixup: Beyond Empirical Risk Minimization”)."""


class Rehearsal:
    """What a run rehearses of its champion.

    Args:
        champion: The model that the run starts from.
        weight: How much what it knew counts beside the new scans.
        seed: Where the chance of the made-up features starts from.
    """

    def __init__(self, champion: Bundle, weight: float, seed: int) -> None:
        self._champion = champion
        self._weight = weight
        self._seed = seed
        self._statistics = champion.features()

    @classmethod
    def of(cls, champion: Bundle | None, settings: TrainingSettings, report: Report) -> Self | None:
        """What a run rehearses; None where it starts from no champion or is not to rehearse.

        Args:
            champion: The model that the run may start from.
            settings: The run's settings.
            report: Told, in a sentence, of a champion that carries no statistics.
        """
        if champion is None or settings.start != "champion" or not settings.rehearsal:
            return None
        rehearsal = cls(champion, settings.rehearsal, settings.seed)
        if not rehearsal.makes_up:
            text = (
                "The model that this training starts from was written by an older version and "
                "says nothing of how it sees each plane, so planes that the new scans do not show "
                "may be forgotten."
            )
            report({"kind": "log", "text": text})
        return rehearsal

    @property
    def makes_up(self) -> bool:
        """Whether the champion carries what features are made up from."""
        return self._statistics is not None

    def draw(self, n: int, stream: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Make up features, equally many of each plane that the champion knows.

        Half of them are then moved towards another. Their answers are the champion's own, not the
        planes that they were drawn for: so its doubts are rehearsed as well, and the lines that it
        draws between planes.

        Args:
            n: How many.
            stream: The same numbers give the same features.

        Returns:
            The features, (n, c), and the champion's answers, (n, 6), each of which sums to 1.

        Raises:
            ValueError: the champion carries no statistics; ask `makes_up` first.
        """
        if self._statistics is None:
            raise ValueError("Expected a champion with feature statistics; it carries none.")
        chance = np.random.default_rng((self._seed, *stream))
        known = chance.permutation(np.flatnonzero(self._statistics.counts))
        planes = known[np.arange(n) % len(known)]
        kernel, bias = self._champion.head()
        features = np.empty((n, len(kernel)), np.float32)
        for plane in known:
            chosen = planes == plane
            features[chosen] = self._statistics.draw(int(plane), int(chosen.sum()), chance, _WIDTH)
        features = _moved_between(features, chance)
        return features, np.asarray(softmax(features @ kernel + bias, axis=1), np.float32)

    def beside(self, network: keras.Model, upper: keras.Model) -> keras.Model:
        """Let a network learn made-up features beside what it is shown.

        Args:
            network: From what is shown to the logits, (n, 6).
            upper: From pooled features to the logits; shares its layers with `network`.

        Returns:
            A network that takes a tuple of what is shown, made-up features and answers, and gives
            the logits of what is shown. Its loss has the made-up features' cross-entropy in it.
            Where there is nothing to make up from, `network` itself.
        """
        if self._statistics is None:
            return network
        features = keras.Input(upper.inputs[0].shape[1:], name="made_up")
        answers = keras.Input((len(PLANES),), name="answers")
        logits = Rehearse(self._weight)([network.outputs[0], upper(features), answers])
        return keras.Model((*network.inputs, features, answers), logits)

    def with_made_up(self, shown: Any, stream: int) -> Any:
        """What `beside` takes: what is shown, with as many made-up features and their answers."""
        return (shown, *self.draw(len(shown), (stream,))) if self.makes_up else shown

    def around(self, showing: Showing, model: keras.Model) -> Showing:
        """Rehearse in a stage that changes more than the last layer.

        Args:
            showing: What the stage is shown.
            model: The network that learns.

        Returns:
            The same lessons and test with what is to be rehearsed.
        """
        held = _part(restore(self._champion), showing.layer)
        held.trainable = False
        learner = _part(model, showing.layer)
        start = learner.inputs[0]
        shown = keras.Input(start.shape[1:], dtype=start.dtype, name="shown")
        known = held(shown, training=False)
        logits = Hold(self._weight, self._scale())([*learner(shown), *known])
        upper = keras.Model(model.get_layer(POOL).output, model.outputs[1])
        network = self.beside(keras.Model(shown, logits), upper)
        return _Rehearsing(self, showing, network)

    def _scale(self) -> float | None:
        """How much a feature varies within a plane: a change is large or small beside that."""
        if self._statistics is None:
            return None
        counts = self._statistics.counts
        channels = self._statistics.means.shape[1]
        return float(counts @ self._statistics.variances() / counts.sum() / channels)


class _Rehearsing:
    """What a stage is shown, with made-up features beside it."""

    def __init__(self, rehearsal: Rehearsal, showing: Showing, network: keras.Model) -> None:
        self.network = network
        self.layer = showing.layer
        self.steps = showing.steps
        self._rehearsal = rehearsal
        self._showing = showing

    def lesson(self, epoch: int, seed: int) -> keras.utils.PyDataset:
        """The batches of an epoch, with other made-up features for each seed."""
        return self._beside(self._showing.lesson(epoch, seed), (_LESSONS, seed))

    def test(self) -> keras.utils.PyDataset:
        """The validation split, with the same made-up features each time."""
        return self._beside(self._showing.test(), (_TEST,))

    def _beside(
        self, batches: keras.utils.PyDataset, stream: tuple[int, ...]
    ) -> keras.utils.PyDataset:
        return _Beside(batches, self._rehearsal, stream) if self._rehearsal.makes_up else batches


class _Beside(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of what is shown, each with as many made-up features."""

    def __init__(
        self, batches: keras.utils.PyDataset, rehearsal: Rehearsal, stream: tuple[int, ...]
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._batches = batches
        self._rehearsal = rehearsal
        self._stream = stream

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        shown, *rest = self._batches[index]
        return (shown, *self._rehearsal.draw(len(shown), (*self._stream, index))), *rest


def _moved_between(features: Floats, chance: np.random.Generator) -> Floats:
    """Move some features anywhere between where they are and another."""
    moved = features.copy()
    some = chance.permutation(len(features))[: round(_BETWEEN * len(features))]
    other = chance.integers(0, len(features), len(some))
    share = chance.random((len(some), 1), np.float32)
    moved[some] = share * features[some] + (1 - share) * features[other]
    return moved


def _part(model: keras.Model, layer: str | None) -> keras.Model:
    """From a layer's output, or the scan, to the pooled features and the logits."""
    start = model.get_layer(layer).output if layer else model.input
    return keras.Model(start, [model.get_layer(POOL).output, model.outputs[1]])
