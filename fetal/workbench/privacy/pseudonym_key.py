"""The key of the workspace's pseudonyms: whether it is the right one, and how it is renewed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.store.database import Store
from fetal.store.erasing.compaction import compact_if_quiet
from fetal.store.tables import Fact, Patient
from fetal.workbench.core.key_check import FINGERPRINT, require_newest, require_no_renewal
from fetal.workbench.core.permissions import Permission
from fetal.workbench.core.workbench import Workbench
from fetal.workbench.privacy.carry_codes import Carried, begin_carrying, carry_on
from fetal.workbench.privacy.snapshot_rewrite import require_no_training


@dataclass(frozen=True)
class Renewal:
    """What a renewal of the key did.

    Attributes:
        generation: how many keys the workspace has had by now.
        patients: how many patients have a new pseudonym.
        scans: how many scans were carried over.
        traces: true where the old pseudonyms may still stand in the database's log, because
            another process was reading.
        later: true where people are at work, so that the database's file is written anew when they
            have stopped (`fetal.store.erasing.compaction`).
    """

    generation: int
    patients: int
    scans: int
    traces: bool
    later: bool


def open_key(store: Store) -> Pseudonyms:
    """Open the workspace's key file, made on first use, and check that it is the workspace's.

    Args:
        store: the workspace's store.

    Returns:
        The pseudonyms.

    Raises:
        PseudonymKeyError: the file is damaged, or holds another key.
    """
    return _open(store)[0]


def _open(store: Store) -> tuple[Pseudonyms, Carried | None]:
    """Open the key, and finish a renewal that a process was killed in."""
    path = store.workspace.key_file
    while True:
        pseudonyms = _at_hand(store, path)
        try:
            check_key(store, pseudonyms)
            return pseudonyms, carry_on(store, pseudonyms)
        except PseudonymKeyError:
            # Another process may have renewed it since the file was read.
            if _at_hand(store, path).fingerprint() == pseudonyms.fingerprint():
                raise


def _at_hand(store: Store, path: Path) -> Pseudonyms:
    if _coming(path).exists():
        _finish(store, path)
    return Pseudonyms.open(path)


def check_key(store: Store, pseudonyms: Pseudonyms) -> None:
    """Refuse a key that is not the workspace's: it would make two patients of one.

    One patient under two pseudonyms could be trained on under one and tested under the other.

    Args:
        store: the workspace's store; the first key that it sees is the workspace's.
        pseudonyms: the pseudonyms with the key at hand.

    Raises:
        PseudonymKeyError: the key is another one.
    """
    known = _known(store)
    if known is None:
        with store.session() as session:
            fact = session.get(Fact, FINGERPRINT)
            # Another process may have opened the new workspace at the same moment.
            if fact is None:
                fact = Fact(name=FINGERPRINT, value=pseudonyms.fingerprint())
                session.add(fact)
            known = fact.value
    if known != pseudonyms.fingerprint():
        raise PseudonymKeyError(
            "Expected the pseudonym key that this workspace began with, or was last given; the key "
            "file holds another one. Put the right key file back, from a backup or from the server "
            "where the key was renewed."
        )


def rotate(workbench: Workbench, who: str) -> Renewal:
    """Renew the key (`renew_key`), as somebody who may.

    Args:
        workbench: the workbench.
        who: the person, for the audit trail.

    Raises:
        NotPermittedError: the person may not renew the key.
    """
    return renew_key(workbench.store, workbench.permit(Permission.RENEW_KEY, who))


def renew_key(store: Store, who: str) -> Renewal:
    """Assign the workspace a new key and carry every stored pseudonym over to it.

    Codes of patients, examinations, files, the offsets of days, the lists that trainings used and
    the audit trail are carried over a few patients at a time, so that others do not wait long. A
    process that is killed before the new key counts leaves the old one; later, whoever opens the
    key carries over what is left, and so does this. The old key stays in the key file, before the
    new one, since a patient who comes again is found by both only
    (`fetal.scans.deidentification.pseudonyms`).

    Args:
        store: the workspace's store.
        who: the person, for the audit trail.

    Returns:
        What was done; where a renewal was left unfinished, by both processes together.

    Raises:
        PseudonymKeyError: the key at hand is not the workspace's.
        TrainingGoesOnError: a training waits or works.
    """
    path = store.workspace.key_file
    new, carried = _open(store)
    if carried is None:
        while not _begin(store, path, new, who):
            # A patient came meanwhile, who might become one with another.
            continue
        _finish(store, path)
        new, carried = _open(store)
    done = carried or Carried()
    traces = not store.empty_log()
    return Renewal(
        new.generation, done.patients, done.scans, traces, later=not compact_if_quiet(store)
    )


def _begin(store: Store, path: Path, old: Pseudonyms, who: str) -> bool:
    """Draw a new key and have it count from now on; false if a patient came meanwhile."""
    newest = select(func.max(Patient.added_at))
    with store.reading() as session:
        before = session.scalar(newest)
        new = _without_collisions(old, session.scalars(select(Patient.id)).all())
    with store.session() as session:
        require_newest(session, old)
        require_no_renewal(session)
        require_no_training(session)
        if session.scalar(newest) != before:
            return False
        new.write(_coming(path))
        session.get_one(Fact, FINGERPRINT, with_for_update=True).value = new.fingerprint()
        begin_carrying(session, who)
    return True


def _finish(store: Store, path: Path) -> None:
    """Put the new key of a renewal in the old one's place, if its transaction was kept."""
    coming = _coming(path)
    try:
        if Pseudonyms(coming.read_bytes()).fingerprint() == _known(store):
            coming.replace(path)
    except FileNotFoundError:
        # Another process, which opened the workspace at this moment, has done it.
        return


def _coming(path: Path) -> Path:
    return path.with_name(f"{path.name}.coming")


def _without_collisions(old: Pseudonyms, codes: Sequence[str]) -> Pseudonyms:
    # Two patients must not become one. With short codes that can happen, so another key is drawn.
    while True:
        new = old.renewed()
        if len({new.renew(code) for code in codes}) == len(codes):
            return new


def _known(store: Store) -> str | None:
    with store.reading() as session:
        fact = session.get(Fact, FINGERPRINT)
        return fact.value if fact else None
