"""How `fetal evaluate` tells a report in a terminal."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from fetal.cli.terminal import options, trust_figures
from fetal.cli.terminal.aligned_columns import columns
from fetal.cli.terminal.output import say
from fetal.evaluation import FEW, Group, Report
from fetal.evaluation.render import DOUBT_WORDS
from fetal.metrics import Interval, percent
from fetal.planes import PLANES
from fetal.scans.deidentification.file_names import readable_name

TOO_FEW = "too few to claim anything"


def print_figures(report: Report, paths: Mapping[str, Path]) -> None:
    """Print a report.

    Args:
        report: the report.
        paths: where each measured scan lies, by its digest.
    """
    say(f"Model: {report.model}")
    _headline(report)
    _planes(report)
    _groups("By ultrasound machine:", report.machines)
    _groups("By what the model said of its certainty; it …", report.doubts, DOUBT_WORDS)
    trust_figures.print_trust(report)
    _confusion(report)
    _worst(report, paths)
    _withstood(report)
    trust_figures.print_beside(report)


def _headline(report: Report) -> None:
    main = report.main
    over = "the four fetal planes" if report.four else "all six planes"
    scans = options.count_of(main.n, "scan", "scans")
    patients = options.count_of(main.patients, "patient", "patients")
    say(f"Accuracy over {over}: {main.accuracy.percent()}")
    say(f"  on {scans} of {patients}; patients resampled")
    say(f"Mean of the planes' hit rates: {main.balanced_accuracy.percent()}")
    gap = f"{100 * main.ece:.1f}"
    if main.ece_interval is not None:
        gap += f" ({100 * main.ece_interval.low:.1f} to {100 * main.ece_interval.high:.1f})"
    say(f"Gap between stated and true confidence: {gap} points")
    share = percent(report.coverage.errorless, 1)
    say(f"Share of the surest scans without an error: {share}")
    if report.four:
        say(f"Accuracy over all six planes: {report.six.accuracy.percent()}")
        scans = options.count_of(report.scans, "scan", "scans")
        patients = options.count_of(report.patients, "patient", "patients")
        say(f"  on {scans} of {patients}")


def _planes(report: Report) -> None:
    rows = [("Plane", "n", "found", "right when named", "told apart (AUC)")]
    for plane in PLANES:
        figures = report.six.per_plane.get(plane)
        rows.append(
            (plane.title, str(report.few[plane]), TOO_FEW, "", "")
            if figures is None
            else (
                plane.title,
                str(figures.n),
                figures.recall.percent(),
                figures.precision.percent(),
                figures.auc.percent() if figures.auc else "–",
            )
        )
    columns(rows)


def _groups(title: str, groups: Iterable[Group], words: Mapping[str, str] | None = None) -> None:
    say(title)
    names = words or {}
    rows = [("", "n", "patients", "right, four fetal planes", "right, all six")]
    rows += [
        (
            names.get(group.name, group.name),
            str(group.scans),
            str(group.patients),
            _said(group.four),
            _said(group.six),
        )
        for group in groups
    ]
    columns(rows)


def _said(figure: Interval | None) -> str:
    return figure.percent() if figure else f"fewer than {FEW}"


def _confusion(report: Report) -> None:
    say("What was taken for what (rows: the truth, columns: the model):")
    names = [plane.value for plane in PLANES]
    lines = zip(names, report.six.confusion, strict=True)
    columns([("", *names), *((name, *map(str, line)) for name, line in lines)])


def _worst(report: Report, paths: Mapping[str, Path]) -> None:
    if not report.worst:
        return
    errors = options.count_of(report.mistakes, "error", "errors")
    say(f"The worst of {errors}, by the stated probability:")
    rows = [("file", "shows", "taken for", "stated")]
    rows += [
        (
            readable_name(paths[one.digest].name),
            one.plane.value,
            one.said.value,
            percent(one.confidence, 1),
        )
        for one in report.worst
    ]
    columns(rows)


def _withstood(report: Report) -> None:
    if not report.withstood:
        return
    say("What it withstands, over the four fetal planes:")
    rows = [("change", "n", "right", "points lost", "sure and wrong", "told (AUC)", "not readable")]
    rows += [
        (
            one.name,
            str(one.scans),
            one.accuracy.percent(),
            f"{100 * one.lost.value:.1f} ({100 * one.lost.low:.1f} to {100 * one.lost.high:.1f})",
            one.sure_wrong.percent() if one.sure_wrong else "",
            one.told.percent() if one.told else "",
            str(one.unread),
        )
        for one in report.withstood
    ]
    columns(rows)
