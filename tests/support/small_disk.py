"""A file system of its own that is soon full, where one may be mounted."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class SmallDisk:
    """A disk of few kilobytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resize(self, size: str) -> None:
        """Give it another size, as `mount` writes it."""
        options = f"remount,size={size}"
        subprocess.run(["mount", "-o", options, self._folder], check=True)

    def fill(self) -> None:
        """Fill what is left of it."""
        with (self._folder / "filler").open("wb", buffering=0) as file:
            for size in (65536, 4096):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def make_room(self) -> None:
        """Remove what `fill` wrote."""
        (self._folder / "filler").unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mount it at a folder, and skip the test where this may not be done.

    Args:
        folder: made where it is missing.
        size: such as `8k`.
    """
    folder.mkdir(exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", folder], check=True)
