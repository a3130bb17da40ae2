"""The rows of a workspace of any size, all of which follow from its number of scans."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from fetal.planes import PLANES
from fetal.splits import TEST, TRAIN, VALIDATION
from fetal.workbench.near_duplicates.ranks import ACROSS, SETTLED

WHO = "Ann"
SCANS_OF_A_PATIENT = 10
NEW_PATIENTS = 100
"""Labelled patients without a split: what was labelled since the last training."""
ALIKE_EVERY = 14
"""One scan in so many looks like an earlier one: more than 65,535 of a million."""
DECIDED_EVERY = 20
"""One pair in so many is decided on."""
CHANGED_EVERY = 20
"""One label in so many was changed once."""

_FIRST = datetime(2026, 1, 1, tzinfo=UTC)

Row = Sequence[Any]


@dataclass(frozen=True)
class Shape:
    """How the scans of a filled workspace are labelled and split; all follows from their number.

    Args:
        scans: how many scans.
    """

    scans: int

    def patient(self, scan: int) -> int:
        """The patient of a scan, counted from 0."""
        return (scan - 1) // SCANS_OF_A_PATIENT

    def labelled(self, scan: int) -> bool:
        """Whether a scan has a label: every scan of every second patient."""
        return self.patient(scan) % 2 == 0

    def split(self, patient: int) -> str | None:
        """The split of a patient; none where nobody labelled, or only since the last training."""
        if patient % 2 or patient >= self.scans // SCANS_OF_A_PATIENT - 2 * NEW_PATIENTS:
            return None
        return (*[TRAIN] * 13, *[VALIDATION] * 3, *[TEST] * 4)[patient // 2 % 20]

    def plane(self, scan: int) -> str:
        """The label of a scan."""
        return PLANES[scan * 7 % len(PLANES)].value


SCAN_COLUMNS = (
    *("id", "digest", "name", "picture_key", "file_key", "patient_id", "source", "width"),
    *("height", "sector", "machine", "facts", "blob", "added_by", "added_at"),
)
ANNOTATION_COLUMNS = ("id", "scan_id", "label", "kind", "note", "who", "at", "model_id")
LOOKALIKE_COLUMNS = (
    *("id", "scan_id", "other_id", "distance", "similarity", "found_at", "decision_id", "rank"),
)
DECISION_COLUMNS = ("id", "scan_id", "other_id", "decision", "left_out_id", "who", "at")
PREDICTION_COLUMNS = (
    *("scan_id", "model_id", "plane", "probabilities", "confidence", "doubt", "words"),
    *("unfamiliarity", "made_at"),
)


def patient_code(patient: int) -> str:
    return f"P-{sha256(f'patient {patient}'.encode()).hexdigest()[:10]}-{patient}"


def digest_of(scan: int) -> str:
    return sha256(f"scan {scan}".encode()).hexdigest()


def bits_of(scan: int) -> str:
    return "7f" + sha256(f"bits {scan}".encode()).hexdigest()[2:]


def moment(second: int) -> datetime:
    return _FIRST + timedelta(seconds=second)


def split_of(shape: Shape, scan: int) -> str | None:
    return shape.split(shape.patient(scan))


def patient_rows(shape: Shape) -> Iterator[Row]:
    groups = groups_of(shape)
    for patient in range(shape.patient(shape.scans) + 1):
        yield (
            patient_code(patient),
            True,
            shape.split(patient),
            moment(patient),
            groups.get(patient),
        )


def scan_rows(shape: Shape) -> Iterator[Row]:
    for scan in range(1, shape.scans + 1):
        digest = digest_of(scan)
        yield (
            scan, digest, f"S-{digest[:16]}", digest_of(-scan), digest_of(-scan - shape.scans),
            patient_code(shape.patient(scan)), "upload" if scan % 20 == 0 else "import", 160, 120,
            "[0, 0, 160, 120]", "Voluson E8", "{}", f"scans/{digest[:2]}/{digest}.png", WHO,
            moment(scan),
        )  # fmt: skip


def annotation_rows(shape: Shape) -> Iterator[Row]:
    number = 0
    for scan in range(1, shape.scans + 1):
        if not shape.labelled(scan):
            continue
        # Labelled since the last training, where the patient has no split yet.
        later = 2 * shape.scans if split_of(shape, scan) is None else 0
        planes = [shape.plane(scan)]
        if scan % CHANGED_EVERY == 1:
            planes.insert(0, "other")
        for plane in planes:
            number += 1
            yield number, scan, plane, "label", "", WHO, moment(scan + later), None


def fingerprint_rows(shape: Shape) -> Iterator[Row]:
    for scan in range(1, shape.scans + 1):
        yield scan, scan, bits_of(scan)


def pairs_of(shape: Shape) -> Iterator[tuple[int, int]]:
    other = 2 * SCANS_OF_A_PATIENT
    for scan in range(ALIKE_EVERY * 2, shape.scans + 1, ALIKE_EVERY):
        if scan > other:
            yield scan, scan - other


def lookalike_rows(shape: Shape) -> Iterator[Row]:
    decisions = {(one, other): number for number, one, other, *_ in decision_rows(shape)}
    for number, (one, other) in enumerate(pairs_of(shape), start=1):
        decision = decisions.get((one, other), 0)
        yield number, one, other, 10, 0.9, moment(one), decision, SETTLED if decision else ACROSS


def decision_rows(shape: Shape) -> Iterator[Row]:
    decided = [pair for number, pair in enumerate(pairs_of(shape)) if number % DECIDED_EVERY == 0]
    for number, (one, other) in enumerate(decided, start=1):
        kind = ("different", "different", "copy", "together")[number % 4]
        yield number, one, other, kind, one if kind == "copy" else None, WHO, moment(one)


def groups_of(shape: Shape) -> dict[int, int]:
    """The number of the first decision that made a patient one with another, by the patient."""
    found: dict[int, int] = {}
    for number, one, other, kind, *_ in decision_rows(shape):
        if kind == "together":
            both = shape.patient(one), shape.patient(other)
            group = min(found.get(patient, int(number)) for patient in both)
            found |= dict.fromkeys(both, group)
    return found


def prediction_rows(scans: Iterable[int], model: int, shape: Shape) -> Iterator[Row]:
    for scan in scans:
        right = scan % 10 != model
        plane = shape.plane(scan) if right else "other"
        confidence = 0.5 + (scan * 7919 % 5000) / 10_000
        rest = (1 - confidence) / (len(PLANES) - 1)
        shares = [confidence if one.value == plane else rest for one in PLANES]
        doubt = ("sure", "sure", "sure", "check", "unknown")[scan * 31 % 5]
        yield (
            scan, model, plane, json.dumps(shares), confidence, doubt, "", 0.4, moment(scan),
        )  # fmt: skip
