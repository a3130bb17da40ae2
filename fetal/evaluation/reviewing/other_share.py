"""How rare “Other” is in tests, and how frequent among real frames: said in every report."""

from fetal.evaluation.report import Report

REAL_OTHERS, REAL_FRAMES = 4213, 12400
"""Of the frames of FETAL_PLANES_DB (Burgos-Artizzu et al. 2020), counted from its table."""


def other_share(report: Report) -> str:
    """Return in two sentences what the figures over all six planes cannot tell.

    Args:
        report: the report.

    Example:
        >>> other_share(report)  # doctest: +SKIP
        '“Other” is a third of real frames (4,213 of the 12,400 of FETAL_PLANES_DB) and 1.4 % …'
    """
    share = f"{100 * report.others / report.scans:.1f} %"
    return (
        f"“Other” is a third of real frames ({REAL_OTHERS:,} of the {REAL_FRAMES:,} of "
        f"FETAL_PLANES_DB) and {share} of this test ({report.others:,} of {report.scans:,}). "
        "Among real frames, errors on “Other” weigh as much more as that."
    )
