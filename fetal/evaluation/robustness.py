"""What a model withstands: the same scans, corrupted one way after another."""

import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fetal.evaluation.corruptions import CORRUPTIONS, corrupt
from fetal.evaluation.labelled_predictions import Case, LabelledScan, arrays, examine
from fetal.evaluation.report import FEW, Withstood
from fetal.metrics import Interval, error_share, evaluate, paired_difference, strangers
from fetal.planes import FETAL_PLANES
from fetal.predict import Model
from fetal.prefetch import ahead
from fetal.progress import OnProgress, Progress, no_progress
from fetal.scans import ScanError, read_scan

Grey = NDArray[np.uint8]


def withstand(
    model: Model,
    cases: Sequence[Case],
    picture: Callable[[Case], Grey],
    on_progress: OnProgress = no_progress,
) -> tuple[Withstood, ...]:
    """Measure a model on the same scans as their machine, another program or a hand changed them.

    After Hendrycks and Dietterich (2019, https://arxiv.org/abs/1903.12261). A corruption befalls
    the picture as its machine wrote it, with the text around the sector; it is then read anew, so
    that what the corruption does to the search for the sector counts too.

    Args:
        model: the model.
        cases: what it said of the scans as they are. Those of the four fetal planes are used.
        picture: gives the grey picture of a case as its machine wrote it, uint8 (H, W); called
            from several threads.
        on_progress: called after each scan.

    Returns:
        The figures of each corruption, in the suite's order; none for fewer than FEW scans.
    """
    plain = [case for case in cases if case.plane in FETAL_PLANES]
    if len(plain) < FEW:
        return ()
    met: dict[str, list[tuple[Case, Case]]] = {name: [] for name in CORRUPTIONS}
    unread: Counter[str] = Counter()
    order: list[tuple[Case, str]] = []

    def corrupted() -> Iterator[LabelledScan]:
        versions = ahead(lambda case: _versions(case, picture(case)), plain)
        for done, (case, found) in enumerate(zip(plain, versions, strict=True), start=1):
            for name, labelled in found.items():
                if labelled is None:
                    unread[name] += 1
                else:
                    order.append((case, name))
                    yield labelled
            on_progress(Progress(done, len(plain)))

    for place, answer in enumerate(examine(model, corrupted())):
        case, name = order[place]
        met[name].append((case, answer))
    return tuple(
        _withstood(name, pairs, unread[name]) for name, pairs in met.items() if len(pairs) >= FEW
    )


def _versions(case: Case, grey: Grey) -> dict[str, LabelledScan | None]:
    found: dict[str, LabelledScan | None] = {}
    for name in CORRUPTIONS:
        try:
            scan = read_scan(_file(corrupt(grey, name)), "")
        except ScanError:
            found[name] = None
        else:
            found[name] = LabelledScan(scan, case.plane, case.patient, case.machine)
    return found


def _file(pixels: Grey) -> bytes:
    # As lossless as PNG, and twenty times as quick to write.
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "BMP")
    return packed.getvalue()


def _withstood(name: str, pairs: Sequence[tuple[Case, Case]], unread: int) -> Withstood:
    labels, before, patients = arrays([plain for plain, _ in pairs])
    _, after, _ = arrays([answer for _, answer in pairs])
    return Withstood(
        name=name,
        scans=len(pairs),
        accuracy=evaluate(labels, after, patients).accuracy,
        # Signed as a loss: the plain scans are what is compared with.
        lost=paired_difference(labels, after, before, patients),
        unread=unread,
        sure_wrong=error_share([one.sure and not one.right for _, one in pairs], patients),
        told=_told(pairs),
    )


def _told(pairs: Sequence[tuple[Case, Case]]) -> Interval | None:
    """How well unfamiliarity tells corrupted scans from the same ones as they are."""
    if not any(case.unfamiliarity for pair in pairs for case in pair):
        return None
    [found] = strangers(
        [plain.unfamiliarity for plain, _ in pairs],
        [plain.patient for plain, _ in pairs],
        {
            "corrupted": (
                [answer.unfamiliarity for _, answer in pairs],
                [answer.patient for _, answer in pairs],
            )
        },
    )
    return found.told
