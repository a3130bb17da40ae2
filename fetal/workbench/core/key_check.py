"""Whether codes about to be written were made with the workspace's newest key."""

from sqlalchemy.orm import Session

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.store.tables import Fact

FINGERPRINT = "key fingerprint"
"""The fact that holds the fingerprint of the newest key."""
RENEWAL = "key renewal"
"""The fact that is there while codes are carried over to a new key."""


class KeyRenewedError(PseudonymKeyError):
    """The key was renewed while this process was running."""

    def __init__(self) -> None:
        super().__init__(
            "The pseudonyms' key was renewed while this program was running. Start the app again "
            "and bring the files in again; on other servers, copy the new key file first."
        )


class KeyRenewalGoesOnError(PseudonymKeyError):
    """Codes are being carried over to a new key, and what was asked for needs all of one key."""


def require_no_renewal(session: Session) -> None:
    """Refuse what names patients while their codes are carried over to a new key.

    Args:
        session: the transaction that writes.

    Raises:
        KeyRenewalGoesOnError: codes of two keys are stored.
    """
    if session.get(Fact, RENEWAL, populate_existing=True) is not None:
        raise KeyRenewalGoesOnError(
            "The pseudonyms' key is being renewed. Wait until `fetal key rotate` has ended, and "
            "try again; if it was ended early, run it again, which finishes it."
        )


def require_newest(session: Session, pseudonyms: Pseudonyms) -> None:
    """Refuse to write codes of a key that has been renewed meanwhile.

    Args:
        session: the transaction that writes; no renewal can come between the two.
        pseudonyms: the pseudonyms with which the codes were made.

    Raises:
        KeyRenewedError: the workspace's key is another one by now.
    """
    if not is_newest(session, pseudonyms, lock=True):
        raise KeyRenewedError


def is_newest(session: Session, pseudonyms: Pseudonyms, *, lock: bool = False) -> bool:
    """Return whether a key is the workspace's newest, or the first that it sees.

    Args:
        session: the transaction.
        pseudonyms: the pseudonyms with the key.
        lock: whether no renewal may come until the transaction ends.
    """
    fact = session.get(
        Fact,
        FINGERPRINT,
        with_for_update={"read": True} if lock else None,
        populate_existing=True,
    )
    return fact is None or fact.value == pseudonyms.fingerprint()
