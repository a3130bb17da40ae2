"""How sure a model may be taken to be: sure, to be checked, or not a plane that it knows."""

from collections.abc import Mapping
from enum import StrEnum

from fetal.planes import Plane
from fetal.predict.second_opinion import SecondOpinion

_IN_WORDS = {Plane.OTHER: "another plane"}


class Doubt(StrEnum):
    """Whether a person needs to look."""

    SURE = "sure"
    CHECK = "check"
    UNKNOWN = "unknown"

    @classmethod
    def of(
        cls,
        probabilities: Mapping[Plane, float],
        check_below: float,
        unfamiliarity: float = 0.0,
        second: SecondOpinion | None = None,
    ) -> "Doubt":
        """Judge by what the model has seen before, by the largest probability, by a second reader.

        A picture unlike everything that the model has learnt from comes first: its probabilities
        compare six planes of which it is none. What is left is sure only where both readers agree.

        Args:
            probabilities: calibrated, by plane.
            check_below: the model's threshold (`card.calibration.check_below`).
            unfamiliarity: how unlike the scans that the model has learnt from; unknown from 1 on
                (`Prediction.unfamiliarity`).
            second: what the second reader says; None in models without one.
        """
        if unfamiliarity >= 1:
            return cls.UNKNOWN
        if max(probabilities.values()) < check_below:
            return cls.CHECK
        return cls.CHECK if second is not None and not second.agrees else cls.SURE


def readers_agree(
    named: Plane, probabilities: Mapping[Plane, float], no_plane: float, agree_at: float
) -> bool:
    """Return whether the second reader agrees with what the first one names.

    Args:
        named: the first reader's plane.
        probabilities: the second reader's, of the planes that it knows.
        no_plane: what it gives to no standard plane: its answer to any plane that it does not
            know, the cervix and *Other*.
        agree_at: the model's threshold (`card.second_reader.agree_at`).

    Example:
        >>> readers_agree(Plane.OTHER, {Plane.FEMUR: 0.3}, 0.7, 0.5)
        True
    """
    return probabilities.get(named, no_plane) >= agree_at


def doubt_words(
    probabilities: Mapping[Plane, float],
    check_below: float,
    unfamiliarity: float = 0.0,
    second: SecondOpinion | None = None,
) -> str:
    """Return in words how sure a prediction is.

    Args:
        probabilities: calibrated, by plane.
        check_below: the model's threshold (`card.calibration.check_below`).
        unfamiliarity: how unlike the scans that the model has learnt from, as `Doubt.of` takes it.
        second: what the second reader says; None in models without one.

    Returns:
        One sentence or two.

    Example:
        >>> doubt_words({Plane.BRAIN: 0.5, Plane.ABDOMEN: 0.4, Plane.OTHER: 0.1}, 0.8)
        'Doubtful: brain or abdomen. Please check.'
    """
    first, other = sorted(probabilities, key=lambda plane: -probabilities[plane])[:2]
    names = [_IN_WORDS.get(plane, plane.value) for plane in (first, other)]
    match Doubt.of(probabilities, check_below, unfamiliarity, second):
        case Doubt.UNKNOWN:
            return (
                "Not a plane I know: this does not look like the scans I learnt from. Please check."
            )
        case Doubt.CHECK if second is not None and probabilities[first] >= check_below:
            # The same answer, but less probable than the model asks for.
            if second.plane is (first if first in second.probabilities else None):
                return f"Only one of the two readers is sure: {names[0]}. Please check."
            return f"The two readers disagree: {names[0]}, or {second.name}. Please check."
        case Doubt.CHECK:
            return f"Doubtful: {names[0]} or {names[1]}. Please check."
        case _:
            return f"Clear: {names[0]}."
