"""The six planes: what a scan can show, in the order that models and digit keys use."""

from enum import StrEnum


class UnknownPlaneError(ValueError):
    """A label that names none of the six planes."""


class Plane(StrEnum):
    """An anatomical plane, as named by FETAL_PLANES_DB (Burgos-Artizzu et al. 2020).

    The value is what files and the database hold; `title` is what a person reads.
    """

    BRAIN = "brain"
    ABDOMEN = "abdomen"
    FEMUR = "femur"
    THORAX = "thorax"
    CERVIX = "cervix"
    OTHER = "other"

    @property
    def title(self) -> str:  # type: ignore[override]
        """The name that a person reads, such as `Maternal cervix`."""
        return _TITLES[self]


_TITLES = {
    Plane.BRAIN: "Fetal brain",
    Plane.ABDOMEN: "Fetal abdomen",
    Plane.FEMUR: "Fetal femur",
    Plane.THORAX: "Fetal thorax",
    Plane.CERVIX: "Maternal cervix",
    Plane.OTHER: "Other",
}

PLANES: tuple[Plane, ...] = tuple(Plane)
"""All planes; the position is the class index of every model and, plus one, the digit key."""

FETAL_PLANES: tuple[Plane, ...] = (Plane.BRAIN, Plane.ABDOMEN, Plane.FEMUR, Plane.THORAX)
"""The four planes for which an accuracy is claimed."""


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


_BY_NAME = {_letters(name): plane for plane in Plane for name in (plane.value, plane.title)}


def parse_plane(text: str) -> Plane:
    """Read a plane from a label as people and tables write it.

    Args:
        text: `brain`, `Fetal brain`, `fetal-brain`, ` MATERNAL CERVIX ` and the like.

    Returns:
        The plane.

    Raises:
        UnknownPlaneError: the text names none of the six planes.

    Example:
        >>> parse_plane("Fetal brain")
        <Plane.BRAIN: 'brain'>
    """
    name = _letters(text)
    if name not in _BY_NAME:
        expected = ", ".join(plane.title for plane in Plane)
        raise UnknownPlaneError(
            f"“{text}” is no plane this program knows. Expected one of: {expected}."
        )
    return _BY_NAME[name]
