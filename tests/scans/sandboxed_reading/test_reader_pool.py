import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fetal.scans import Limits, ScanError, decode_png, read_scan
from fetal.scans.errors import TooMuchMemoryError, TooSlowError, UnreadableError
from fetal.scans.sandbox.sandbox_process import StartError
from fetal.scans.sandboxed_reading.file_reader import read_film
from fetal.scans.sandboxed_reading.reader_pool import ReaderPool
from tests.scans import mischief
from tests.support.drawn import fan
from tests.support.films import film
from tests.support.waiting import alive, until


def picture(seed: int, size: tuple[int, int] = (80, 96)) -> bytes:
    pixels = np.random.default_rng(seed).integers(60, 200, size).astype(np.uint8)
    pixels[:8] = 0
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return packed.getvalue()


def test_scans_come_in_order_as_read_here_and_what_cannot_be_read_is_refused() -> None:
    files = [picture(0), b"no picture", picture(1), b"", picture(2)]
    with ReaderPool(2) as readers:
        found = list(readers.read(range(5), lambda at: (files[at], f"{at}.png")))
    assert [at for at, _ in found] == [0, 1, 2, 3, 4]
    for at, read in found:
        if at in (1, 3):
            with pytest.raises(ScanError) as refused:
                read_scan(files[at], f"{at}.png")
            assert (read.scan, read.png, read.refusal) == (None, None, str(refused.value))
        else:
            here = read_scan(files[at], f"{at}.png")
            assert read.scan is not None
            assert read.png is not None
            assert read.scan.digest == here.digest
            assert (decode_png(read.png) == here.pixels).all()


def test_a_file_that_cannot_be_loaded_is_refused_and_the_others_go_on() -> None:
    def load(at: int) -> tuple[bytes, str]:
        if at == 0:
            raise OSError(5, "Input/output error")
        if at == 1:
            raise ScanError("Locked.")
        return picture(at), "a.png"

    with ReaderPool(1) as readers:
        refusals = [read.refusal for _, read in readers.read(range(3), load)]
    assert refusals == ["The file cannot be read (Input/output error).", "Locked.", None]


def test_only_a_few_files_are_read_ahead_of_whoever_takes_them() -> None:
    loaded: list[int] = []

    def load(at: int) -> tuple[bytes, str]:
        loaded.append(at)
        return picture(at), "a.png"

    with ReaderPool(1) as readers:
        found = readers.read(range(1000), load)
        next(found)
        assert len(loaded) < 10


def test_what_is_read_already_comes_together_and_in_order() -> None:
    files = [picture(seed) for seed in range(8)]
    with ReaderPool(2) as readers:
        groups = readers.read_groups(range(8), lambda at: (files[at], "a.png"), 4)
        found: list[tuple[int, str | None]] = []
        for group in groups:
            assert 0 < len(group) <= 4
            found += [(at, read.refusal) for at, read in group]
    assert found == [(at, None) for at in range(8)]


def test_large_files_are_not_all_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal.scans.sandboxed_reading.reader_pool._AHEAD_BYTES", 1)
    loaded: list[int] = []

    def load(at: int) -> tuple[bytes, str]:
        loaded.append(at)
        return picture(at), "a.png"

    with ReaderPool(2) as readers:
        next(readers.read(range(8), load))
    assert len(loaded) == 1


def test_a_file_that_takes_too_long_ends_its_reader_and_the_next_is_read() -> None:
    with ReaderPool(1) as readers:
        assert readers.read_one(picture(0), "a.png").refusal is None
        with pytest.raises(TooSlowError, match="within 1 seconds"):
            list(readers.ask(Limits(seconds=1), time.sleep, 60))
        assert readers.read_one(picture(1), "a.png").refusal is None


def test_what_only_waits_for_its_answers_to_be_taken_is_not_too_slow() -> None:
    limits = Limits(seconds=2)
    with ReaderPool(1) as readers:
        answers = readers.ask(limits, read_film, film([fan(0), fan(1)]), "a.dcm", (0, 1), 2, limits)
        first = next(answers)
        time.sleep(2.1)
        assert [first.index, *(frame.index for frame in answers)] == [0, 1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no process's memory")
def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ReaderPool(1) as readers:
        assert readers.read_one(picture(0), "a.png").refusal is None
        monkeypatch.setenv("FETAL_READING_MEGABYTES", "1")
        refusal = readers.read_one(picture(0, (2000, 2000)), "a.png").refusal
        assert refusal == str(TooMuchMemoryError(1))
        monkeypatch.delenv("FETAL_READING_MEGABYTES")
        assert readers.read_one(picture(1), "a.png").refusal is None


def test_a_file_that_breaks_its_reader_is_refused_and_the_next_is_read() -> None:
    with ReaderPool(1) as readers:
        with pytest.raises(UnreadableError):
            list(readers.ask(Limits(), os.abort))
        assert readers.read_one(picture(1), "a.png").refusal is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no process's time")
def test_a_reader_that_nobody_can_kill_any_more_ends_by_itself() -> None:
    """Its starter may be gone before its time is up."""
    with ReaderPool(1) as readers, pytest.raises(TooSlowError):
        list(readers.ask(Limits(), mischief.spin, 1))


def test_an_answer_cannot_make_the_app_run_anything(tmp_path: Path) -> None:
    """A file may have taken the reader over."""
    touched = tmp_path / "touched"
    with ReaderPool(1) as readers:
        with pytest.raises(UnreadableError):
            list(readers.ask(Limits(), mischief.Code, f"open({str(touched)!r}, 'w')"))
        assert not touched.exists()
        assert readers.read_one(picture(1), "a.png").refusal is None


def test_an_error_of_a_decoder_is_told_by_its_kind_alone(caplog: pytest.LogCaptureFixture) -> None:
    with ReaderPool(1) as readers, pytest.raises(UnreadableError):
        list(readers.ask(Limits(), int, "Jane Doe"))
    assert "ValueError" in caplog.text
    assert "Jane" not in caplog.text


def test_that_no_reader_starts_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fetal.scans.sandboxed_reading.reader_pool._MODULE", "fetal.scans.limits")
    with ReaderPool(1) as readers, pytest.raises(StartError):
        readers.read_one(picture(0), "a.png")


def test_a_reader_ends_with_the_app_even_one_that_is_killed() -> None:
    program = (
        "from fetal.scans.sandboxed_reading import client; "
        "client.inspect_file(b'DICM'.rjust(132), ''); "
    )
    program += "print(client.readers()._processes[-1]._process.pid, flush=True); input()"
    app = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert app.stdout is not None
    reader = int(app.stdout.readline())
    assert alive(reader)
    app.kill()
    app.wait()
    until(lambda: not alive(reader))


def test_a_reader_knows_no_model_and_no_page() -> None:
    """It has to start in a moment, and to be small."""
    program = "import fetal.scans.sandboxed_reading.file_reader, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = {name.split(".")[0] for name in ran.stdout.decode().split()}
    assert "fetal" in loaded
    assert not loaded & {"streamlit", "tensorflow", "keras", "openvino", "sqlalchemy"}
