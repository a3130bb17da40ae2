"""Passwords: what a new one has to be, and Argon2's hash of it, which is all that is kept.

Argon2id with the parameters of RFC 9106 for computers with little memory, by argon2-cffi.
"""

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12
"""A long password that a person can remember keeps more guesses away than a short one with signs
(NIST SP 800-63B)."""

LONGEST = 200

_AT_ONCE = threading.BoundedSemaphore(2)
"""Each look at a password takes 64 MB: many who guess together must not take all memory."""


class WeakPasswordError(ValueError):
    """A new password would be too easy to guess."""


def check_new(password: str, *names: str) -> None:
    """Make sure that a new password is not too easy to guess.

    Args:
        password: the password.
        names: what it must not be made of, such as the name of its account.

    Raises:
        WeakPasswordError: it is too short or too long, all one letter, or a name.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPasswordError(
            f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}. A "
            "few words that only you would put together are good."
        )
    plain = password.casefold()
    if len(set(plain)) < 4 or any(name and plain == name.casefold() * 2 for name in names):
        raise WeakPasswordError("This password is too easy to guess. Choose another one.")
    if any(len(name) > 5 and name.casefold() in plain for name in names):
        raise WeakPasswordError("A password must not hold the person’s name. Choose another one.")


def hashed(password: str) -> str:
    """Return what is kept of a password; another text each time."""
    with _AT_ONCE:
        return PasswordHasher().hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Return whether a password is the one of an account.

    It takes as long for an account that is not there: how long it takes tells nobody who has one.

    Args:
        password: what was typed.
        kept: `hashed` of the account's password; None where there is none.
    """
    with _AT_ONCE:
        try:
            right = PasswordHasher().verify(kept or _nobodys(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def is_dated(kept: str) -> bool:
    """Return whether a hash was made with other parameters than those of today."""
    return PasswordHasher().check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return PasswordHasher().hash("nobody has this password")
