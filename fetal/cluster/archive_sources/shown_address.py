"""Addresses as people may see them."""

import re

_PASSWORD = re.compile(r"(?<=://)[^/@]*@")


def without_password(url: str) -> str:
    """Return an address without the name and the password in it.

    Example:
        >>> without_password("https://ana:secret@pacs/dicom-web")
        'https://pacs/dicom-web'
    """
    return _PASSWORD.sub("", url)
