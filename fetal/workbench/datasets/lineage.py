"""Which stored scans a model has learnt from, under whatever pixels they came back.

The same picture may come in again with other pixels: blanked once more, exported and imported, or
as a JPEG. A scan counts as learnt from by its own digest, by the digest that it had as it arrived
or when it was blanked first, and by its near-duplicate hash. Each is held against the training
list of the model and of every model that it came from.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from fetal.bundle import Bundle, BundleError, TrainingList
from fetal.predict import shipped_folder
from fetal.scans.similarity.perceptual_hash import from_texts
from fetal.store.blobs import BlobError, Blobs
from fetal.store.tables import Fingerprint, ModelVersion, ScanRow

NOTHING = TrainingList(frozenset(), from_texts([]))

_KEPT = 16
"""Training lists that stay in memory, with what they said."""
_NAMED_KEPT = 256
"""Digests of as many training lists stay in memory: a scan that comes in asks all of them."""


class _Learnt:
    """A model's training list, with what it said of the scans that it was asked about."""

    def __init__(self, trained: TrainingList) -> None:
        self.trained = trained
        self._said: dict[str, bool] = {}

    def alike(self, hashes: Sequence[str]) -> set[str]:
        """Give those near-duplicate hashes that are near one of the list's."""
        new = [text for text in dict.fromkeys(hashes) if text not in self._said]
        found = self.trained.alike(from_texts(new)).tolist()
        self._said |= dict(zip(new, found, strict=True))
        return {text for text in hashes if self._said[text]}


def trained_by_any(session: Session, blobs: Blobs, digest: str) -> bool:
    """Tell whether the training list of any model of the workspace names a digest.

    A model whose files are gone or damaged names none: scans come in all the same.
    """
    versions = session.execute(select(ModelVersion.location, ModelVersion.digest))
    return any(digest in _named(blobs, row.location, row.digest) for row in versions)


def learnt_scans(session: Session, blobs: Blobs, version: ModelVersion | None) -> frozenset[str]:
    """Give the digests of all scans that a model, or one that it came from, has learnt from.

    Args:
        session: the transaction.
        blobs: the files.
        version: the model; if None, nothing was learnt.

    Returns:
        The digests in the training lists, those of scans that are not stored here too, and the
        digests of stored scans that are the same pictures under other pixels.
    """
    lists = _lists(session, blobs, version)
    digests = frozenset[str]().union(*(one.trained.digests for one in lists))
    if not digests and not any(len(one.trained.hashes) for one in lists):
        return digests
    rows = session.execute(
        select(ScanRow.digest, ScanRow.origin_digest, Fingerprint.bits).outerjoin(
            Fingerprint, Fingerprint.scan_id == ScanRow.id
        )
    ).all()
    hashes = [row.bits for row in rows if row.bits is not None]
    alike = set[str]().union(*(one.alike(hashes) for one in lists))
    return digests | {
        row.digest for row in rows if row.origin_digest in digests or row.bits in alike
    }


def _lists(session: Session, blobs: Blobs, version: ModelVersion | None) -> list[_Learnt]:
    found = []
    while version is not None:
        found.append(_learnt(blobs.local_folder(version.location), version.digest))
        version = session.get(ModelVersion, version.parent_id) if version.parent_id else None
    return found


@lru_cache(maxsize=_NAMED_KEPT)
def _named(blobs: Blobs, location: str, _digest: str) -> frozenset[str]:
    try:
        return TrainingList.read(blobs.local_folder(location)).digests
    except (BlobError, ValueError):
        return frozenset()


@lru_cache(maxsize=_KEPT)
def _learnt(folder: Path, _digest: str) -> _Learnt:
    # A version's files never change, and checking them all takes a tenth of a second.
    bundle = Bundle.open(folder)
    return _Learnt(bundle.training_list().joined(_newer_list(bundle)))


def _newer_list(bundle: Bundle) -> TrainingList:
    """The list that came with this program, where an older one brought the same model."""
    try:
        shipped = Bundle.open(shipped_folder())
    except BundleError:
        return NOTHING
    return shipped.training_list() if shipped.same_weights(bundle) else NOTHING
