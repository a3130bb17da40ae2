"""Kept features: what was put comes back, damage counts as missing, and the bound holds."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from fetal.training.features.feature_cache import FeatureCache, key_of, open_cache, to_half

KILOBYTE = np.arange(512, dtype=np.float16)


def keys(count: int) -> list[str]:
    return [key_of(b"scan", str(number).encode()) for number in range(count)]


def file_of(folder: Path, key: str) -> Path:
    return folder / key[:2] / f"{key}.npy"


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*"))


def test_what_was_put_comes_back_in_half_precision_to_any_process(tmp_path: Path) -> None:
    features = np.random.default_rng(0).normal(size=(4, 4, 8)).astype(np.float32)
    FeatureCache(tmp_path).put("ab" * 32, to_half(features))
    found = FeatureCache(tmp_path).get("ab" * 32)
    assert found is not None
    assert found.dtype == np.float16
    assert np.allclose(found, features, atol=2e-3)
    assert FeatureCache(tmp_path).get("cd" * 32) is None


def test_numpy_reads_the_files_without_this_program(tmp_path: Path) -> None:
    FeatureCache(tmp_path).put("ab" * 32, KILOBYTE)
    [path] = files(tmp_path)
    assert np.array_equal(np.load(path, allow_pickle=False), KILOBYTE)


def test_what_is_too_large_for_half_precision_stays_a_number() -> None:
    assert np.isfinite(to_half(np.array([1e6, -1e6, 1.0], np.float32))).all()


def test_only_the_owner_can_look_into_the_folder(tmp_path: Path) -> None:
    FeatureCache(tmp_path / "features")
    assert (tmp_path / "features").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "emptied", "another kind"])
def test_a_damaged_file_counts_as_missing_and_can_be_put_again(tmp_path: Path, damage: str) -> None:
    cache = FeatureCache(tmp_path)
    cache.put("ab" * 32, KILOBYTE)
    [path] = files(tmp_path)
    whole = path.read_bytes()
    if damage == "a flipped bit":
        path.write_bytes(whole[:600] + bytes([whole[600] ^ 1]) + whole[601:])
    elif damage == "another kind":
        np.save(path, np.array([{"a": "pickle"}], object), allow_pickle=True)
    else:
        path.write_bytes(whole[:700] if damage == "cut short" else b"")
    assert cache.get("ab" * 32) is None
    cache.put("ab" * 32, KILOBYTE)
    again = cache.get("ab" * 32)
    assert again is not None
    assert np.array_equal(again, KILOBYTE)


def test_it_never_fills_more_than_it_may(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, limit=20_000)
    for key in keys(60):
        cache.put(key, KILOBYTE)
        assert sum(path.stat().st_size for path in files(tmp_path)) <= 20_000
    assert len(files(tmp_path)) > 10


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, limit=12_000)
    for age, key in enumerate(reversed(keys(8))):
        cache.put(key, KILOBYTE)
        os.utime(file_of(tmp_path, key), (0, 1000 + age))
    oldest, second = keys(8)[7], keys(8)[6]
    assert cache.get(oldest) is not None
    for number in range(3):
        cache.put(key_of(b"new", bytes([number])), KILOBYTE)
    assert cache.get(oldest) is not None
    assert cache.get(second) is None


def test_what_a_kill_left_unfinished_goes_when_room_is_needed(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, limit=12_000)
    cache.put("ab" * 32, KILOBYTE)
    left = file_of(tmp_path, "ab" * 32).with_name("left.part")
    left.write_bytes(bytes(4_000))
    os.utime(left, (0, time.time() - 7200))
    for key in keys(6):
        cache.put(key, KILOBYTE)
    assert not left.exists()
    assert cache.get("ab" * 32) is not None


def test_several_processes_may_use_one_folder(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        wrong = list(pool.map(put_and_get, [tmp_path] * 4))
    assert wrong == [0] * 4
    assert not list(tmp_path.glob("*/*.part"))


def put_and_get(folder: Path) -> int:
    """How many arrays came back wrong, while others write and evict the same."""
    cache = FeatureCache(folder, limit=30_000)
    wrong = 0
    for number, key in enumerate(keys(100)):
        cache.put(key, KILOBYTE + np.float16(number))
        found = cache.get(key)
        wrong += found is not None and not np.array_equal(found, KILOBYTE + np.float16(number))
    return wrong


def test_the_environment_sets_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETAL_CACHE_GB", "0.5")
    assert open_cache(tmp_path).limit == 500_000_000
    for said in ("much", "0", "-1"):
        monkeypatch.setenv("FETAL_CACHE_GB", said)
        with pytest.raises(ValueError, match="FETAL_CACHE_GB: expected a number above 0"):
            open_cache(tmp_path)


def test_a_cache_says_what_it_cannot_hold_at_once(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path, limit=1_000)
    assert cache.has_room_for(900)
    assert not cache.has_room_for(901)
