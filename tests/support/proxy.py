"""A real nginx with the configuration that the program ships, before a running app."""

import getpass
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.waiting import until

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx" / "fetal.conf"
_AROUND = """
user {user};
pid {folder}/pid;
error_log {folder}/error.log;
daemon off;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/fetal.conf;
}}
"""


@contextmanager
def nginx(folder: Path, app_port: int, secret: str, users: dict[str, str]) -> Iterator[str]:
    """Start an nginx that signs people in itself; skipped where there is none.

    Args:
        folder: for its files.
        app_port: where the app listens.
        secret: what it sends to the app with each request.
        users: passwords of those who may pass.

    Yields:
        Its address.
    """
    program = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if program is None:
        pytest.skip("No nginx is installed: run .ci/nginx")
    plain, secure = _free(), _free()
    _certificate(folder)
    (folder / "users").write_text(
        "".join(f"{name}:{{PLAIN}}{password}\n" for name, password in users.items())
    )
    text = re.sub(r"^ *listen \[::\].*\n", "", SHIPPED.read_text(), flags=re.MULTILINE)
    for shipped, here in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "fetal.hospital.example": "localhost",
        "/etc/ssl/fetal/fullchain.pem": f"{folder}/certificate.pem",
        "/etc/ssl/fetal/privkey.pem": f"{folder}/key.pem",
        "127.0.0.1:8501": f"127.0.0.1:{app_port}",
        "# auth_basic ": "auth_basic ",
        "# auth_basic_user_file /etc/nginx/fetal.users": f"auth_basic_user_file {folder}/users",
        "# proxy_set_header": "proxy_set_header",
        "the text of FETAL_PROXY_SECRET": secret,
    }.items():
        assert shipped in text, shipped
        text = text.replace(shipped, here)
    (folder / "fetal.conf").write_text(text)
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=getpass.getuser()))
    # The error log is opened before the configuration is read.
    process = subprocess.Popen(
        [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", "nginx.conf"]
    )
    try:
        until(lambda: _listens(secure), 20)
        yield f"https://localhost:{secure}"
    finally:
        process.terminate()
        process.wait(10)


def _free() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
