"""Films: the frames that are proposed or stored, and reading them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from fetal.predict import Model, Prediction
from fetal.predict.best_frames import CANDIDATES, best_frames
from fetal.predict.best_frames import FRAMES as FRAMES
from fetal.predict.best_frames import Proposed as Proposed
from fetal.scans import ScanError, encode_png
from fetal.scans.deidentification.file_names import frame_name
from fetal.scans.sandboxed_reading import client
from fetal.scans.sandboxed_reading.file_reader import ReadFile, ReadFrame
from fetal.workbench.ingest.files import FramePlace


@dataclass(frozen=True, eq=False)
class FilmFrame:
    """A frame of a film that is to be stored.

    Attributes:
        name: what the frame is called, made from the film's name.
        read: the frame as it was read.
        words: which frame it is, and why it was taken, in a sentence.
        prediction: what the model said of it; None if it has not looked.
        place: which frame of which film it is.
    """

    name: str
    read: ReadFile
    words: str
    prediction: Prediction | None
    place: FramePlace


def propose(
    data: bytes,
    name: str,
    model: Model | None,
    most: int = FRAMES,
    candidates: dict[int, ReadFrame] | None = None,
) -> tuple[list[Proposed], int]:
    """Find the frames of a film that look most like a plane, distinct and spread over it.

    Args:
        data: the film.
        name: its name, looked at only for a patient at its start.
        model: predicts; without one, frames are spread evenly.
        most: how many to propose at the most.
        candidates: gets all frames that were looked at and can become a scan, by place.

    Returns:
        The frames in their order, and how many frames the film has.

    Raises:
        ScanError: no frame of it can become a scan; the text says why.
    """
    wanted = CANDIDATES if model is not None else most
    return best_frames(client.read_film(data, name, most=wanted), model, most, candidates)


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
        proposed, _ = propose(data, file, model, FRAMES, candidates)
        found = [(candidates[one.index], one.prediction) for one in proposed]
    which = f"one of the {len(found)} that {how}"
    film = hashlib.sha256(data).hexdigest()
    return [_frame_of(file, film, read, said, which) for read, said in found]


def _frame_of(
    file: str, film: str, read: ReadFrame, said: Prediction | None, which: str
) -> FilmFrame:
    if read.scan is None:
        raise ScanError(read.refusal)
    whole = ReadFile(read.scan, encode_png(read.scan.pixels), None, read.before)
    words = f"Frame {read.index + 1:,} of {read.count:,}, {which}."
    place = FramePlace(film, read.index)
    return FilmFrame(frame_name(file, read.index), whole, words, said, place)
