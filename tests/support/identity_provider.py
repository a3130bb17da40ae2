"""A real provider of identities at this computer: Debian's Glewlwyd, in a folder of the test's."""

import gzip
import json
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from joserfc.jwk import RSAKey

from tests.support.waiting import until

SECRET = "what the provider gave to this program"
PASSWORD = "five blue lanterns"
GROUPS = {"ana": ["fetal-admins", "fetal-readers"], "ben": ["fetal-readers"], "eve": ["kitchen"]}
NAMES = {"ana": "Ana Sousa", "ben": "Ben Ode", "eve": "Eve Lind"}
_PAGES = Path("/usr/share/glewlwyd/webapp")
_TABLES = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
_CLIENT_PROPERTIES = ("redirect_uri", "authorization_type", "token_endpoint_auth_method")
_SETTINGS = """
port={port}
bind_address="127.0.0.1"
external_url="{url}"
login_url="login.html"
api_prefix="api"
static_files_path="{folder}/pages/"
log_mode="file"
log_level="WARNING"
log_file="{folder}/log"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_session_authentication="cookie"
profile_session_authentication="cookie"
login_api_enabled=true
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
use_secure_connection=false
secure_connection_key_file="{folder}/none"
secure_connection_pem_file="{folder}/none"
secure_connection_ca_file="{folder}/none"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{folder}/db" }};
static_files_mime_types = (
  {{ extension = ".html" mime_type = "text/html" }},
  {{ extension = ".css" mime_type = "text/css" }},
  {{ extension = ".js" mime_type = "application/javascript" }},
  {{ extension = ".json" mime_type = "application/json" }},
  {{ extension = "*" mime_type = "application/octet-stream" }}
)
"""


class IdentityProvider:
    """The provider at its port."""

    def __init__(self, port: int) -> None:
        self.url = f"http://localhost:{port}"
        self.issuer = f"{self.url}/api/oidc"

    def settings(self, **more: str) -> dict[str, str]:
        """What the program is told of it."""
        return {
            "FETAL_OIDC_ISSUER": self.issuer,
            "FETAL_OIDC_CLIENT_ID": "fetal",
            "FETAL_OIDC_CLIENT_SECRET": SECRET.replace(" ", "-"),
            "FETAL_OIDC_SCOPE": "openid",
            "FETAL_GROUP_ROLES": "fetal-readers=reader; fetal-admins=administrator",
            **more,
        }

    def browser_of(self, name: str) -> requests.Session:
        """A browser that has signed in at the provider, and lets it tell this program."""
        session = requests.Session()
        _ok(
            session.post(
                f"{self.url}/api/auth/", json={"username": name, "password": PASSWORD}, timeout=10
            )
        )
        granted = {"scope": "openid"}
        _ok(session.put(f"{self.url}/api/auth/grant/fetal", json=granted, timeout=10))
        return session

    def answer(self, session: requests.Session, url: str) -> dict[str, str]:
        """Carry a request to the provider, and return what it sends the browser back with."""
        # Its page adds this once a person has looked at what is told.
        sent = session.get(f"{url}&g_continue", allow_redirects=False, timeout=10)
        return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))

    def let_return_to(self, *addresses: str, after: str = "") -> None:
        """Tell it to which addresses of this program it may send browsers."""
        admin = self._admin()
        _ok(admin.put(f"{self.url}/api/client/fetal", json=_client(addresses, after), timeout=10))

    def set_groups(self, name: str, groups: list[str]) -> None:
        """Put a person into other groups."""
        _ok(self._admin().put(f"{self.url}/api/user/{name}", json=_user(name, groups), timeout=10))

    def prepare(self) -> None:
        """Make the client and the people."""
        admin = self._admin()
        module = admin.get(f"{self.url}/api/mod/user/database", timeout=10).json()
        many = {"multiple": True, "read": True, "write": True}
        module["parameters"]["data-format"]["groups"] = many
        _ok(admin.put(f"{self.url}/api/mod/user/database", json=module, timeout=10))
        _ok(admin.put(f"{self.url}/api/mod/user/database/reset", timeout=10))
        _ok(admin.post(f"{self.url}/api/mod/plugin/", json=_plugin(self.issuer), timeout=10))
        _ok(admin.post(f"{self.url}/api/client/", json=_client(["http://x/"], ""), timeout=10))
        for name, groups in GROUPS.items():
            _ok(admin.post(f"{self.url}/api/user/", json=_user(name, groups), timeout=10))

    def _admin(self) -> requests.Session:
        admin = requests.Session()
        signed_in = {"username": "admin", "password": "password"}
        _ok(admin.post(f"{self.url}/api/auth/", json=signed_in, timeout=10))
        return admin


@contextmanager
def identity_provider(folder: Path) -> Iterator[IdentityProvider]:
    """Start a provider; the test is skipped where no Glewlwyd is installed."""
    program = shutil.which("glewlwyd")
    if program is None or not _TABLES.exists():
        pytest.skip("No Glewlwyd is installed: run .ci/identity-provider")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = IdentityProvider(port)
    written = _TABLES.read_bytes()
    if written[:2] == b"\x1f\x8b":
        written = gzip.decompress(written)
    with sqlite3.connect(folder / "db") as database:
        database.executescript(written.decode())
    # Debian's pages are links to elsewhere, which Glewlwyd does not follow, and have no settings.
    shutil.copytree(_PAGES, folder / "pages", ignore=_no_settings)
    places = dict.fromkeys(("GlewlwydUrl", "AdminUrl", "ProfileUrl"), f"{provider.url}/")
    (folder / "pages" / "config.json").write_text(json.dumps(places | {"lang": ["en"]}))
    settings = folder / "glewlwyd.conf"
    settings.write_text(_SETTINGS.format(port=port, url=provider.url, folder=folder))
    process = subprocess.Popen([program, f"--config-file={settings}"])
    try:
        until(lambda: _answers(port), 20)
        provider.prepare()
        yield provider
    finally:
        process.terminate()
        process.wait(10)


def _no_settings(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "config.json"]


def _answers(port: int) -> bool:
    try:
        return requests.get(f"http://localhost:{port}/config", timeout=2).ok
    except requests.ConnectionError:
        return False


def _ok(answer: requests.Response) -> None:
    assert answer.ok, f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text}"


def _client(addresses: tuple[str, ...] | list[str], after: str) -> dict[str, Any]:
    return {
        "client_id": "fetal",
        "name": "Fetal planes",
        "enabled": True,
        "confidential": True,
        "client_secret": SECRET.replace(" ", "-"),
        "scope": ["openid"],
        "redirect_uri": list(addresses),
        "authorization_type": ["code"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "post_logout_redirect_uri": after,
    }


def _user(name: str, groups: list[str]) -> dict[str, Any]:
    return {
        "username": name,
        "name": NAMES[name],
        "email": f"{name}@hospital.example",
        "enabled": True,
        "password": PASSWORD,
        "scope": ["openid", "g_profile"],
        "groups": groups,
    }


def _claim(name: str, of: str) -> dict[str, Any]:
    return {
        "name": name,
        "user-property": of,
        "type": "string",
        "mandatory": True,
        "scope": [],
    }


def _plugin(issuer: str) -> dict[str, Any]:
    key = RSAKey.generate_key(2048)
    return {
        "module": "oidc",
        "name": "oidc",
        "display_name": "The hospital",
        "parameters": {
            "iss": issuer,
            "jwt-type": "rsa",
            "jwt-key-size": "256",
            "key": key.as_pem(private=True).decode(),
            "cert": key.as_pem(private=False).decode(),
            "access-token-duration": 3600,
            "refresh-token-duration": 3600,
            "code-duration": 600,
            "refresh-token-rolling": True,
            "auth-type-code-enabled": True,
            "auth-type-token-enabled": False,
            "auth-type-id-token-enabled": False,
            "auth-type-none-enabled": False,
            "auth-type-password-enabled": False,
            "auth-type-client-enabled": False,
            "auth-type-device-enabled": False,
            "auth-type-refresh-enabled": False,
            "jwks-show": True,
            "request-parameter-allow": False,
            "secret-type": "pairwise",
            "name-claim": "mandatory",
            "email-claim": "mandatory",
            "allowed-scope": ["openid"],
            "claims": [_claim("groups", "groups"), _claim("preferred_username", "username")],
            "pkce-allowed": True,
            "pkce-required": True,
            "session-management-allowed": True,
            "session-cookie-name": "GLEWLWYD2_OIDC_SID",
            "session-cookie-expiration": 3600,
        },
    }
