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
from fetal.training.events import LogLine, OnEvent
from fetal.training.features.backbone_split import POOL
from fetal.training.networks.from_bundle import restore
from fetal.training.settings import TrainingSettings
from fetal.training.stages.rehearsal_losses import Hold, Rehearse
from fetal.training.stages.stage_inputs import StageInputs

Floats = NDArray[np.float32]

_TRAINING, _VALIDATION = 0, 1

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
    def of(
        cls, champion: Bundle | None, settings: TrainingSettings, on_event: OnEvent
    ) -> Self | None:
        """What a run rehearses; None where it starts from no champion or is not to rehearse.

        Args:
            champion: The model that the run may start from.
            settings: The run's settings.
            on_event: Called with a log line if the champion carries no statistics.
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
            on_event(LogLine(text))
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
        """Let a network learn made-up features beside its inputs.

        Args:
            network: From the inputs to the logits, (n, 6).
            upper: From pooled features to the logits; shares its layers with `network`.

        Returns:
            A network that takes a tuple of inputs, made-up features and answers, and returns the
            logits of the inputs. Its loss has the made-up features' cross-entropy in it.
            Where there is nothing to make up from, `network` itself.
        """
        if self._statistics is None:
            return network
        features = keras.Input(upper.inputs[0].shape[1:], name="made_up")
        answers = keras.Input((len(PLANES),), name="answers")
        logits = Rehearse(self._weight)([network.outputs[0], upper(features), answers])
        return keras.Model((*network.inputs, features, answers), logits)

    def with_made_up(self, inputs: Any, stream: int) -> Any:
        """Return what `beside` takes: the inputs, as many made-up features, and their answers."""
        return (inputs, *self.draw(len(inputs), (stream,))) if self.makes_up else inputs

    def around(self, inputs: StageInputs, model: keras.Model) -> StageInputs:
        """Rehearse in a stage that changes more than the last layer.

        Args:
            inputs: The inputs of the stage.
            model: The network that learns.

        Returns:
            The same inputs with what is to be rehearsed.
        """
        held = _part(restore(self._champion), inputs.layer)
        held.trainable = False
        learner = _part(model, inputs.layer)
        start = learner.inputs[0]
        given = keras.Input(start.shape[1:], dtype=start.dtype, name="given")
        known = held(given, training=False)
        logits = Hold(self._weight, self._scale())([*learner(given), *known])
        upper = keras.Model(model.get_layer(POOL).output, model.outputs[1])
        network = self.beside(keras.Model(given, logits), upper)
        return _RehearsingInputs(self, inputs, network)

    def _scale(self) -> float | None:
        """How much a feature varies within a plane: a change is large or small beside that."""
        if self._statistics is None:
            return None
        counts = self._statistics.counts
        channels = self._statistics.means.shape[1]
        return float(counts @ self._statistics.variances() / counts.sum() / channels)


class _RehearsingInputs:
    """The inputs of a stage, with made-up features beside them."""

    def __init__(self, rehearsal: Rehearsal, inputs: StageInputs, network: keras.Model) -> None:
        self.network = network
        self.layer = inputs.layer
        self.steps = inputs.steps
        self._rehearsal = rehearsal
        self._inputs = inputs

    def training_batches(self, epoch: int, seed: int) -> keras.utils.PyDataset:
        """The batches of an epoch, with other made-up features for each seed."""
        return self._beside(self._inputs.training_batches(epoch, seed), (_TRAINING, seed))

    def validation_batches(self) -> keras.utils.PyDataset:
        """The validation split, with the same made-up features each time."""
        return self._beside(self._inputs.validation_batches(), (_VALIDATION,))

    def _beside(
        self, batches: keras.utils.PyDataset, stream: tuple[int, ...]
    ) -> keras.utils.PyDataset:
        return _Beside(batches, self._rehearsal, stream) if self._rehearsal.makes_up else batches


class _Beside(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of inputs, each with as many made-up features."""

    def __init__(
        self, batches: keras.utils.PyDataset, rehearsal: Rehearsal, stream: tuple[int, ...]
    ) -> None:
        super().__init__(
            workers=batches.workers,
            use_multiprocessing=False,
            max_queue_size=batches.max_queue_size,
        )
        self._batches = batches
        self._rehearsal = rehearsal
        self._stream = stream

    def __len__(self) -> int:
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        inputs, *rest = self._batches[index]
        return (inputs, *self._rehearsal.draw(len(inputs), (*self._stream, index))), *rest


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
