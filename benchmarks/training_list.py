"""Renews the list of scans that the shipped model was trained on, after a change of the masks.

    python benchmarks/training_list.py

A change of what is blanked changes the pixels of a scan, and so its digest. This adds the present
digests of all official training scans of FETAL_PLANES_DB (`Train` = 1) to those that the list
holds, writes their near-duplicate hashes and those of the simulated scans that the model was
trained on, and writes the model's own digests anew. It wants the scans in the folder that
FETAL_SHARED names, else in ../shared.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from fetal.bundle import Bundle
from fetal.bundle.manifest import DIGESTS, digests_text
from fetal.bundle.training_list import write_training_list
from fetal.cli.labelled import labelled_images
from fetal.cli.readable_images import readable
from fetal.predict import shipped_folder
from fetal.scans import Scan
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash, to_text
from fetal.training.data.examples import hash_of, phantoms
from fetal.training.settings import PRESETS

SHARED = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))


def main() -> None:
    """Renew the list and say what has become of it."""
    folder = shipped_folder()
    before = Bundle.open(folder).training_list()
    scans = list(training_scans())
    known = [scan for scan in scans if scan.digests & before.digests]
    print(f"{len(known)} of {len(scans)} training scans are known by a digest of the list.")
    settings = PRESETS["shipped"]
    hashes = {to_text(near_duplicate_hash(scan.pixels, scan.sector)) for scan in scans}
    hashes |= {hash_of(one) for one in phantoms(settings)}
    digests = before.digests | {scan.digest for scan in scans}
    write_training_list(folder, digests, hashes)
    (folder / DIGESTS).write_text(digests_text(folder), "utf-8")
    after = Bundle.open(folder).training_list()
    print(
        f"{len(before.digests)} digests and {len(before.hashes)} hashes before, "
        f"{len(after.digests)} and {len(after.hashes)} now."
    )


def training_scans() -> Iterator[Scan]:
    """Yield the official training scans that are at hand."""
    data = SHARED / "data" / "fetal_planes"
    images = labelled_images(data / "FETAL_PLANES_DB_data.csv", data / "images")
    for _, scan in readable([image for image in images if not image.test]):
        yield scan


if __name__ == "__main__":
    main()
