"""Whether the key of the pseudonyms is the one that the workspace's patients were named with."""

from sqlalchemy.exc import IntegrityError

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.store.database import Store
from fetal.store.tables import Fact

FINGERPRINT = "key fingerprint"


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
        try:
            with store.session() as session:
                session.add(Fact(name=FINGERPRINT, value=pseudonyms.fingerprint()))
        except IntegrityError:
            # Another process opened the new workspace at the same moment.
            pass
        known = _known(store)
    if known != pseudonyms.fingerprint():
        raise PseudonymKeyError(
            "Expected the pseudonym key that this workspace began with; the key file holds another "
            "one. Put the first key file back, from a backup or from the other server."
        )


def _known(store: Store) -> str | None:
    with store.reading() as session:
        fact = session.get(Fact, FINGERPRINT)
        return fact.value if fact else None
