"""Films: the frames that show a plane best, and reading them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fetal.planes import Plane
from fetal.predict import Doubt, Model, Prediction
from fetal.scans import Scan, ScanError, encode_png
from fetal.scans.deidentification.file_names import frame_name
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile, ReadFrame

FRAMES = 5
"""How many frames of a film are proposed unless somebody asks for another number."""
_CANDIDATES = 40
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


@dataclass(frozen=True, eq=False)
class FilmFrame:
    """A frame of a film that is to be stored.

    Attributes:
        name: what the frame is called, made from the film's name.
        read: the frame as it was read.
        words: which frame it is, and why it was taken, in a sentence.
        prediction: what the model said of it; None if it has not looked.
    """

    name: str
    read: ReadFile
    words: str
    prediction: Prediction | None


def propose(
    data: bytes, name: str, model: Model | None, most: int = FRAMES
) -> tuple[list[Proposed], int]:
    """Find the frames of a film that look most like a plane, distinct and spread over it.

    Args:
        data: the film.
        name: its name, looked at only for a patient at its start.
        model: predicts; without one, frames are spread evenly.
        most: how many to propose at the most.

    Returns:
        The frames in their order, and how many frames the film has.

    Raises:
        ScanError: no frame of it can become a scan; the text says why.
    """
    return _propose(data, name, model, most, None)


def _propose(
    data: bytes,
    name: str,
    model: Model | None,
    most: int,
    candidates: dict[int, ReadFrame] | None,
) -> tuple[list[Proposed], int]:
    """Find frames as `propose` does, and keep all that were read as candidates, if asked to."""
    wanted = _CANDIDATES if model is not None else most
    scans = _Readable(client.read_film(data, name, most=wanted), candidates)
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


def film_frames(
    data: bytes, file: str, picked: Sequence[int] | None, model: Model | None
) -> list[FilmFrame]:
    """Read the frames of a film that are to be stored.

    Args:
        data: the film.
        file: its name.
        picked: the frames that a person picked, from 0. If None, those that `propose` gives.
        model: predicts, to find the best frames; without one, frames are spread evenly.

    Returns:
        The frames, in their order.

    Raises:
        ScanError: one of the picked frames, or every frame, cannot become a scan; the text says
            why.
    """
    found: list[tuple[ReadFrame, Prediction | None]]
    if picked is not None:
        how = "a person picked"
        reads = client.read_film(data, file, frames=picked, most=len(picked))
        found = [(read, None) for read in reads]
    else:
        how = "look most like a plane"
        candidates: dict[int, ReadFrame] = {}
        proposed, _ = _propose(data, file, model, FRAMES, candidates)
        found = [(candidates[one.index], one.prediction) for one in proposed]
    which = f"one of the {len(found)} that {how}"
    return [_frame_of(file, read, said, which) for read, said in found]


def _frame_of(file: str, read: ReadFrame, said: Prediction | None, which: str) -> FilmFrame:
    if read.scan is None:
        raise ScanError(read.refusal)
    whole = ReadFile(read.scan, encode_png(read.scan.pixels), None, read.before)
    words = f"Frame {read.index + 1:,} of {read.count:,}, {which}."
    return FilmFrame(frame_name(file, read.index), whole, words, said)


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
