"""Where scans that look alike would let a model be tested on what it has learnt from."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.splits import STRICT
from fetal.store.any_of import any_of
from fetal.store.blobs import Blobs
from fetal.store.tables import Lookalike, ModelVersion, ScanRow
from fetal.workbench.datasets.lineage import learnt_scans
from fetal.workbench.datasets.snapshot import Labelled, given_splits
from fetal.workbench.near_duplicates.groups import DIFFERENT, Pair, groups, standing


def held_back(
    session: Session, scans: Iterable[Labelled], splits: Mapping[str, str]
) -> frozenset[int]:
    """Find the scans that must not be learnt from, because the other split holds their like.

    The locked test set never loses a scan: always the scan in the split that learns stays out. Of
    two patients that a person called one, these are all scans of the one who learns; of two scans
    that nobody has decided on, the one scan, until somebody does. The patients that a training
    checks itself on are kept clean of those that it learns from in the same way.

    Args:
        session: the transaction.
        scans: the labelled scans.
        splits: the split of each of their patients.

    Returns:
        The scans' numbers.
    """
    scans = list(scans)
    known = given_splits(session) | dict(splits)
    strictest: dict[str, int] = {}
    together = groups(session)
    for patient, group in together.items():
        if patient in known:
            strictest[group] = max(strictest.get(group, 0), STRICT[known[patient]])
    held = {
        scan.scan for scan in scans if STRICT[splits[scan.patient]] < strictest.get(scan.group, 0)
    }
    decided = standing(session)
    undecided = [pair for pair in _pairs(session) if pair not in decided]
    patient_of = _patients(session, undecided)
    for pair in undecided:
        level = [STRICT.get(known.get(patient_of[number], ""), -1) for number in pair]
        if -1 not in level and level[0] != level[1]:
            held.add(pair[0] if level[0] < level[1] else pair[1])
    return frozenset(held & {scan.scan for scan in scans})


def seen_by(session: Session, blobs: Blobs, version: ModelVersion | None) -> frozenset[str]:
    """Give the digests of the scans that a model knows: trained on, or the like of one.

    A model that has learnt a copy of a scan by heart, or other scans of the same patient, is not
    measured on it. `fetal.workbench.datasets.lineage` says how a scan is known under other pixels.

    Args:
        session: the transaction.
        blobs: the files.
        version: the model; none knows nothing.

    Returns:
        Digests of scans, those that are no longer stored too.
    """
    known = learnt_scans(session, blobs, version)
    together = groups(session)
    decided = standing(session)
    pairs = [
        pair
        for pair in _pairs(session)
        if pair not in decided or decided[pair].decision != DIFFERENT
    ]
    if not known or not (together or pairs):
        return known
    rows = session.execute(select(ScanRow.id, ScanRow.digest, ScanRow.patient_id)).all()
    digest = {row.id: row.digest for row in rows}
    like = {
        digest[other] for pair in pairs for one, other in (pair, pair[::-1]) if digest[one] in known
    }
    seen = {
        together[row.patient_id]
        for row in rows
        if row.patient_id in together and row.digest in known
    }
    like |= {row.digest for row in rows if together.get(row.patient_id) in seen}
    return known | like


def _pairs(session: Session) -> list[Pair]:
    rows = session.execute(select(Lookalike.scan_id, Lookalike.other_id))
    return [(row.scan_id, row.other_id) for row in rows]


def _patients(session: Session, pairs: Iterable[Pair]) -> dict[int, str]:
    numbers = {number for pair in pairs for number in pair}
    rows = session.execute(
        select(ScanRow.id, ScanRow.patient_id).where(any_of(ScanRow.id, numbers))
    )
    return {row.id: row.patient_id for row in rows}
