"""Times as the command line tells them."""


def time_in_words(seconds: float) -> str:
    """Return a time in hours and minutes.

    Args:
        seconds: at least 0.

    Example:
        >>> time_in_words(5400.0)
        '1 h 30 min'
    """
    minutes = round(seconds / 60)
    if minutes == 0:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes} min" if hours else f"{minutes} min"
