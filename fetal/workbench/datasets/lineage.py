"""Which stored scans a model has learnt from, under whatever pixels they came back.

The same picture may come in again with other pixels: blanked once more, exported and imported, or
as a JPEG. A scan counts as learnt from by its own digest, by the digest that it had as it arrived
or when it was blanked first, and by its near-duplicate hash. Each is held against the training
list of the model and of every model that it came from.

What was found is kept in the table `learnt_scan`, since a training list may be as long as the
workspace is large. `note_learnt` writes it; what came since is found in the reader's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from fetal.bundle import BundleError, MissingFileError, stated_digest
from fetal.predict import shipped_folder
from fetal.store.blobs import BlobError, Blobs
from fetal.store.bulk import any_of
from fetal.store.database import Store
from fetal.store.learnt_tables import LearntMark, LearntScan
from fetal.store.tables import Fingerprint, ModelVersion, ScanRow
from fetal.workbench.datasets.foreign_pictures import (
    ForeignPictures,
    compare_with_list,
    keep_foreign,
    kept_foreign,
    make_foreign,
    named_digests,
)

Numbers = NDArray[np.int64]
"""(n,): numbers of scans, each once, the smallest first."""

_AT_ONCE = 2000
"""Rows in one transaction, so that nobody waits long for the writer's lock."""


@dataclass(frozen=True)
class _Found:
    """What holding the stored scans against a model's list gave, as of one moment."""

    scans: set[int]
    mark: dict[str, int | str]
    foreign: ForeignPictures | None
    """Given where the whole list was read."""


def learnt_scans(session: Session, blobs: Blobs, version: ModelVersion | None) -> Numbers:
    """Return the stored scans from which a model, or one that it came from, has learnt.

    Args:
        session: the transaction.
        blobs: the files.
        version: the model; if None, nothing was learnt.

    Returns:
        The scans' numbers.

    Raises:
        BundleError: the files of a model that was not looked at yet are damaged.
    """
    models = chain(session, version)
    found = [
        session.scalars(
            select(LearntScan.scan_id).where(any_of(LearntScan.model_id, _ids(models)))
        ).all()
    ]
    for place, model in enumerate(models):
        new = _look(session, blobs, model, models[:place])
        if new is not None:
            found.append(list(new.scans))
    return np.unique(np.fromiter((one for part in found for one in part), np.int64))


def chain(session: Session, version: ModelVersion | None) -> list[ModelVersion]:
    """Return the models that a model came from and itself, the first ancestor first.

    Args:
        session: the transaction.
        version: the model; if None, there are none.
    """
    found: list[ModelVersion] = []
    while version is not None:
        found.insert(0, version)
        version = session.get(ModelVersion, version.parent_id) if version.parent_id else None
    return found


def learnt_by(session: Session, blobs: Blobs, scans: Sequence[int]) -> list[ModelVersion]:
    """Return the models that have learnt from one of some scans, or came from one that did.

    Args:
        session: the transaction.
        blobs: the files.
        scans: the scans' numbers.

    Returns:
        The versions, the oldest first.
    """
    rows = session.scalars(
        select(LearntScan.model_id).where(any_of(LearntScan.scan_id, scans)).distinct()
    )
    known, wanted, found = set(rows), set(scans), []
    for model in session.scalars(select(ModelVersion).order_by(ModelVersion.id)):
        if model.parent_id not in known and model.id not in known:
            new = _look(session, blobs, model, chain(session, model)[:-1])
            if new is None or not wanted & new.scans:
                continue
        known.add(model.id)
        found.append(model)
    return found


def trained_by_any(session: Session, blobs: Blobs, digest: str) -> bool:
    """Return whether the training list of any model of the workspace names a digest.

    A model whose files are gone or damaged names none: scans come in all the same.

    Args:
        session: the transaction.
        blobs: the files.
        digest: of a picture.
    """
    stored = select(LearntScan.model_id).join(ScanRow, ScanRow.id == LearntScan.scan_id)
    if session.scalar(stored.where(ScanRow.digest == digest).limit(1)) is not None:
        return True
    marked = set(session.scalars(select(LearntMark.model_id)))
    # Every scan that comes in asks: the models' cards, which are long, need not be read for it.
    models = select(ModelVersion.id, ModelVersion.digest, ModelVersion.location)
    for model in session.execute(models):
        if model.id in marked:
            named = kept_foreign(session, blobs, model.digest)
            if named is not None and digest in named.digests:
                return True
        elif digest in named_digests(blobs, model.location, model.digest):
            return True
    return False


def note_learnt(store: Store) -> None:
    """Write down which stored scans each model has learnt from, as far as that is not done yet.

    Short where nothing is new. A model whose files are damaged is left for later.

    Args:
        store: the workspace's store.
    """
    with store.reading() as session:
        newest = _newest(session)
        rows = session.execute(
            select(ModelVersion, LearntMark)
            .outerjoin(LearntMark, LearntMark.model_id == ModelVersion.id)
            .order_by(ModelVersion.id)
        )
        models = [model for model, mark in rows if not _is_done(model, mark, newest)]
    for model in models:
        with store.reading() as session:
            try:
                new = _look(session, store.blobs, model, chain(session, model)[:-1])
            except (BlobError, BundleError):
                continue
        if new is not None:
            _keep(store, model, new)


def name_as_foreign(session: Session, blobs: Blobs, scans: Sequence[int]) -> None:
    """Have models know some scans again that are about to be erased, should they come once more.

    Args:
        session: a transaction that only reads.
        blobs: the files.
        scans: the scans' numbers.
    """
    rows = session.execute(
        select(LearntScan.model_id, ScanRow.digest, ScanRow.origin_digest, Fingerprint.bits)
        .join(ScanRow, ScanRow.id == LearntScan.scan_id)
        .outerjoin(Fingerprint, Fingerprint.scan_id == ScanRow.id)
        .where(any_of(LearntScan.scan_id, scans))
    )
    digests: dict[int, set[str]] = {}
    hashes: dict[int, set[str]] = {}
    for model, *known, bits in rows:
        digests.setdefault(model, set()).update(digest for digest in known if digest)
        hashes.setdefault(model, set()).update([bits] if bits else [])
    for number, named in digests.items():
        make_foreign(blobs, session.get_one(ModelVersion, number), named, hashes[number])


def _ids(models: Sequence[ModelVersion]) -> list[int]:
    return [model.id for model in models]


def _look(
    session: Session, blobs: Blobs, model: ModelVersion, ancestors: Sequence[ModelVersion]
) -> _Found | None:
    """Hold the scans that are new since the last time against a model's list; None if none is."""
    last = session.get(LearntMark, model.id, populate_existing=True)
    newest = _newest(session)
    if _is_done(model, last, newest):
        return None
    foreign = kept_foreign(session, blobs, model.digest)
    mark: dict[str, int | str] = {**newest, "listing": _listing(model)}
    if last is None or last.listing != mark["listing"] or foreign is None:
        before = [kept_foreign(session, blobs, one.digest) for one in ancestors]
        scans, foreign = compare_with_list(
            session, blobs, model, [one for one in before if one is not None]
        )
        return _Found(_without_known(session, scans, ancestors), mark, foreign)
    named = session.execute(
        select(ScanRow.id, ScanRow.digest, ScanRow.origin_digest).where(ScanRow.id > last.scan_id)
    )
    scans = {
        row.id
        for row in named
        if row.digest in foreign.digests or row.origin_digest in foreign.digests
    }
    seen = session.execute(
        select(Fingerprint.scan_id, Fingerprint.bits).where(Fingerprint.id > last.fingerprint_id)
    ).all()
    scans |= foreign.alike([row.scan_id for row in seen], [row.bits for row in seen])
    return _Found(_without_known(session, scans, ancestors), mark, None)


def _newest(session: Session) -> dict[str, int]:
    return {
        "scan_id": session.scalar(select(func.max(ScanRow.id))) or 0,
        "fingerprint_id": session.scalar(select(func.max(Fingerprint.id))) or 0,
    }


def _is_done(model: ModelVersion, mark: LearntMark | None, newest: dict[str, int]) -> bool:
    """Whether every stored scan was held against a model's list."""
    return (
        mark is not None
        and mark.listing == _listing(model)
        and mark.scan_id >= newest["scan_id"]
        and mark.fingerprint_id >= newest["fingerprint_id"]
    )


def _listing(model: ModelVersion) -> str:
    """Which list of the program counts besides a model's own: an older program wrote it shorter."""
    if model.run_id is not None:
        return ""
    try:
        return stated_digest(shipped_folder())
    except MissingFileError:
        return ""


def _without_known(
    session: Session, scans: set[int], ancestors: Sequence[ModelVersion]
) -> set[int]:
    if not scans or not ancestors:
        return scans
    known = select(LearntScan.scan_id).where(any_of(LearntScan.model_id, _ids(ancestors)))
    return scans - set(session.scalars(known))


def _keep(store: Store, model: ModelVersion, found: _Found) -> None:
    if found.foreign is not None:
        keep_foreign(store.blobs, model.digest, found.foreign)
    dialect = postgresql if store.engine.dialect.name == "postgresql" else sqlite
    scans = sorted(found.scans)
    for start in range(0, max(1, len(scans)), _AT_ONCE):
        part = scans[start : start + _AT_ONCE]
        with store.session() as session:
            # One may have been erased a moment ago.
            there = session.scalars(select(ScanRow.id).where(any_of(ScanRow.id, part)))
            rows = [{"scan_id": number, "model_id": model.id} for number in there]
            if rows:
                session.execute(dialect.insert(LearntScan).on_conflict_do_nothing(), rows)
            if start + _AT_ONCE >= len(scans):
                session.merge(LearntMark(model_id=model.id, **found.mark))
