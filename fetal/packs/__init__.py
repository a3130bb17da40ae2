"""Packs: data sets that the program knows, each told by a small file, read into labelled scans."""

from fetal.packs.pack import Pack, PackError, pack_named, pack_names
from fetal.packs.pack_file import TEST_ROLE, TRAIN_ROLE, PackFile
from fetal.packs.read_pack import read_pack

__all__ = [
    "TEST_ROLE",
    "TRAIN_ROLE",
    "Pack",
    "PackError",
    "PackFile",
    "pack_named",
    "pack_names",
    "read_pack",
]
