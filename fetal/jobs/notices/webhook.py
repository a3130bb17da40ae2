"""Tells an address that a training has ended, in a message that only this program can sign.

The form follows the common one of signed webhooks: HMAC-SHA256 (RFC 2104, FIPS 180-4) over the
moment and the body, so that a message can neither be changed nor sent again later.
"""

import hashlib
import hmac
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from fetal.configuration.declared import WEBHOOK_SECRET, WEBHOOK_URL
from fetal.store.database import Store
from fetal.store.tables import ModelVersion, Run

logger = logging.getLogger(__name__)

SIGNATURE, MOMENT = "X-Fetal-Signature", "X-Fetal-Timestamp"
WAITS = (0.0, 5.0, 30.0)
"""Seconds before each try."""
_ANSWER_WITHIN = 10.0


class _StayHere(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: what is signed for one address goes to no other."""

    def redirect_request(self, *_given: object) -> None:
        """Refuse."""


def signature(secret: str, moment: str, body: bytes) -> str:
    """Return the signature of a message, for whoever sends or receives it.

    Args:
        secret: what both sides know.
        moment: seconds since 1970, as the header `X-Fetal-Timestamp` has them.
        body: the message as it is sent.

    Returns:
        `sha256=` and 64 hexadecimal digits.

    Example:
        >>> signature("s", "0", b"{}")[:15]
        'sha256=e79b1f68'
    """
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def tell_ended(store: Store, run_id: int) -> threading.Thread | None:
    """Send that a training has ended, beside whatever goes on; nothing waits for the answer.

    Args:
        store: the database.
        run_id: the training.

    Returns:
        The thread that sends it; None where no address and secret are set.
    """
    address, secret = WEBHOOK_URL.value(), WEBHOOK_SECRET.value()
    if not address or not secret:
        return None
    body = json.dumps(_message(store, run_id)).encode()
    sending = threading.Thread(
        target=send, args=(address, secret, body), name="webhook", daemon=True
    )
    sending.start()
    return sending


def send(
    address: str, secret: str, body: bytes, wait: Callable[[float], None] = time.sleep
) -> bool:
    """Send a signed message; a failure is tried again twice, then written to the log.

    Args:
        address: where to.
        secret: what both sides know.
        body: the message, JSON.
        wait: waits so many seconds.

    Returns:
        Whether it was taken.
    """
    opener = urllib.request.build_opener(_StayHere)
    for seconds in WAITS:
        wait(seconds)
        moment = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            MOMENT: moment,
            SIGNATURE: signature(secret, moment, body),
        }
        asked = urllib.request.Request(address, body, headers, method="POST")
        try:
            with opener.open(asked, timeout=_ANSWER_WITHIN):
                return True
        except (OSError, ValueError) as error:
            logger.warning("The webhook was not taken: %s", error)
    return False


def _message(store: Store, run_id: int) -> dict[str, object]:
    """What is told: numbers and names of trainings and models, nothing of a scan or a patient."""
    with store.reading() as session:
        run = session.get_one(Run, run_id)
        made = session.query(ModelVersion.name).filter(ModelVersion.run_id == run_id).scalar()
        return {
            "event": "training ended",
            "training": run.id,
            "state": run.status,
            "model": made,
            "ended_at": run.ended_at.isoformat() if run.ended_at is not None else None,
        }
