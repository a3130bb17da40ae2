"""How sure a model may be taken to be: sure, to be checked, or not a plane that it knows."""

from collections.abc import Mapping
from enum import StrEnum

from fetal.planes import Plane

_IN_WORDS = {Plane.OTHER: "another plane"}


class Doubt(StrEnum):
    """Whether a person needs to look."""

    SURE = "sure"
    CHECK = "check"
    UNKNOWN = "unknown"

    @classmethod
    def of(
        cls, probabilities: Mapping[Plane, float], check_below: float, unfamiliarity: float = 0.0
    ) -> "Doubt":
        """Judge by what the model has seen before, then by the largest probability.

        A picture unlike everything that the model has learnt from comes first: its probabilities
        compare six planes of which it is none.

        Args:
            probabilities: calibrated, by plane.
            check_below: the model's threshold (`card.calibration.check_below`).
            unfamiliarity: how unlike the scans that the model has learnt from; unknown from 1 on
                (`Prediction.unfamiliarity`).
        """
        if unfamiliarity >= 1:
            return cls.UNKNOWN
        return cls.CHECK if max(probabilities.values()) < check_below else cls.SURE


def doubt_words(
    probabilities: Mapping[Plane, float], check_below: float, unfamiliarity: float = 0.0
) -> str:
    """Say in words how sure a prediction is.

    Args:
        probabilities: calibrated, by plane.
        check_below: the model's threshold (`card.calibration.check_below`).
        unfamiliarity: how unlike the scans that the model has learnt from, as `Doubt.of` takes it.

    Returns:
        One sentence or two.

    Example:
        >>> doubt_words({Plane.BRAIN: 0.5, Plane.ABDOMEN: 0.4, Plane.OTHER: 0.1}, 0.8)
        'Doubtful: brain or abdomen. Please check.'
    """
    first, second = sorted(probabilities, key=lambda plane: -probabilities[plane])[:2]
    names = [_IN_WORDS.get(plane, plane.value) for plane in (first, second)]
    match Doubt.of(probabilities, check_below, unfamiliarity):
        case Doubt.UNKNOWN:
            return (
                "Not a plane I know: this does not look like the scans I learnt from. Please check."
            )
        case Doubt.CHECK:
            return f"Doubtful: {names[0]} or {names[1]}. Please check."
        case _:
            return f"Clear: {names[0]}."
