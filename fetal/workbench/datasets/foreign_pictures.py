"""What models have learnt from that is not stored here: little, however long their lists are."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.bundle import Bundle, BundleError, TrainingList
from fetal.predict import shipped_folder
from fetal.scans.similarity.perceptual_hash import Fingerprints, from_texts, to_text
from fetal.store.blobs import BlobError, Blobs
from fetal.store.tables import Fingerprint, ModelVersion, ScanRow
from fetal.workbench.core.erasure_count import count_erasures

_KEPT = 64
"""Models whose foreign pictures stay in memory."""
_LISTS_KEPT = 4
"""Models whose whole list of digests stays in memory, until `note_learnt` has looked at them."""
_ROWS = 10_000
"""Rows that are fetched at once."""


@dataclass(frozen=True, eq=False)
class ForeignPictures:
    """The part of a model's training list that names no stored scan.

    A scan that is new can only be known by this part: each digest is stored once.

    Attributes:
        digests: of pixels.
        hashes: uint64 (n, 4), near-duplicate hashes; those of the model's ancestors are left out.
    """

    digests: frozenset[str]
    hashes: Fingerprints

    def alike(self, scans: Sequence[int], hashes: Sequence[str]) -> set[int]:
        """Return the scans that look like one of these pictures.

        Args:
            scans: the scans' numbers.
            hashes: the near-duplicate hash of each.
        """
        like = TrainingList(frozenset(), self.hashes).alike(from_texts(hashes))
        return set(np.asarray(scans, np.int64)[like].tolist())


def compare_with_list(
    session: Session, blobs: Blobs, model: ModelVersion, ancestors: Sequence[ForeignPictures]
) -> tuple[set[int], ForeignPictures]:
    """Hold all stored scans against a model's training list; takes seconds in a large workspace.

    A scan is not compared with what was learnt from other stored scans: these two are
    near-duplicates of each other, which `fetal.workbench.datasets.leakage` takes into account.

    Args:
        session: the transaction.
        blobs: the files.
        model: the version.
        ancestors: what is foreign to the models that it came from, whose hashes need not be
            compared again.

    Returns:
        The numbers of the scans that the list knows, and the part of it that names no stored scan.

    Raises:
        BundleError: the model's files are damaged.
    """
    trained = _training_list(blobs, model)
    hashes = {to_text(one) for one in trained.hashes}
    scans: set[int] = set()
    digests: set[str] = set()
    query = select(ScanRow.id, ScanRow.digest, ScanRow.origin_digest)
    for number, digest, origin in session.execute(query.execution_options(yield_per=_ROWS)):
        if digest in trained.digests:
            digests.add(digest)
            scans.add(number)
        elif origin in trained.digests:
            scans.add(number)
    query_hashes = select(Fingerprint.scan_id, Fingerprint.bits)
    stored: set[str] = set()
    looked_at: list[tuple[list[int], list[str]]] = []
    rows = session.execute(query_hashes.execution_options(yield_per=_ROWS))
    for part in rows.partitions():
        known = [row for row in part if row.bits in hashes]
        scans.update(row.scan_id for row in known)
        stored.update(row.bits for row in known)
        looked_at.append(([row.scan_id for row in part], [row.bits for row in part]))
    compared = {to_text(one) for other in ancestors for one in other.hashes}
    foreign = ForeignPictures(
        trained.digests - digests, from_texts(sorted(hashes - stored - compared))
    )
    if len(foreign.hashes):
        for numbers, texts in looked_at:
            scans |= foreign.alike(numbers, texts)
    return scans, foreign


def keep_foreign(blobs: Blobs, digest: str, foreign: ForeignPictures) -> None:
    """Keep what is foreign to a model beside its files.

    Args:
        blobs: the files.
        digest: the model's digest.
        foreign: the pictures.
    """
    content = {
        "digests": sorted(foreign.digests),
        "hashes": [to_text(one) for one in foreign.hashes],
    }
    blobs.put(_key(digest), json.dumps(content).encode())


def kept_foreign(session: Session, blobs: Blobs, digest: str) -> ForeignPictures | None:
    """Return what is foreign to a model; None if nobody has looked yet.

    Args:
        session: the transaction.
        blobs: the files.
        digest: the model's digest.
    """
    try:
        # An erasure makes pictures foreign that were stored before.
        return _read(blobs, digest, count_erasures(session))
    except (BlobError, ValueError):
        return None


def make_foreign(blobs: Blobs, model: ModelVersion, digests: set[str], hashes: set[str]) -> None:
    """Add what is about to be erased to what is foreign to a model, as far as its list names it.

    Args:
        blobs: the files.
        model: a model that has learnt from scans that are to be erased.
        digests: of these scans.
        hashes: their near-duplicate hashes.
    """
    try:
        before = _read(blobs, model.digest, -1)
        trained = _training_list(blobs, model)
    except (BlobError, BundleError, ValueError):
        # The list is looked at as a whole later.
        return
    finally:
        _read.cache_clear()
    named = hashes & {to_text(one) for one in trained.hashes}
    both = named | {to_text(one) for one in before.hashes}
    foreign = ForeignPictures(
        before.digests | (digests & trained.digests), from_texts(sorted(both))
    )
    keep_foreign(blobs, model.digest, foreign)


@lru_cache(maxsize=_LISTS_KEPT)
def named_digests(blobs: Blobs, location: str, _digest: str) -> frozenset[str]:
    """Return the digests in a model's list; none if its files are gone or damaged."""
    try:
        return TrainingList.read(blobs.local_folder(location)).digests
    except (BlobError, ValueError):
        return frozenset()


def _key(digest: str) -> str:
    return f"learnt/{digest}.json"


@lru_cache(maxsize=_KEPT)
def _read(blobs: Blobs, digest: str, _erasures: int) -> ForeignPictures:
    content = json.loads(blobs.get(_key(digest)))
    return ForeignPictures(frozenset(content["digests"]), from_texts(content["hashes"]))


def _training_list(blobs: Blobs, model: ModelVersion) -> TrainingList:
    bundle = Bundle.open(blobs.local_folder(model.location))
    trained = bundle.training_list()
    if model.run_id is not None:
        return trained
    try:
        shipped = Bundle.open(shipped_folder())
    except BundleError:
        return trained
    # The list that came with this program, where an older one brought the same model.
    return trained.joined(shipped.training_list()) if shipped.same_weights(bundle) else trained
