"""Keeps Streamlit from asking the internet for the address of this computer.

`python -m pages.parts.offline run streamlit_app.py …` is `streamlit run streamlit_app.py …`.
"""

import sys

from streamlit import net_util
from streamlit.web import cli


def stay() -> None:
    """Let Streamlit know none of this computer's own addresses.

    For a connection from a page of another origin it would fetch checkip.amazonaws.com, to compare
    that origin with the address that is found.
    """
    net_util.get_external_ip = net_util.get_internal_ip = _unknown


def _unknown() -> None:
    return None


if __name__ == "__main__":
    stay()
    sys.exit(cli.main(prog_name="streamlit"))
