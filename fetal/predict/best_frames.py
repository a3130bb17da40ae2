"""The frames of a film that show a plane best."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fetal.planes import Plane
from fetal.predict.model import Model
from fetal.predict.prediction import Prediction
from fetal.predict.uncertainty import Doubt
from fetal.scans import Scan, ScanError
from fetal.scans.sandboxed_reading.file_reader import ReadFrame

FRAMES = 5
"""How many frames of a film are proposed unless somebody asks for another number."""

CANDIDATES = 40
"""Frames of a film that are read in full and predicted: more would take long and add little."""


@dataclass(frozen=True)
class Proposed:
    """A frame that is worth keeping.

    Attributes:
        index: its place in the film, from 0.
        scan: the frame.
        prediction: what the model says of it; none without a model.
    """

    index: int
    scan: Scan
    prediction: Prediction | None

    @property
    def likeness(self) -> float:
        """How much it looks like a plane: the largest probability of one that is not “other”.

        0 where the model does not know what it sees.
        """
        if self.prediction is None or self.prediction.doubt is Doubt.UNKNOWN:
            return 0.0
        chances = self.prediction.probabilities
        return max(chances[plane] for plane in chances if plane is not Plane.OTHER)


def best_frames(
    frames: Iterable[ReadFrame],
    model: Model | None,
    most: int = FRAMES,
    candidates: dict[int, ReadFrame] | None = None,
) -> tuple[list[Proposed], int]:
    """Find the frames of a film that look most like a plane, distinct and spread over it.

    Args:
        frames: frames as they were read (`fetal.scans.sandboxed_reading`), one at a time; with a
            model `CANDIDATES` of them, without one as many as are wanted.
        model: predicts; without one, frames are spread evenly.
        most: how many to propose at the most.
        candidates: gets each frame that can become a scan by its index, as it was read.

    Returns:
        The frames in their order, and how many frames the film has.

    Raises:
        ScanError: no frame of it can become a scan; the text says why.
    """
    scans = _Readable(frames, candidates)
    if model is None:
        found = [Proposed(index, scan, None) for index, scan in scans]
    else:
        predictions = list(model.predict_many(scan for _, scan in scans))
        found = [
            Proposed(index, prediction.scan, prediction)
            for index, prediction in zip(scans.read, predictions, strict=True)
        ]
    if not found:
        raise scans.refusal or ScanError(
            "Expected a film of an ultrasound, received one without a frame that can be read: "
            "please export it again."
        )
    return _spread(found, most, scans.count), scans.count


class _Readable:
    """Those of some frames that can become scans, one at a time.

    Args:
        frames: the frames, and why others are none.
        kept: gets each of them by its index, as it was read.

    Attributes:
        read: the indices of those that were given.
        refusal: why the first of the others was not.
        count: how many frames the film has, once one was looked at.
    """

    def __init__(
        self, frames: Iterable[ReadFrame], kept: dict[int, ReadFrame] | None = None
    ) -> None:
        self.read: list[int] = []
        self.refusal: ScanError | None = None
        self.count = 0
        self._frames = frames
        self._kept = kept

    def __iter__(self) -> Iterator[tuple[int, Scan]]:
        for frame in self._frames:
            self.count = frame.count
            if frame.scan is None:
                self.refusal = self.refusal or ScanError(frame.refusal)
                continue
            self.read.append(frame.index)
            if self._kept is not None:
                self._kept[frame.index] = frame
            yield frame.index, frame.scan


def _spread(found: Sequence[Proposed], most: int, count: int) -> list[Proposed]:
    """The best frames that lie apart, then, where these are too few, the best of the others."""
    apart = count / (2 * most)
    best = sorted(found, key=lambda one: -one.likeness)
    chosen: list[Proposed] = []
    for gap in (apart, 1):
        for one in best:
            near = any(abs(one.index - other.index) < gap for other in chosen)
            if len(chosen) < most and not near:
                chosen.append(one)
    return sorted(chosen, key=lambda one: one.index)
