"""How a share is written as percent, in the app, in reports and on the command line alike."""


def percent(share: float, decimals: int = 0) -> str:
    """Write a share as percent, so that nothing reads as certain or impossible by rounding.

    Args:
        share: From 0 to 1.
        decimals: Digits after the point.

    Returns:
        The share; `> 99 %` or `< 1 %` where rounding would give 100 % or 0 % to what is not quite
        that.

    Example:
        >>> percent(0.873), percent(0.996), percent(1.0), percent(0.9996, 1)
        ('87 %', '> 99 %', '100 %', '> 99.9 %')
    """
    last = 10.0**-decimals
    shown = 100 * share
    if 0 < shown < last:
        return f"< {last:.{decimals}f} %"
    if 100 - last < shown < 100:
        return f"> {100 - last:.{decimals}f} %"
    return f"{shown:.{decimals}f} %"
