"""Nothing is sent to anybody, and nothing is written outside the workspace."""

import signal
import socket
from pathlib import Path

import pytest

from fetal.phantom import simulate
from fetal.planes import PLANES
from fetal.scans import encode_png
from tests.privacy.account import Account, answers, free_port
from tests.support.waiting import until

SHORT = """
preset: default
start: nothing
architecture: sononet16
size: 64
stages.epochs: 1
"""


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def images(folder: Path) -> tuple[str | Path, ...]:
    folder.mkdir()
    lines = ["image,plane,patient"]
    for seed in range(36):
        plane = PLANES[seed % 6]
        pixels = simulate(plane, seed, size=(200, 260)).pixels
        (folder / f"{seed}.png").write_bytes(encode_png(pixels))
        lines.append(f"{seed}.png,{plane},P{seed // 2}")
    table = folder.with_name("labels.csv")
    table.write_text("\n".join(lines))
    return ("--data", table, "--images", folder)


def test_the_watch_sees_what_it_is_to_see(account: Account) -> None:
    program = "timeit", "-n1", "-r1", "import socket; socket.getaddrinfo('a.example', 80)"
    assert account.start(*program).wait(60) != 0
    assert "a.example" in account.attempts()


def test_the_command_line_keeps_to_itself(account: Account, tmp_path: Path) -> None:
    data = images(tmp_path / "images")
    account.run("predict", tmp_path / "images" / "0.png")
    account.run("evaluate", *data)
    account.run("demo")
    account.run("models", "scores")
    account.run("duplicates")
    assert account.attempts() == ""
    assert account.left() == []


def test_a_training_keeps_to_itself(account: Account, tmp_path: Path) -> None:
    settings = tmp_path / "short.yaml"
    settings.write_text(SHORT)
    data = images(tmp_path / "images")
    account.run("train", *data, "--out", tmp_path / "model", "--settings", settings)
    assert account.attempts() == ""
    assert account.left() == []


def test_a_page_of_another_origin_makes_the_app_ask_nobody(account: Account) -> None:
    port = free_port()
    process = account.start("fetal.cli", "serve", "--port", port, "--no-worker")
    until(lambda: answers(port), 90)
    with socket.create_connection(("127.0.0.1", port), timeout=30) as asking:
        asking.sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Origin: http://a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        assert b"403" in asking.recv(200)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert account.attempts() == ""


def test_an_app_for_the_whole_network_asks_nobody_for_its_address(account: Account) -> None:
    port = free_port()
    process = account.start(
        "fetal.cli", "serve", "--port", port, "--address", "0.0.0.0", "--without-accounts"
    )
    until(lambda: answers(port), 90)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert account.attempts() == ""
    assert account.left() == []
