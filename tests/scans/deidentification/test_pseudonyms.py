import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fetal.scans import PseudonymKeyError, Pseudonyms, encode_png, read_scan

_ONE = Pseudonyms(b"1" * 32)
_OTHER = Pseudonyms(b"2" * 32)


def test_a_patient_keeps_one_pseudonym_that_tells_nothing() -> None:
    assert re.fullmatch(r"P-[0-9a-f]{16}", _ONE.patient("4711"))
    assert _ONE.patient("4711") == _ONE.patient("  4711 ")
    assert _ONE.patient("Doe Jane") == _ONE.patient("DOE  JANE")
    assert _ONE.patient("4711") != _ONE.patient("4712")
    assert _ONE.patient("4711") != _OTHER.patient("4711")


def test_a_file_is_known_again_wherever_it_lies_and_whatever_it_is_saved_as() -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", _ONE.file("a.png"))
    assert _ONE.file("Patient00042_1.png") == _ONE.file("C:\\scans\\patient00042_1.WEBP")
    assert _ONE.file("a.png") != _ONE.file("b.png")
    assert _ONE.file("4711") != _ONE.patient("4711")


def test_unknown_patients_are_never_the_same() -> None:
    names = {Pseudonyms.unknown() for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"U-[0-9a-f]{16}", name) for name in names)


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "workspace" / "pseudonyms.key"
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: Pseudonyms.open(path).patient("4711"), range(32)))
    assert len(names) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["pseudonyms.key"]


def test_a_damaged_key_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "pseudonyms.key"
    path.write_bytes(b"short")
    with pytest.raises(PseudonymKeyError, match=r"received 5: restore .* from a backup"):
        Pseudonyms.open(path)


@pytest.mark.parametrize(
    ("name", "patient"),
    [
        ("Patient00042_Plane3_1_of_2.png", "Patient00042"),
        ("folder/patient7.webp", "patient7"),
        ("brain_Patient00042.png", None),
        ("Patient.png", None),
    ],
)
def test_a_name_may_tell_the_patient(name: str, patient: str | None) -> None:
    drawn = np.zeros((200, 200), np.uint8)
    drawn[40:160, 40:160] = 90
    assert read_scan(encode_png(drawn), name).patient == patient
