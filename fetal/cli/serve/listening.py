"""The address at which the app listens: whether it is free, and whether the app answers there."""

import errno
import http.client
import socket

import click

_NO_ADDRESS = (
    "This computer has no address “{0}”. Give one of its own with --address, or leave it out."
)


def check_free(address: str, port: int) -> None:
    """Make sure that the app can listen at an address.

    Args:
        address: the computer's address or name.
        port: the port.

    Raises:
        click.ClickException: it cannot; the text says why.
    """
    where = reachable(address)
    taken = (
        f"Something already answers at port {port}, perhaps this app. Open http://{where}:{port}, "
        "or choose another one with --port."
    )
    try:
        family = socket.getaddrinfo(address or None, port, flags=socket.AI_PASSIVE)[0][0]
        socket.create_server((address, port), family=family).close()
    except socket.gaierror as error:
        raise click.ClickException(_NO_ADDRESS.format(address)) from error
    except OSError as error:
        sentences = {
            errno.EADDRINUSE: taken,
            errno.EACCES: f"Port {port} is for administrators. Choose one from 1024 with --port.",
            errno.EADDRNOTAVAIL: _NO_ADDRESS.format(address),
        }
        unknown = f"The app cannot listen at {address}, port {port}: {error.strerror}."
        raise click.ClickException(sentences.get(error.errno or 0, unknown)) from error
    # Some systems let two programs listen, one at a wildcard.
    if _listens((where, port)):
        raise click.ClickException(taken)


def reachable(address: str) -> str:
    """Return the address by which this computer itself reaches what listens at an address."""
    return "127.0.0.1" if address in ("0.0.0.0", "::", "") else address


def answers(address: tuple[str, int]) -> bool:
    """Return whether the app answers at an address (host, port)."""
    connection = http.client.HTTPConnection(*address, timeout=1)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True
