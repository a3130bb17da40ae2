import io
import sys

import numpy as np
import pytest
from PIL import Image

from fetal.scans import ScanError, decode_png, read_scan
from fetal.scans.readers import Readers


def picture(seed, size=(80, 96)):
    pixels = np.random.default_rng(seed).integers(60, 200, size).astype(np.uint8)
    pixels[:8] = 0
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "PNG")
    return packed.getvalue()


def test_scans_come_in_order_as_read_here_and_what_cannot_be_read_is_refused():
    files = [picture(0), b"no picture", picture(1), b"", picture(2)]
    with Readers(2) as readers:
        found = list(readers.read(range(5), lambda at: (files[at], f"{at}.png")))
    assert [at for at, _ in found] == [0, 1, 2, 3, 4]
    for at, read in found:
        if at in (1, 3):
            with pytest.raises(ScanError) as refused:
                read_scan(files[at], f"{at}.png")
            assert (read.scan, read.png, read.refusal) == (None, None, str(refused.value))
        else:
            here = read_scan(files[at], f"{at}.png")
            assert read.scan.digest == here.digest
            assert (decode_png(read.png) == here.pixels).all()


def test_a_file_that_cannot_be_loaded_is_refused_and_the_others_go_on():
    def load(at):
        if at == 0:
            raise OSError(5, "Input/output error")
        if at == 1:
            raise ScanError("Locked.")
        return picture(at), "a.png"

    with Readers(1) as readers:
        refusals = [read.refusal for _, read in readers.read(range(3), load)]
    assert refusals == ["The file cannot be read (Input/output error).", "Locked.", None]


def test_only_a_few_files_are_read_ahead_of_whoever_takes_them():
    loaded = []

    def load(at):
        loaded.append(at)
        return picture(at), "a.png"

    with Readers(1) as readers:
        found = readers.read(range(1000), load)
        next(found)
        assert len(loaded) < 10


def test_a_file_that_takes_too_long_ends_its_reader_and_the_next_is_read():
    with Readers(1, seconds=0.01) as readers:
        [(_, read)] = readers.read([0], lambda at: (picture(0), "a.png"))
        assert "had to be stopped" in read.refusal
        readers.seconds = 60
        [(_, read)] = readers.read([1], lambda at: (picture(1), "a.png"))
        assert read.refusal is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows bounds no process's memory")
def test_a_file_that_takes_too_much_memory_is_refused(monkeypatch):
    monkeypatch.setattr("fetal.scans.readers._PROGRAM", _LITTLE)
    with Readers(1) as readers:
        [(_, read)] = readers.read([0], lambda at: (picture(0, (2000, 2000)), "a.png"))
    assert read.scan is None
    assert "memory" in read.refusal


_LITTLE = "from fetal.scans import reader; reader.MEGABYTES = 1; reader.main()"
