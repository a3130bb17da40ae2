"""Keeps Streamlit from asking the internet for the address of this computer."""

from streamlit import net_util


def stay() -> None:
    """Let Streamlit know none of this computer's own addresses.

    It fetches checkip.amazonaws.com to print an address at the start, and to compare it with the
    origin of a connection.
    """
    net_util.get_external_ip = net_util.get_internal_ip = _unknown


def _unknown() -> None:
    return None
