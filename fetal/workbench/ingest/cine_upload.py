"""Films: the frames that show a plane best, and how they come into the workspace."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from fetal.planes import Plane
from fetal.predict import Doubt, Model, Prediction
from fetal.scans import Scan, ScanError, encode_png
from fetal.scans.deidentification.file_names import frame_name
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile, ReadFrame
from fetal.workbench.core.workbench import Champion, Workbench
from fetal.workbench.ingest.deid_policy import OPEN, DeidentificationCheck
from fetal.workbench.ingest.store_scan import (
    IngestOutcome,
    IngestResult,
    PatientRef,
    UploadedFile,
    store_scan,
)

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
    candidates = _CANDIDATES if model is not None else most
    scans = _Readable(client.read_film(data, name, most=candidates))
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


def take_film(
    workbench: Workbench,
    incoming: UploadedFile,
    *,
    who: str,
    owner: PatientRef,
    source: str,
    champion: Champion | None,
    gate: DeidentificationCheck = OPEN,
) -> Iterator[IngestResult]:
    """Take frames of a film into the workspace, each as a scan of its own.

    Args:
        workbench: the workbench.
        incoming: the film; the frames that it names, or else those that `propose` gives.
        who: the person.
        owner: the patient, where the film names none itself.
        source: `upload`, `import` or `sample`.
        champion: the model that predicts.
        gate: which frames may be stored without being looked at.

    Yields:
        What became of each frame, or of the film where it was refused.
    """
    try:
        frames = _wanted(incoming, champion)
    except ScanError as error:
        yield IngestResult(incoming.file, IngestOutcome.REFUSED, None, str(error))
        return
    how = "a person picked" if incoming.frames is not None else "look most like a plane"
    for frame, read in frames:
        taken = store_scan(
            workbench,
            frame_name(incoming.file, frame.index),
            read,
            who=who,
            owner=owner,
            source=source,
            champion=champion,
            gate=gate,
        )
        place = (
            f"Frame {frame.index + 1:,} of {frame.count:,}, one of the {len(frames)} that {how}."
        )
        yield replace(taken, sentence=f"{taken.sentence} {place}")


def holds_film(incoming: UploadedFile) -> bool:
    """Tell whether a file holds several frames, without looking at its pixels.

    Args:
        incoming: the file.
    """
    return client.is_film(incoming.data)


class _Readable:
    """Those of some frames that can become scans, one at a time.

    Attributes:
        read: the indices of those that were given.
        refusal: why the first of the others was not.
        count: how many frames the film has, once one was looked at.
    """

    def __init__(self, frames: Iterable[ReadFrame]) -> None:
        self.read: list[int] = []
        self.refusal: ScanError | None = None
        self.count = 0
        self._frames = frames

    def __iter__(self) -> Iterator[tuple[int, Scan]]:
        for frame in self._frames:
            self.count = frame.count
            if frame.scan is None:
                self.refusal = self.refusal or ScanError(frame.refusal)
                continue
            self.read.append(frame.index)
            yield frame.index, frame.scan


def _wanted(incoming: UploadedFile, champion: Champion | None) -> list[tuple[ReadFrame, ReadFile]]:
    """The frames that a person picked, else those that `propose` gives, as they arrived too."""
    indices = incoming.frames
    if indices is None:
        model = champion.model if champion else None
        indices = tuple(one.index for one in propose(incoming.data, incoming.file, model)[0])
    found = []
    for frame in client.read_film(incoming.data, incoming.file, frames=indices, most=len(indices)):
        if frame.scan is None:
            raise ScanError(frame.refusal)
        png = encode_png(frame.scan.pixels)
        found.append((frame, ReadFile(frame.scan, png, None, frame.before)))
    return found


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
