"""How many pictures that are no fetal plane at all are told apart, and how many scans with them.

    pip install --group benchmarks
    python benchmarks/strangers.py [--model FOLDER]
    python benchmarks/strangers.py --data TABLE --images FOLDER [--altered 4] [--svg roc.svg]

The second line measures real scans too: those marked as test scans where the table marks any, the
same scans altered as other machines and exports alter them (every so-and-so-many-th of them), and
how well the score tells the two kinds apart, with an interval from drawing the patients again.
"""

import argparse
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pictures import pictures

from fetal.cli.labelled import LabelledImage, labelled_images
from fetal.cli.readable_images import readable
from fetal.evaluation.corruptions import CORRUPTIONS, corrupt
from fetal.metrics.roc import Roc, roc
from fetal.planes import PLANES, Plane
from fetal.predict import Doubt, Model, load_model
from fetal.scans import Scan, ScanError, encode_png, read_scan

UNKNOWN, SURE = Doubt.UNKNOWN, Doubt.SURE
FLAGGED, WRONGLY = 0.95, 0.05
"""The targets: the share of strangers that is flagged at least, and of test scans at most."""


class Verdict(NamedTuple):
    """How sure a model is of a scan, how unfamiliar it finds it, and which plane it names."""

    doubt: Doubt
    unfamiliarity: float
    plane: Plane


def main() -> None:
    parser = argparse.ArgumentParser(description="Show a model what is no fetal plane.")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--data", type=Path, help="the table of the real scans")
    parser.add_argument("--images", type=Path, help="their folder")
    parser.add_argument("--altered", type=int, default=4, help="alter every so-many-th scan")
    parser.add_argument("--svg", type=Path, help="draw the curve into this file")
    chosen = parser.parse_args()
    model = load_model(chosen.model)
    if model.bundle.card.calibration.unknown_above is None:
        parser.error(f"“{model.name}” cannot tell what it does not know: an older program made it")
    strange = strangers(model)
    if chosen.data is None:
        return
    images = labelled_images(chosen.data, chosen.images)
    tests = [image for image in images if image.test] or images
    familiar, patients = real(model, tests)
    altered(model, tests[:: chosen.altered])
    curve = roc(familiar, strange, known_patients=patients)
    flagged = curve.flagged(1.0)
    interval = curve.auc_interval
    if interval is not None:
        print(f"\narea under the curve: {curve.auc:.4f} (95 % interval ", end="")
        print(f"{interval.low:.4f} to {interval.high:.4f})")
    print(f"at the card's threshold: {flagged.unknown:.1%} of the strangers that can be read and ")
    print(f"{flagged.known:.1%} of the test scans (targets: {FLAGGED:.0%} and {WRONGLY:.0%})")
    if chosen.svg:
        chosen.svg.write_text(drawn(curve), "utf-8")


def strangers(model: Model) -> list[float]:
    """Print what becomes of each kind of picture; return the scores of those that can be read."""
    print(
        f"{'no fetal plane':24} {'n':>5} {'refused':>8} {'unknown':>8} {'of all':>7} "
        f"{'other':>6} {'a plane':>8}  (sure of)"
    )
    scores: list[float] = []
    total = np.zeros(5, int)
    for kind, members in groupby(sorted(pictures()), key=lambda picture: picture[0]):
        contents = [content for _, _, content in members]
        said = verdicts(model, legible(contents))
        unknown = sum(one.doubt is UNKNOWN for one in said)
        # *Other* is the right answer to what is no plane, and any other is wrong.
        sure = [one.plane is Plane.OTHER for one in said if one.doubt is SURE]
        refused = len(contents) - len(said)
        counts = np.array([len(contents), refused, unknown, sum(sure), len(sure) - sum(sure)])
        line(kind, counts)
        total += counts
        scores += [one.unfamiliarity for one in said]
    line("all", total)
    return scores


def verdicts(model: Model, scans: Iterable[Scan]) -> list[Verdict]:
    """What the model says of scans, without the scans themselves: there are many."""
    told = model.predict_many(scans)
    return [Verdict(one.doubt, one.unfamiliarity, one.plane) for one in told]


def legible(contents: Iterable[bytes]) -> Iterator[Scan]:
    """What the reader of uploads lets through."""
    for content in contents:
        try:
            yield read_scan(content, "")
        except ScanError:
            continue


def line(kind: str, counts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> None:
    shown, refused, unknown, other, plane = counts.tolist()
    share = (refused + unknown) / shown
    print(
        f"{kind:24} {shown:5} {refused:8} {unknown:8} {share:7.1%} {other:6} {plane:8}", flush=True
    )


def real(model: Model, images: list[LabelledImage]) -> tuple[list[float], list[str]]:
    """Print how many real scans are called unknown; return their scores and patients."""
    shown: list[LabelledImage] = []

    def scans() -> Iterator[Scan]:
        for image, scan in readable(images):
            shown.append(image)
            yield scan

    said = verdicts(model, scans())
    print(f"\n{'real scans':24} {'n':>5} {'unknown':>8}")
    for plane in PLANES:
        members = [one for image, one in zip(shown, said, strict=True) if image.plane is plane]
        share_unknown(plane.title, members)
    share_unknown("all", said)
    return [one.unfamiliarity for one in said], [image.patient for image in shown]


def altered(model: Model, images: list[LabelledImage]) -> None:
    """Print how many real scans are called unknown after what befalls scans on their way."""
    raw = [image.grey() for image in images]
    everything: list[Verdict] = []
    print(f"\n{'altered scans':24} {'n':>5} {'unknown':>8}")
    for name in CORRUPTIONS:
        changed = (encode_png(corrupt(pixels, name)) for pixels in raw)
        said = verdicts(model, legible(changed))
        share_unknown(name, said)
        everything += said
    share_unknown("all", everything)


def share_unknown(name: str, said: list[Verdict]) -> None:
    count = sum(one.doubt is UNKNOWN for one in said)
    share = f"{count / len(said):.1%}" if said else "–"
    print(f"{name:24} {len(said):5} {count:8} {share:>7}", flush=True)


def drawn(curve: Roc) -> str:
    """The curve as a drawing, up to a tenth of the known scans: the rest of it is flat."""
    shown = curve.known <= 0.1
    points = " ".join(
        f"{60 + 4000 * x:.1f},{360 - 320 * y:.1f}"
        for x, y in zip(curve.known[shown], curve.unknown[shown], strict=True)
    )
    at = curve.flagged(1.0)
    ticks = "".join(
        f'<text x="{60 + 40 * step}" y="380" text-anchor="middle">{step} %</text>'
        for step in range(0, 11, 2)
    ) + "".join(
        f'<text x="52" y="{364 - 320 * step / 4:.0f}" text-anchor="end">{25 * step} %</text>'
        for step in range(5)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 420"
 font-family="sans-serif" font-size="12" fill="#0e1518"><rect width="500" height="420" fill="#fff"/>
<path d="M60 40V360H460" fill="none" stroke="#6d7a80"/>{ticks}
<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="2"/>
<circle cx="{60 + 4000 * at.known:.1f}" cy="{360 - 320 * at.unknown:.1f}" r="5" fill="#d55e00"/>
<text x="260" y="406" text-anchor="middle">real scans wrongly called unknown</text>
<text x="60" y="26">pictures that are no fetal plane, rightly called unknown; the dot is the \
threshold of the card</text></svg>
"""


if __name__ == "__main__":
    main()
