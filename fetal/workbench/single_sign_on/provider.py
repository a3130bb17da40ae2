"""The hospital's provider of identities, asked by OpenID Connect's code flow with PKCE.

Discovery, the request, the exchange of the code and the check of the ID token (signature, issuer,
audience, times, nonce) are Authlib's. Sources: OpenID Connect Core 1.0, Discovery 1.0 and
RP-Initiated Logout 1.0; RFC 7636 (PKCE); RFC 9207 (the issuer in the answer).
"""

import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

from fetal.configuration.declared import (
    OIDC_CLIENT_ID,
    OIDC_CLIENT_SECRET,
    OIDC_GROUPS_CLAIM,
    OIDC_ISSUER,
    OIDC_SCOPE,
)
from fetal.workbench.single_sign_on.outside_person import PROVIDER, OutsidePerson

_DISCOVERY = "/.well-known/openid-configuration"
_SECONDS = 10.0
"""How long the provider may take for one answer."""

_KEPT_SECONDS = 3600.0
"""How long what the provider says of itself is kept."""

_AWAY = (
    "The hospital’s sign-in does not answer as it should. Try again in a moment, or ask your "
    "administrator."
)


class ProviderError(RuntimeError):
    """The provider does not answer, or not as it should.

    Attributes:
        reason: what went wrong, for the administrator.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(_AWAY)
        self.reason = reason[:300]


@dataclass(frozen=True)
class Asked:
    """A request that a browser carries to the provider.

    Attributes:
        url: where the browser goes.
        state: the text that the provider sends back.
        nonce: the text that the ID token has to hold.
        verifier: what proves that the code was asked for by this program.
    """

    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """The provider that the settings name; safe to share between threads.

    Args:
        issuer: its address.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._made: tuple[float, Any] | None = None
        self._lock = threading.Lock()

    def ask(self, back: str) -> Asked:
        """Begin a sign-in.

        Args:
            back: the address of this program to which the provider sends the browser back.

        Raises:
            ProviderError: the provider does not answer.
        """
        try:
            begun = self._client().create_authorization_url(back)
        except Exception as error:
            raise ProviderError(_reason(error)) from error
        return Asked(begun["url"], begun["state"], begun["nonce"], begun["code_verifier"])

    def person(
        self, code: str, back: str, nonce: str, verifier: str, issuer: str | None
    ) -> tuple[OutsidePerson, str]:
        """Exchange a code for who the person is.

        Args:
            code: what the browser brought from the provider.
            back: as it was given to `ask`.
            nonce: as `ask` returned it.
            verifier: as `ask` returned it.
            issuer: who sent the browser, where the answer tells it.

        Returns:
            The person, and the ID token as it came.

        Raises:
            ProviderError: the provider does not answer, or what it says is not to be believed.
        """
        try:
            client = self._client()
            metadata = client.load_server_metadata()
            if issuer is not None and issuer != metadata["issuer"]:
                raise ValueError(f"the answer is of {issuer}")
            token = client.fetch_access_token(back, code=code, code_verifier=verifier)
            said = client.parse_id_token(token, nonce=nonce)
            if said is None:
                raise ValueError("there is no ID token in the answer")
            told = dict(said)
            if metadata.get("userinfo_endpoint"):
                more = client.userinfo(token=token)
                if more.get("sub") != said["sub"]:
                    raise ValueError("the userinfo is of another person")
                told |= {name: value for name, value in more.items() if name not in told}
        except Exception as error:
            raise ProviderError(_reason(error)) from error
        return _person(metadata["issuer"], told), str(token["id_token"])

    def sign_out_url(self, id_token: str | None, back: str) -> str | None:
        """Return where a browser goes to sign out at the provider too.

        Args:
            id_token: what the provider gave at the sign-in.
            back: the address of this program to which the provider sends the browser then.

        Returns:
            The address; None where the provider offers none, or does not answer.
        """
        try:
            client = self._client()
            if not client.load_server_metadata().get("end_session_endpoint"):
                return None
            made = client.create_logout_url(back, id_token, client_id=OIDC_CLIENT_ID.value())
        except Exception:
            # Here the person is signed out in any case.
            return None
        return str(made["url"])

    def _client(self) -> Any:
        with self._lock:
            if self._made is None or time.monotonic() - self._made[0] > _KEPT_SECONDS:
                client = _new_client(self._issuer)
                said = client.load_server_metadata().get("issuer")
                if said != self._issuer:
                    raise ValueError(f"it calls itself {said}, not {self._issuer}")
                self._made = (time.monotonic(), client)
            return self._made[1]


def provider() -> Provider | None:
    """Return the provider that the settings name; None where they name none."""
    issuer = OIDC_ISSUER.value()
    return None if issuer is None else _provider(issuer)


@cache
def _provider(issuer: str) -> Provider:
    return Provider(issuer)


def _new_client(issuer: str) -> Any:
    # Authlib takes a tenth of a second to load: only where a provider is set.
    from authlib.integrations.base_client import OpenIDMixin
    from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
    from authlib.integrations.requests_client import OAuth2Session

    class Client(OAuth2Mixin, OpenIDMixin, BaseApp):  # type: ignore[misc]
        client_cls = OAuth2Session

    return Client(
        framework=None,
        client_id=OIDC_CLIENT_ID.value(),
        client_secret=OIDC_CLIENT_SECRET.value(),
        server_metadata_url=f"{issuer.rstrip('/')}{_DISCOVERY}",
        client_kwargs={
            "scope": OIDC_SCOPE.value(),
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
        },
    )


def _person(issuer: str, told: dict[str, Any]) -> OutsidePerson:
    groups = told.get(str(OIDC_GROUPS_CLAIM.value()))
    if isinstance(groups, str):
        groups = groups.split(",")
    listed = groups if isinstance(groups, list) else []
    name = str(told.get("preferred_username") or told.get("email") or "")
    return OutsidePerson(
        PROVIDER,
        name,
        str(told.get("name") or name),
        frozenset(str(one).strip() for one in listed),
        issuer,
        str(told["sub"])[:255],
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
