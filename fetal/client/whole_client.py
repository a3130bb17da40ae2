"""The client with all that a program can do."""

from typing import Self

from fetal.api.records.shared_records import Me
from fetal.client.batch_client import BatchClient
from fetal.client.model_client import ModelClient
from fetal.client.scan_client import ScanClient
from fetal.client.sending import Connection

DEFAULT_SECONDS = 600.0


class Client(ScanClient, ModelClient, BatchClient):
    """An app, as a program uses it.

    Every request that changes something has a key of its own: where the connection breaks, it is
    sent again and done once. Where the app asks to wait, it is waited.

    Args:
        address: of the app, such as `https://fetal.hospital.example`.
        token: a token as `fetal user token add` makes it; None where the app has no accounts.
        name: the name that stands with what is done, where the app has no accounts.
        seconds: how long one answer may take; many scans in one request take some time.

    Example:
        >>> with Client("http://127.0.0.1:8501", name="Ana") as client:  # doctest: +SKIP
        ...     client.me().name
        'Ana'
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        name: str = "",
        seconds: float = DEFAULT_SECONDS,
    ) -> None:
        self._connection = Connection(address, token, name, seconds)

    def me(self) -> Me:
        """Return who asks, and what may be done."""
        return self._connection.get("/me", Me)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()
