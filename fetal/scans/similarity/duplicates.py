"""Copies in a collection of scans: the same pixels, and the same picture stored anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans.similarity.hash_search import near_pairs
from fetal.scans.similarity.perceptual_hash import (
    REACH,
    TURNS,
    Grey,
    distances,
    fingerprint,
    is_copy,
    similarity,
)


@dataclass(frozen=True, eq=False)
class ComparedImage:
    """What is remembered of a scan to find its copies.

    Attributes:
        name: what to call it.
        digest: of its pixels.
        patient: whose it is; none where nobody knows.
        square: uint8 (96, 96), as `fetal.scans.similarity.perceptual_hash.small_square` gives it.
    """

    name: str
    digest: str
    patient: str | None
    square: Grey


@dataclass(frozen=True)
class Copies:
    """Two scans of a collection that show the same picture.

    Attributes:
        one: the first one's name.
        other: the second one's.
        exact: whether all their pixels are the same.
        same_patient: true or false; none where one of the patients is not known.
        distance: bits of 255 in which the fingerprints differ.
        similarity: correlation of the pixels at the best fit, up to 1.
    """

    one: str
    other: str
    exact: bool
    same_patient: bool | None
    distance: int
    similarity: float


def find_copies(
    scans: Sequence[ComparedImage],
    besides: Iterable[tuple[int, int]] = (),
    on_progress: OnProgress = no_progress,
) -> list[Copies]:
    """Find the scans of a collection that show the same picture.

    Args:
        scans: the collection.
        besides: places of pairs to look at although their fingerprints may be far apart, such as
            those that a model sees alike; they are looked at from several angles.
        on_progress: called after each pair that was looked at.

    Returns:
        Exact ones first, then those across patients, then the most similar.

    Example:
        >>> fan = np.random.default_rng(1).integers(1, 255, (96, 96)).astype(np.uint8)
        >>> images = [ComparedImage(name, "1", patient, fan) for name, patient in ("aP", "bQ")]
        >>> find_copies(images)[0].exact
        True
    """
    bits = np.array([fingerprint(scan.square) for scan in scans], np.uint64).reshape(-1, 4)
    near: dict[tuple[int, int], tuple[int, Sequence[float]]] = {
        (one, other): (apart, (0.0,)) for one, other, apart in near_pairs(bits, REACH)
    }
    for places in besides:
        one, other = min(places), max(places)
        if one != other and (one, other) not in near:
            near[one, other] = (int(distances(bits[one], bits[other])), TURNS)
    found = []
    for done, ((one, other), (apart, turns)) in enumerate(sorted(near.items()), start=1):
        pair = _compare(scans[one], scans[other], apart, turns)
        if pair is not None:
            found.append(pair)
        on_progress(Progress(done, len(near)))
    return sorted(
        found, key=lambda pair: (not pair.exact, bool(pair.same_patient), -pair.similarity)
    )


def _compare(
    one: ComparedImage, other: ComparedImage, apart: int, turns: Sequence[float]
) -> Copies | None:
    known = one.patient is not None and other.patient is not None
    same_patient = one.patient == other.patient if known else None
    if one.digest == other.digest:
        return Copies(one.name, other.name, True, same_patient, 0, 1.0)
    alike = similarity(one.square, other.square, turns)
    if not is_copy(same_patient=bool(same_patient), distance=apart, alike=alike):
        return None
    return Copies(one.name, other.name, False, same_patient, apart, round(alike, 4))
