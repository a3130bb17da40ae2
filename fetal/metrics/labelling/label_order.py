"""In which order to label scans, so that a model gains most from each label.

Doubt, diversity and balance together: what a head is unsure of, unlike what is labelled and
unlike what was chosen just before, of planes that few labels show.

The step is that of BADGE (Ash et al. 2020, “Deep Batch Active Learning by Diverse, Uncertain
Gradient Lower Bounds”): each scan stands for the gradient that its most probable label would put
on the head, long where the head doubts and pointing where the scan lies, and scans are drawn one
after another with a chance that grows with the squared distance from all drawn before (k-means++,
Arthur and Vassilvitskii 2007). Ours differs in one thing: the gradient counts more for planes that
few labels show (the balance of Cui et al. 2019, “Class-Balanced Loss Based on Effective Number of
Samples”).
"""

import numpy as np
from numpy.typing import NDArray

from fetal.metrics.labelling.feature_heads import (
    Classes,
    Features,
    Scaling,
    fitted_probabilities,
    one_thread,
)
from fetal.planes import PLANES

CURIOUS = 1.0
"""`C` of the head that doubts: freer than one that judges labels, as few labels are there."""

_EFFECTIVE = 0.99
"""Cui's beta: a plane with a hundred labels counts some sixty times less than one with one."""


def label_order(
    features: Features,
    classes: Classes,
    labelled: NDArray[np.int64],
    candidates: NDArray[np.int64],
    most: int,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Put scans without a label into the order in which labelling them is worth most.

    Args:
        features: (n, c), of all scans, from a frozen network.
        classes: int64 (n,), planes as indices into `fetal.planes.PLANES`; read for the labelled
            scans only.
        labelled: int64 (m,), rows of the labelled scans.
        candidates: int64 (k,), rows of the scans without a label.
        most: how many to put into order, at the most.
        seed: makes the draws the same every time.

    Returns:
        int64 (min(most, k),), rows of scans without a label, the first to be labelled first. While
        fewer than two planes are labelled, the most typical scans of as many groups
        (Hacohen et al. 2022, “Active Learning on a Budget”).
    """
    wanted = min(most, len(candidates))
    if wanted == 0:
        return np.empty(0, np.int64)
    components = Scaling.of(features).apply(features)
    asked = components[candidates]
    if wanted == len(candidates) == 1:
        return candidates
    if len(np.unique(classes[labelled])) < 2:
        return candidates[typical(asked, wanted, seed)]
    given = classes[labelled]
    chances = fitted_probabilities(components[labelled], given, asked, CURIOUS)
    return candidates[_drawn(_gradients(asked, chances, given), wanted, seed)]


def typical(points: NDArray[np.float64], wanted: int, seed: int = 0) -> NDArray[np.int64]:
    """Return one typical point of each of as many groups as points are wanted.

    Args:
        points: float64 (n, k).
        wanted: how many, at most n.
        seed: makes the groups the same every time.

    Returns:
        int64 (wanted,), rows; those of the largest groups first.
    """
    from sklearn.cluster import KMeans

    with one_thread():
        groups = KMeans(wanted, n_init=5, random_state=seed).fit(points)
    near = np.argsort(((points - groups.cluster_centers_[groups.labels_]) ** 2).sum(axis=1))
    firsts = [near[groups.labels_[near] == group][:1] for group in range(wanted)]
    sizes = np.bincount(groups.labels_, minlength=wanted)
    found = np.concatenate([firsts[group] for group in np.argsort(-sizes, kind="stable")])
    # Points that lie on one another may leave a group empty.
    left = np.setdiff1d(near, found, assume_unique=True)
    return np.asarray(np.concatenate([found, left])[:wanted], np.int64)


def _gradients(
    asked: NDArray[np.float64], chances: NDArray[np.float64], given: Classes
) -> NDArray[np.float64]:
    """The gradient of each scan on the head's weights, weighted by how rare its plane is."""
    guess = chances.argmax(axis=1)
    errors = chances - np.eye(len(PLANES))[guess]
    counts = np.bincount(given, minlength=len(PLANES))
    rarity = (1 - _EFFECTIVE) / (1 - _EFFECTIVE ** np.maximum(counts, 1))
    # By what it may be, not by the one guess: a plane that is hardly known is seldom the guess.
    weight = np.sqrt(chances @ rarity)
    towards = np.concatenate([asked, np.ones((len(asked), 1))], axis=1)
    whole = weight[:, None, None] * errors[:, :, None] * towards[:, None, :]
    return np.asarray(whole.reshape(len(asked), -1))


def _drawn(points: NDArray[np.float64], wanted: int, seed: int) -> NDArray[np.int64]:
    """Draw rows by k-means++: the longest first, then by the squared distance from those drawn."""
    chooser = np.random.default_rng(seed)
    squares = (points**2).sum(axis=1)
    first = int(squares.argmax())
    drawn = [first]
    far = squares + squares[first] - 2 * points @ points[first]
    while len(drawn) < wanted:
        far = np.maximum(far, 0)
        far[drawn] = 0
        total = far.sum()
        if total <= 1e-12:
            left = np.setdiff1d(np.arange(len(points)), drawn)
            drawn.extend(left[: wanted - len(drawn)].tolist())
            break
        following = int(chooser.choice(len(points), p=far / total))
        drawn.append(following)
        distance = squares + squares[following] - 2 * points @ points[following]
        far = np.minimum(far, distance)
    return np.array(drawn, np.int64)
