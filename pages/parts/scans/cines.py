"""Films: played, and the frames that are worth keeping, for a person to pick from."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from fetal.explain import encode_jpeg
from fetal.predict import Doubt
from fetal.scans import ScanError
from fetal.scans.inspection import FileKind
from fetal.scans.sandboxed_reading.file_reader import ReadFrame
from fetal.workbench.ingest import cine_upload, upload
from pages.parts.app import app_state
from pages.parts.cine import cine_player
from pages.parts.cine.cine_player import PlayedFrame
from pages.parts.shared import scan_pictures
from pages.parts.shared.formatting import label, number, percent, plain
from pages.parts.texts.catalogue import _
from pages.parts.texts.customs import whole

_OFFERED = 12
_ACROSS = 4
_PLAYED_HEIGHT = 330
_MOST_FILMS = 6
"""Films of one drop to pick from; of more, the program takes its own choice."""


@dataclass(frozen=True)
class Frame:
    """A frame to pick.

    Attributes:
        index: its place in the film, from 0.
        picture: the frame, small.
        words: what the model says of it.
        proposed: whether the program would take it.
    """

    index: int
    picture: NDArray[np.uint8]
    words: str
    proposed: bool


@dataclass(frozen=True)
class Film:
    """A film to pick frames from.

    Attributes:
        name: its file name.
        count: how many frames it has.
        frames: those that are offered; none where it cannot be read.
        played: those that can be looked at, in their order.
        shape: pixels down and across.
        small: the same frames, small, by place.
    """

    name: str
    count: int
    frames: list[Frame]
    played: list[PlayedFrame] = field(default_factory=list)
    shape: tuple[int, ...] = (1, 1)
    small: dict[int, NDArray[np.uint8]] = field(default_factory=dict)


def pick(
    files: Sequence[upload.UploadedFile], number_of_drop: str
) -> list[upload.UploadedFile] | None:
    """Let the person pick frames of the films among dropped files.

    Args:
        files: what was dropped.
        number_of_drop: which drop it is, so that a new one is asked about anew.

    Returns:
        The files, films with the frames that were picked and without those of which none was;
        nothing while the person has yet to pick. A film that cannot be read is left as it is, to
        be refused with its sentence.
    """
    places = [place for place, file in enumerate(files) if file.inspection.kind is FileKind.FILM]
    if not 0 < len(places) <= _MOST_FILMS:
        return list(files)
    # Files may be added to a drop and taken out again before it starts.
    drop = f"{number_of_drop}-{hash(tuple((file.name, len(file.data)) for file in files))}"
    known = f"films-{drop}"
    if known not in st.session_state:
        with st.spinner(_("Looking through the film …")):
            st.session_state[known] = [_looked_through(files[place]) for place in places]
    films: list[Film] = st.session_state[known]
    readable = dict(zip(places, films, strict=True))
    if any(one.frames for one in films) and not _asked(readable, drop):
        return None
    picked = {
        place: tuple(
            sorted(f.index for f in _offered(one, place, drop) if _ticked(drop, place, f.index))
        )
        for place, one in readable.items()
        if one.frames
    }
    return [
        replace(file, frames=picked.get(place))
        for place, file in enumerate(files)
        if picked.get(place) != ()
    ]


def forget() -> None:
    """Let go of the frames of films that were picked from."""
    for kept in [key for key in st.session_state if str(key).startswith("films-")]:
        del st.session_state[kept]


def _looked_through(incoming: upload.UploadedFile) -> Film:
    champion = upload.predicting(app_state.workbench())
    model = champion.model if champion else None
    read: dict[int, ReadFrame] = {}
    try:
        found, count = cine_upload.propose(incoming.data, incoming.file, model, _OFFERED, read)
    except ScanError:
        return Film(incoming.file, 0, [])
    best = sorted(found, key=lambda one: -one.likeness)[: cine_upload.FRAMES]
    frames = [
        Frame(one.index, scan_pictures.smaller(one.scan.pixels), _words(one), one in best)
        for one in found
    ]
    played = {index: one.scan.pixels for index, one in read.items() if one.scan is not None}
    return Film(
        incoming.file,
        count,
        frames,
        [PlayedFrame(index, _in_text(played[index])) for index in sorted(played)],
        next(iter(played.values())).shape,
        {index: scan_pictures.smaller(pixels) for index, pixels in played.items()},
    )


def _in_text(pixels: NDArray[np.uint8]) -> str:
    """A frame as an address that holds the picture itself: nothing of it is stored yet."""
    small = scan_pictures.smaller(pixels, _PLAYED_HEIGHT)
    packed = encode_jpeg(np.repeat(small[:, :, None], 3, axis=2))
    return f"data:image/jpeg;base64,{b64encode(packed).decode('ascii')}"


def _asked(films: dict[int, Film], drop: str) -> bool:
    """Show the frames; true once the person has picked."""
    done = f"films-picked-{drop}"
    if not st.session_state.get(done):
        place = st.empty()
        with place.container():
            for at, one in films.items():
                if len(one.played) > 1:
                    _play(one, at, drop)
            form = st.form(f"frames-{drop}", border=True)
        with form:
            for at, one in films.items():
                if one.frames:
                    _offer(one, at, drop)
            if st.form_submit_button(_("Add these frames"), type="primary", key="add-frames"):
                st.session_state[done] = True
        if not st.session_state.get(done):
            return False
        place.empty()
        # What was ticked outlives the boxes, which are gone at the next run.
        st.session_state[f"films-ticked-{drop}"] = {
            (at, frame.index)
            for at, one in films.items()
            for frame in _offered(one, at, drop)
            if st.session_state.get(_key(drop, at, frame.index))
        }
    return True


def _play(one: Film, at: int, drop: str) -> None:
    """The film, to be played; each of its frames can be taken."""
    play = _("Play {film}").format(film=plain(one.name))
    with st.expander(play, icon=":material/movie:", key=f"play-film-{at}"):
        down, across = one.shape
        cine_player.show_frames(
            f"film-{at}-{drop}", one.played, across, down, partial(_take, one, at, drop)
        )
        far = _("{some} of its {all}, those that differ.")
        all_frames = number(one.count, "frame", "frames")
        st.caption(far.format(some=whole(len(one.played)), all=all_frames))


def _take(one: Film, at: int, drop: str, index: int) -> None:
    """Put a frame among those to tick, ticked."""
    taken = st.session_state.setdefault(_taken_key(at, drop), [])
    if index not in taken and all(index != frame.index for frame in one.frames):
        taken.append(index)
    st.session_state[_key(drop, at, index)] = True


def _offered(one: Film, at: int, drop: str) -> list[Frame]:
    """The frames to tick, those that the person took while the film played behind the others."""
    taken = st.session_state.get(_taken_key(at, drop), [])
    words = _("taken by you")
    return [*one.frames, *(Frame(index, one.small[index], words, True) for index in taken)]


def _taken_key(at: int, drop: str) -> str:
    return f"films-taken-{at}-{drop}"


def _offer(one: Film, at: int, drop: str) -> None:
    st.markdown(
        _(
            "**{name} is a film of {frames}.** These differ from one another and look most like a "
            "plane. Tick those to add; each becomes a scan."
        ).format(name=plain(one.name), frames=number(one.count, "frame", "frames"))
    )
    offered = _offered(one, at, drop)
    for start in range(0, len(offered), _ACROSS):
        row = offered[start : start + _ACROSS]
        for column, frame in zip(st.columns(_ACROSS), row, strict=False):
            with column, st.container(key=f"thumb-film-{at}-{frame.index}", gap="xxsmall"):
                name = _("Frame {n}").format(n=whole(frame.index + 1))
                st.image(frame.picture, width="stretch", alt=name)
                # A frame may have been taken while the film played, before its box was there.
                st.session_state.setdefault(_key(drop, at, frame.index), frame.proposed)
                st.checkbox(
                    f"{name}: {plain(frame.words)}" if frame.words else name,
                    key=_key(drop, at, frame.index),
                )


def _ticked(drop: str, at: int, index: int) -> bool:
    return (at, index) in st.session_state.get(f"films-ticked-{drop}", set())


def _key(drop: str, at: int, index: int) -> str:
    return f"frame-{drop}-{at}-{index}"


def _words(one: cine_upload.Proposed) -> str:
    if one.prediction is None:
        return ""
    if one.prediction.doubt is Doubt.UNKNOWN:
        return _("not a plane I know")
    return f"{label(one.prediction.plane)}, {percent(one.prediction.confidence)}"
