"""What the second reader's fourteen classes say of our planes: five answers, each a group of them.

Baumgartner et al. 2017 (https://arxiv.org/abs/1612.05601) trained SonoNet on thirteen standard
planes and on *background*, a million frames that show none. Classes that are no plane of ours
count as *no standard plane*, as the background does.
"""

import numpy as np
from numpy.typing import NDArray

from fetal.planes import Plane

CLASSES = (
    "3VV",
    "4CH",
    "abdominal",
    "background",
    "brain (cb)",
    "brain (tv)",
    "femur",
    "kidneys",
    "lips",
    "LVOT",
    "profile",
    "RVOT",
    "spine (cor)",
    "spine (sag)",
)
"""SonoNet's classes in the order of its scores."""

GROUPS: dict[Plane, tuple[str, ...]] = {
    Plane.BRAIN: ("brain (cb)", "brain (tv)"),
    Plane.ABDOMEN: ("abdominal",),
    Plane.FEMUR: ("femur",),
    Plane.THORAX: ("3VV", "4CH", "LVOT", "RVOT"),
}
"""Which classes mean a plane of ours; the others mean none."""

NO_PLANE = len(GROUPS)
"""The place of *no standard plane* among the answers, behind the planes of `GROUPS`."""


def answer_of(plane: Plane | None) -> int:
    """Return the place of the answer that is right for a scan.

    Args:
        plane: What the scan shows. None, the cervix and *Other* are no plane of the reader's.

    Example:
        >>> answer_of(Plane.ABDOMEN), answer_of(Plane.CERVIX)
        (1, 4)
    """
    planes = list(GROUPS)
    return planes.index(plane) if plane in planes else NO_PLANE


def membership() -> NDArray[np.bool_]:
    """Return which class belongs to which answer: bool, (5, 14)."""
    rows = [[name in names for name in CLASSES] for names in GROUPS.values()]
    planes = np.array(rows)
    return np.vstack([planes, ~planes.any(axis=0)])
