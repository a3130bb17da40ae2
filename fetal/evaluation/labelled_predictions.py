"""Labelled scans, and what a model says of them."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fetal.planes import PLANES, Plane
from fetal.predict import Doubt, Model
from fetal.scans import Scan


@dataclass(frozen=True)
class LabelledScan:
    """A scan of which a person says what it shows.

    Attributes:
        scan: the scan, as read.
        plane: what it shows.
        patient: whom; scans of one patient count as one when intervals are made.
        machine: the ultrasound machine's model, or None where nobody knows.
    """

    scan: Scan
    plane: Plane
    patient: str
    machine: str | None = None


@dataclass(frozen=True)
class Case:
    """What a model said of one labelled scan; it holds no pixels.

    Attributes:
        digest: the scan's (`fetal.scans.Scan.digest`).
        plane: what it shows.
        patient: whom.
        machine: the ultrasound machine's model, or None.
        probabilities: the model's, calibrated, in the order of PLANES.
        doubt: whether the model asked for a check.
        unfamiliarity: how unlike the scans that the model has learnt from; unknown from 1 on.
    """

    digest: str
    plane: Plane
    patient: str
    machine: str | None
    probabilities: tuple[float, ...]
    doubt: Doubt
    unfamiliarity: float = 0.0

    @property
    def said(self) -> Plane:
        """The plane that the model named."""
        return PLANES[self.probabilities.index(self.confidence)]

    @property
    def confidence(self) -> float:
        """The probability that the model stated for the plane it named, 0 to 1."""
        return max(self.probabilities)

    @property
    def right(self) -> bool:
        """Whether the model named the plane that the scan shows."""
        return self.said is self.plane

    @property
    def sure(self) -> bool:
        """Whether the model asked for nothing: neither a check nor a plane that it knows."""
        return self.doubt is Doubt.SURE


def examine(model: Model, scans: Iterable[LabelledScan]) -> Iterator[Case]:
    """Ask a model about labelled scans, one after another.

    Args:
        model: the model.
        scans: the scans; may be read as they are needed.

    Yields:
        What it said, in their order. The scans themselves are not kept.

    Example:
        >>> from fetal import load_model  # doctest: +SKIP
        >>> [case.right for case in examine(load_model(), labelled)]  # doctest: +SKIP
        [True, True, False]
    """
    asked: deque[LabelledScan] = deque()

    def pixels() -> Iterator[Scan]:
        for one in scans:
            asked.append(one)
            yield one.scan

    for said in model.predict_many(pixels()):
        one = asked.popleft()
        yield Case(
            digest=one.scan.digest,
            plane=one.plane,
            patient=one.patient,
            machine=one.machine,
            probabilities=tuple(said.probabilities[plane] for plane in PLANES),
            doubt=said.doubt,
            unfamiliarity=said.unfamiliarity,
        )


def arrays(cases: Sequence[Case]) -> tuple[list[int], NDArray[np.float64], list[str]]:
    """What `fetal.metrics` measures.

    Args:
        cases: n cases.

    Returns:
        True planes as indices into PLANES, probabilities (n, 6), patients.
    """
    labels = [PLANES.index(case.plane) for case in cases]
    chances = np.array([case.probabilities for case in cases], np.float64)
    return labels, chances, [case.patient for case in cases]
