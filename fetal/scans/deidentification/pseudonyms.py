"""Keyed pseudonyms: the same patient gets the same name, and nobody can go back without the key.

HMAC-SHA256 (RFC 2104) as the DICOM confidentiality profiles (PS3.15, Annex E) ask of replaced
identifiers: consistent within the workspace, meaningless outside it.

A key can be renewed. What an HMAC has hidden cannot be hidden anew from the beginning, so each new
key hides the code of the one before: the code of the third key is HMAC(k3, HMAC(k2, HMAC(k1, id))).
The codes that are stored can be carried over without any identifier, and a patient who comes again
is still found. All keys are needed for that; an old key alone, or an old copy of the key file,
finds nobody among the new codes.
"""

import hashlib
import hmac
import os
import re
import secrets
import tempfile
import unicodedata
from datetime import date
from pathlib import Path

_KEY_BYTES = 32

DAYS = 36525
"""A hundred years: the offsets of days are counted round and round within them."""

_DIGITS = 16
_FORMER_DIGITS = 10
"""Codes of version 0.1, of which two would meet among a million patients."""
_CODE = re.compile(r"([A-Z]-)?([0-9a-f]{10}|[0-9a-f]{16}|[0-9a-f]{64})")
_PATIENT, _STUDY, _RANDOM = "P-", "E-", "U-"


class PseudonymKeyError(ValueError):
    """The workspace's key file cannot be used."""


class Pseudonyms:
    """Makes pseudonyms with a secret key, or with the chain of a workspace's keys.

    Args:
        keys: 32 secret bytes for each key, the oldest first, one after the other.

    Raises:
        PseudonymKeyError: the keys are of another length.

    Example:
        >>> names = Pseudonyms(bytes(32))
        >>> names.patient(" 4711 ") == names.patient("4711")
        True
    """

    def __init__(self, keys: bytes) -> None:
        if not keys or len(keys) % _KEY_BYTES:
            raise PseudonymKeyError(
                f"Expected a pseudonym key of {_KEY_BYTES} bytes, received {len(keys)}: restore "
                "the workspace's key file from a backup; a new key would make new patients of old "
                "ones."
            )
        self._keys = [keys[start : start + _KEY_BYTES] for start in range(0, len(keys), _KEY_BYTES)]

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

    @property
    def generation(self) -> int:
        """How many keys there have been: 1 in a workspace whose key was never renewed."""
        return len(self._keys)

    def patient(self, identifier: str) -> str:
        """The pseudonym of a patient identifier, `P-` and 16 hexadecimal digits.

        Args:
            identifier: as the file or a person writes it; letter case and spaces do not count.
        """
        return self._code(_PATIENT, identifier, _DIGITS)

    def former_patient(self, identifier: str) -> str:
        """The pseudonym that version 0.1 made, `P-` and 10 hexadecimal digits.

        A patient who came first then keeps it, also through renewals of the key.

        Args:
            identifier: as `patient` takes it.
        """
        return self._code(_PATIENT, identifier, _FORMER_DIGITS)

    def study(self, identifier: str) -> str:
        """The pseudonym of an examination, `E-` and 16 hexadecimal digits.

        Args:
            identifier: its UID or accession number.
        """
        return self._code(_STUDY, identifier, _DIGITS)

    def former_study(self, identifier: str) -> str:
        """The pseudonym that version 0.1 made, `E-` and 10 hexadecimal digits.

        Args:
            identifier: as `study` takes it.
        """
        return self._code(_STUDY, identifier, _FORMER_DIGITS)

    def file(self, name: str) -> str:
        """The pseudonym of a file name, 64 hexadecimal digits.

        Args:
            name: with or without folders and ending, neither of which counts.
        """
        last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        return self._through(self._first("file", _normalised(Path(last).stem)))

    def picture(self, digest: str) -> str:
        """The pseudonym of a picture as it arrived, 64 hexadecimal digits.

        What arrives may hold a name, and whoever has the file could tell by a plain digest that
        the workspace holds the scan.

        Args:
            digest: of the grey levels before anything was blanked.
        """
        return self._through(self._first("picture", digest))

    def film(self, digest: str) -> str:
        """The pseudonym of a film's file, 64 hexadecimal digits: what its stored frames share.

        Args:
            digest: SHA-256 of the file, which whoever has the file could compute.
        """
        return self._through(self._first("film", digest))

    def shift(self, patient: str) -> int:
        """By how many days a patient's dates are moved, 0 to `DAYS` - 1, each as likely.

        Args:
            patient: the patient's pseudonym.
        """
        return int(_hmac(self._keys[-1], f"day:{patient}"), 16) % DAYS

    def day(self, day: date, patient: str) -> int:
        """A date as an offset, 0 to `DAYS` - 1, that tells nothing by itself.

        The days between two examinations of one patient stay what they were, counted round within
        a hundred years; the shift differs from patient to patient. Days since the first
        examination would tell as much, but change when an earlier one comes in later, and would
        need that first date to be kept.

        Args:
            day: the date.
            patient: the patient's pseudonym.
        """
        return (day.toordinal() + self.shift(patient)) % DAYS

    def renewed(self) -> "Pseudonyms":
        """These keys with a new one behind them, drawn by chance."""
        return Pseudonyms(b"".join([*self._keys, secrets.token_bytes(_KEY_BYTES)]))

    def before(self) -> "Pseudonyms":
        """These keys without the newest one; there must be two."""
        return Pseudonyms(b"".join(self._keys[:-1]))

    def renew(self, code: str) -> str:
        """Carry a code of the key before the newest over to the newest.

        Args:
            code: a pseudonym of a patient, an examination, a file or a film. What was never made
                with a key, such as an unknown patient's, stays as it is.

        Returns:
            The newest key's pseudonym, of the same form.
        """
        return _renewed(code, self._keys[-1])

    def fingerprint(self) -> str:
        """What tells these keys from others and gives nothing of them away, 64 hex digits."""
        return self._through(self._first("key", "fingerprint"))

    def write(self, path: Path) -> None:
        """Write a key file, readable by its owner only; it is there whole or not at all.

        Args:
            path: where; what is there is replaced.
        """
        aside = _aside(path.parent, b"".join(self._keys))
        aside.replace(path)

    @staticmethod
    def unknown() -> str:
        """A new pseudonym for scans that name no patient, `U-` and 16 hexadecimal digits."""
        return f"{_RANDOM}{secrets.token_hex(_DIGITS // 2)}"

    def _code(self, start: str, identifier: str, digits: int) -> str:
        kind = {_PATIENT: "patient", _STUDY: "study"}[start]
        return self._through(f"{start}{self._first(kind, _normalised(identifier))[:digits]}")

    def _first(self, kind: str, text: str) -> str:
        return _hmac(self._keys[0], f"{kind}:{text}")

    def _through(self, code: str) -> str:
        for key in self._keys[1:]:
            code = _renewed(code, key)
        return code


def _renewed(code: str, key: bytes) -> str:
    form = _CODE.fullmatch(code)
    if form is None or form[1] == _RANDOM:
        return code
    return f"{form[1] or ''}{_hmac(key, f'again:{code}')[: len(form[2])]}"


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _normalised(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _aside(path.parent, secrets.token_bytes(_KEY_BYTES))
    try:
        os.link(aside, path)
    except FileExistsError:
        return
    finally:
        aside.unlink()


def _aside(folder: Path, content: bytes) -> Path:
    # A file made this way is its owner's alone from its first moment.
    handle, name = tempfile.mkstemp(dir=folder, prefix=".key-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)
