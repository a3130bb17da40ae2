"""How `fetal evaluate` tells whether a model's doubt can be trusted, and what to compare."""

from fetal.cli.terminal.aligned_columns import columns
from fetal.cli.terminal.output import say
from fetal.evaluation import FEW, Report
from fetal.evaluation.reviewing.other_share import other_share
from fetal.metrics import Interval

TOO_FEW = f"fewer than {FEW}"


def print_trust(report: Report) -> None:
    """Print sure errors, the order of answers, calibration by plane, sets and strangers."""
    trust = report.trust
    say("Sure and wrong:")
    rows = [("", "n", "sure", "wrong", "share")]
    rows += [
        (
            one.kind,
            str(one.scans),
            str(one.sure),
            str(one.wrong),
            one.rate.percent() if one.scans >= FEW else TOO_FEW,
        )
        for one in trust.sure_errors
    ]
    columns(rows)
    curve = trust.risk_coverage
    say(f"Area under the risk-coverage curve, six planes: {_hundredths(curve.area)}")
    say(f"  of it, what a better order would save: {_hundredths(curve.excess)}")
    say(f"Gap of every plane's probability: {_points(trust.classwise)} points")
    say(f"  in bins of as many scans each: {_points(trust.adaptive)} points")
    if slope := trust.line.slope:
        said = f"{slope.value:.2f} ({slope.low:.2f} to {slope.high:.2f})"
        say(f"Calibration slope (1 is right, below 1 too extreme): {said}")
    if sets := trust.sets:
        say(f"Sets of planes, {100 * sets.promised:g} % promised:")
        kept = [
            (plane.title, str(sets.scans[plane]), figure.percent())
            for plane, figure in sets.kept.items()
        ]
        left_out = [(plane.title, "", "no promise, too few scans") for plane in sets.unpromised]
        columns([("", "n", "kept"), *kept, *left_out])
    if trust.hesitation:
        say("How well strange pictures are told from known scans (AUC):")
        by_kind = {one.kind: one for one in trust.strangers}
        rows = [("", "n", "by unfamiliarity", "called unknown", "by the probability")]
        for one in trust.hesitation:
            found = by_kind.get(one.kind)
            rows.append(
                (
                    one.kind,
                    str(one.pictures),
                    found.told.percent() if found else "cannot tell",
                    f"{100 * found.flagged:.1f} %" if found else "",
                    one.told.percent(),
                )
            )
        columns(rows)
    for reason, count in report.strangers_left_out.items():
        say(f"  {count:,} left out, {reason}")


def print_beside(report: Report) -> None:
    """Print other ways to name planes on the same scans, what it costs, and what a test lacks."""
    say("On the same scans:")
    rows = [("", "right, four fetal planes", "right, all six", "this model's gain, points")]
    rows += [
        (
            one.name,
            one.four.percent() if one.four else "–",
            one.six.percent(),
            _points(one.gained),
        )
        for one in report.baselines
    ]
    columns(rows)
    cost = report.cost
    pace = "" if cost.seconds is None else f", {1000 * cost.seconds:.0f} ms a scan with reading"
    say(f"It takes {cost.megabytes:.0f} MB{pace} ({cost.machine}).")
    say(other_share(report))


def _points(figure: Interval) -> str:
    return f"{100 * figure.value:.1f} ({100 * figure.low:.1f} to {100 * figure.high:.1f})"


def _hundredths(figure: Interval) -> str:
    return f"{100 * figure.value:.2f} % ({100 * figure.low:.2f} to {100 * figure.high:.2f})"
