"""Four plots as inline SVG, drawn here so that a report needs no network and no script.

Colours come from the page's style sheet by class, so that a plot follows light, dark and print.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from fetal.metrics import Coverage, Interval, ReliabilityBin, RiskCoverage, percent

Point = tuple[float, float]

_WIDTH, _HEIGHT = 460, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 24, 14, 46
_ROW = 26
_NAMES = 190
_STEADY = 0.1
"""From this share of scans on, one error no longer rules the scale."""


@dataclass(frozen=True)
class _Axes:
    """Where a value lies on the paper."""

    x: Point
    y: Point
    left: float = _LEFT
    top: float = _TOP
    width: float = _WIDTH - _LEFT - _RIGHT
    height: float = _HEIGHT - _TOP - _BOTTOM

    def at(self, x: float, y: float) -> Point:
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def path(self, points: Iterable[Point]) -> str:
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))


def reliability(bins: Sequence[ReliabilityBin]) -> str:
    """Stated probability against the share that was right; on the diagonal, words are kept.

    Args:
        bins: the groups of scans.

    Returns:
        An `<svg>` element.
    """
    axes = _Axes((0, 1), (0, 1))
    most = max((one.n for one in bins), default=1)
    drawn = [f'<polyline class="ideal" points="{axes.path([(0, 0), (1, 1)])}"/>']
    for one in bins:
        right = one.accuracy
        ends = [(one.confidence, right.low), (one.confidence, right.high)]
        x, y = axes.at(one.confidence, right.value)
        size = 3 + 5 * (one.n / most) ** 0.5
        drawn += [
            f'<polyline class="whisker" points="{axes.path(ends)}"/>',
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>',
        ]
    said = "; ".join(
        f"stated {percent(one.confidence)}, right {percent(one.accuracy.value)} of {one.n}"
        for one in bins
    )
    frame = _frame(axes, _shares(0, 1), _shares(0, 1), "stated probability", "share right")
    return _svg(_HEIGHT, frame + "".join(drawn), f"Reliability diagram: {said}.")


def coverage(curve: Coverage) -> str:
    """Accuracy of the surest scans against their share of all scans.

    Args:
        curve: the curve.

    Returns:
        An `<svg>` element.
    """
    steps = [(step.share, step.accuracy) for step in curve.steps]
    points = [(0.0, float(curve.accuracy[0])), *zip(curve.shares, curve.accuracy, strict=True)]
    lowest = min([right for share, right in points if share >= _STEADY] + [a.low for _, a in steps])
    floor = next(edge for edge in (0.9, 0.8, 0.5, 0.0) if edge <= lowest)
    axes = _Axes((0, 1), (floor, 1))
    # Among the very first scans one error is a plunge that would flatten all the rest.
    line = axes.path((share, max(right, floor)) for share, right in points)
    drawn = [f'<polyline class="line" points="{line}"/>']
    for share, accuracy in steps:
        x, y = axes.at(share, accuracy.value)
        ends = axes.path([(share, accuracy.low), (share, accuracy.high)])
        drawn += [
            f'<polyline class="whisker" points="{ends}"/>',
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4"/>',
        ]
    said = "; ".join(
        f"surest {percent(share)}: {percent(right.value, 1)} right" for share, right in steps
    )
    title = "share of scans answered, surest first"
    frame = _frame(axes, _shares(0, 1), _shares(floor, 1), title, "share right")
    return _svg(_HEIGHT, frame + "".join(drawn), f"Accuracy against coverage: {said}.")


def risk(curve: RiskCoverage) -> str:
    """The share of wrong answers among the surest scans, against their share of all scans.

    Args:
        curve: the curve.

    Returns:
        An `<svg>` element.
    """
    points = list(zip(curve.coverage.tolist(), curve.risk.tolist(), strict=True))
    highest = max([wrong for share, wrong in points if share >= _STEADY], default=0.0)
    top = next(edge for edge in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if edge >= highest)
    axes = _Axes((0, 1), (0, top))
    # Among the very first scans one error is a leap that would flatten all the rest.
    line = axes.path((share, min(wrong, top)) for share, wrong in [(0.0, points[0][1]), *points])
    ticks = [(top * part / 5, f"{100 * top * part / 5:g} %") for part in range(6)]
    title = "share of scans answered, surest first"
    frame = _frame(axes, _shares(0, 1), ticks, title, "share wrong")
    said = f"of all scans {percent(points[-1][1], 1)} are wrong"
    drawn = f'<polyline class="line" points="{line}"/>'
    return _svg(_HEIGHT, frame + drawn, f"Risk against coverage: {said}.")


def losses(rows: Sequence[tuple[str, Interval]]) -> str:
    """Points of accuracy lost, one corruption below the other.

    Args:
        rows: names and losses, as shares with their intervals.

    Returns:
        An `<svg>` element.
    """
    low = min([0.0, *(figure.low for _, figure in rows)])
    high = max([0.0, *(figure.high for _, figure in rows)])
    room = max(high - low, 0.01) * 0.05
    height = _ROW * len(rows)
    axes = _Axes(
        (low - room, high + room), (0, len(rows) or 1), _NAMES, 6, _WIDTH - _NAMES - _RIGHT, height
    )
    ends = axes.y
    drawn = [f'<polyline class="ideal" points="{axes.path([(0, ends[0]), (0, ends[1])])}"/>']
    for place, (name, figure) in enumerate(rows):
        middle = len(rows) - place - 0.5
        x, y = axes.at(figure.value, middle)
        drawn += [
            f'<text class="name" x="{_NAMES - 10}" y="{y + 4:.1f}">{escape(name)}</text>',
            f'<polyline class="whisker" points="'
            f'{axes.path([(figure.low, middle), (figure.high, middle)])}"/>',
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>',
        ]
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if (high - low) / s <= 6)
    marks = [step * number for number in range(round(low / step), round(high / step) + 1)]
    ticks = [(mark, f"{100 * mark:.0f}".replace("-", "−")) for mark in marks]
    frame = _frame(axes, ticks, [], "points of accuracy lost", "")
    said = "; ".join(f"{name} {100 * figure.value:.1f}" for name, figure in rows)
    return _svg(height + 6 + _BOTTOM, frame + "".join(drawn), f"Points lost: {said}.")


def _shares(low: float, high: float) -> list[tuple[float, str]]:
    step = 0.02 if high - low <= 0.1 else 0.05 if high - low <= 0.2 else 0.1 if low else 0.2
    return [
        (low + n * step, f"{100 * (low + n * step):.0f} %")
        for n in range(round((high - low) / step) + 1)
    ]


def _frame(
    axes: _Axes,
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
    x_title: str,
    y_title: str,
) -> str:
    foot, top = axes.top + axes.height, axes.top
    right = axes.left + axes.width
    parts: list[str] = []
    for value, words in across:
        x, _ = axes.at(value, axes.y[0])
        parts += [
            f'<line class="grid" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{foot}"/>',
            f'<text class="tick middle" x="{x:.1f}" y="{foot + 18}">{words}</text>',
        ]
    for value, words in up:
        _, y = axes.at(axes.x[0], value)
        parts += [
            f'<line class="grid" x1="{axes.left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}"/>',
            f'<text class="tick end" x="{axes.left - 8}" y="{y + 4:.1f}">{words}</text>',
        ]
    parts.append(
        f'<text class="title middle" x="{axes.left + axes.width / 2}" y="{foot + 38}">'
        f"{escape(x_title)}</text>"
    )
    if y_title:
        parts.append(
            f'<text class="title middle" transform="translate(14 {top + axes.height / 2}) '
            f'rotate(-90)">{escape(y_title)}</text>'
        )
    return "".join(parts)


def _svg(height: float, content: str, words: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(words)}">{content}</svg>'
    )
