"""Whether codes about to be written were made with the workspace's newest key."""

from sqlalchemy.orm import Session

from fetal.scans import PseudonymKeyError, Pseudonyms
from fetal.store.tables import Fact

FINGERPRINT = "key fingerprint"
"""The fact that holds the fingerprint of the newest key."""


class KeyRenewedError(PseudonymKeyError):
    """The key was renewed while this process was running."""


def require_newest(session: Session, pseudonyms: Pseudonyms) -> None:
    """Refuse to write codes of a key that has been renewed meanwhile.

    Args:
        session: the transaction that writes; no renewal can come between the two.
        pseudonyms: the pseudonyms with which the codes were made.

    Raises:
        KeyRenewedError: the workspace's key is another one by now.
    """
    fact = session.get(Fact, FINGERPRINT, with_for_update={"read": True}, populate_existing=True)
    if fact is not None and fact.value != pseudonyms.fingerprint():
        raise KeyRenewedError(
            "The pseudonyms' key was renewed while this program was running. Start the app again "
            "and bring the files in again; on other servers, copy the new key file first."
        )
