"""What so many scans can tell, and what they cannot."""

from fetal.evaluation.report import FEW, Report


def sample_size(report: Report) -> str:
    """Return how precise the figures are, and how many errors may hide where none was seen.

    With n patients and no error, up to 3 in n are still plausible (Hanley and Lippman-Hand 1983).

    Args:
        report: the report.

    Returns:
        A few sentences.

    Example:
        >>> sample_size(report)  # doctest: +SKIP
        '404 scans of 212 patients give the accuracy an interval of 1.2 points. Had no …'
    """
    main = report.main
    over = "show one of the four fetal planes" if report.four else "were measured"
    width = 100 * (main.accuracy.high - main.accuracy.low)
    hidden = 100 * min(1.0, 3 / main.patients)
    return (
        f"{main.n:,} scans of {main.patients:,} patients {over}: the interval of their accuracy is "
        f"{width:.1f} points wide. Had none of them been wrong, up to {hidden:.1f} % of patients "
        f"could still have a wrong one. Of fewer than {FEW} scans no figure is claimed."
    )
