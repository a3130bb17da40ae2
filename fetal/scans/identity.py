"""Keyed pseudonyms: the same patient gets the same name, and nobody can go back without the key.

HMAC-SHA256 (RFC 2104) as the DICOM confidentiality profiles (PS3.15, Annex E) ask of replaced
identifiers: consistent within the workspace, meaningless outside it.
"""

import hashlib
import hmac
import os
import secrets
import tempfile
import unicodedata
from pathlib import Path

_KEY_BYTES = 32


class PseudonymKeyError(ValueError):
    """The workspace's key file cannot be used."""


class Pseudonyms:
    """Makes pseudonyms with a secret key.

    Args:
        key: at least 32 secret bytes.

    Raises:
        PseudonymKeyError: the key is too short.

    Example:
        >>> names = Pseudonyms(bytes(32))
        >>> names.patient(" 4711 ") == names.patient("4711")
        True
    """

    def __init__(self, key: bytes) -> None:
        if len(key) < _KEY_BYTES:
            raise PseudonymKeyError(
                f"Expected a pseudonym key of {_KEY_BYTES} bytes, received {len(key)}: restore the "
                "workspace's key file from a backup; a new key would make new patients of old ones."
            )
        self._key = key

    @classmethod
    def open(cls, path: Path) -> "Pseudonyms":
        """Read the key file, or make it on first use.

        The file is readable by its owner only. Processes that start together agree on one key: it
        is written aside and linked into place, which only the first can do.

        Args:
            path: where the key file is or will be.

        Raises:
            PseudonymKeyError: the file is there but holds no key.
        """
        if not path.exists():
            _make_key(path)
        return cls(path.read_bytes())

    def patient(self, identifier: str) -> str:
        """The pseudonym of a patient identifier, `P-` and 10 hexadecimal digits.

        Args:
            identifier: as the file or a person writes it; letter case and spaces do not count.
        """
        return f"P-{self._digest('patient', _normalised(identifier))[:10]}"

    def file(self, name: str) -> str:
        """The pseudonym of a file name, 64 hexadecimal digits.

        Args:
            name: with or without folders and ending, neither of which counts.
        """
        last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        return self._digest("file", _normalised(Path(last).stem))

    def fingerprint(self) -> str:
        """What tells this key from others and gives nothing of it away, 64 hexadecimal digits."""
        return self._digest("key", "fingerprint")

    @staticmethod
    def unknown() -> str:
        """A new pseudonym for scans that name no patient, `U-` and 10 hexadecimal digits."""
        return f"U-{secrets.token_hex(5)}"

    def _digest(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"{kind}:{text}".encode(), hashlib.sha256).hexdigest()


def _normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink()
