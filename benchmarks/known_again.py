"""Is the shipped model ever judged on scans that it learnt from, however they come back?

    python benchmarks/known_again.py [--every 8]

The official training scans of FETAL_PLANES_DB (`Train` = 1) are brought into a new workspace in
the ways that the table names, each as a patient of its own who is kept apart for testing, and it
counts how many the shipped model would be measured on: none is right. Then it counts how many of
the official test scans (`Train` = 0), which are of other patients, would be left out as if the
model had learnt from them. It wants the scans in the folder that FETAL_SHARED names, else in
../shared.
"""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from fetal.cli.labelled import LabelledImage, labelled_images
from fetal.cli.readable_images import readable
from fetal.predict import load_model
from fetal.scans import ScanError, encode_png, find_sector, read_scan
from fetal.scans.decode import read_grey
from fetal.scans.similarity.perceptual_hash import near_duplicate_hash
from fetal.store.tables import ModelVersion, ScanRow
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.catalogue.exports import export_archive
from fetal.workbench.datasets.leakage import seen_by
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.deid_policy import OPEN, DeidentificationPolicy
from fetal.workbench.ingest.upload import UploadedFile, add_scans

SHARED = Path(os.environ.get("FETAL_SHARED", Path(__file__).parents[2] / "shared"))

Grey = NDArray[np.uint8]


def jpeg(pixels: Grey, quality: int) -> bytes:
    """Pack pixels as a JPEG."""
    packed = io.BytesIO()
    Image.fromarray(pixels).save(packed, "JPEG", quality=quality)
    return packed.getvalue()


def blanked(data: bytes) -> Grey:
    """Read a scan as this program stores it."""
    return read_scan(data, "a.webp").pixels


def once(data: bytes) -> Grey:
    """Read a scan as version 0.1 stored it."""
    grey = read_grey(data)
    return np.where(find_sector(grey).mask, grey, np.uint8(0))


def halved(pixels: Grey) -> Grey:
    """Make a picture of half the size."""
    image = Image.fromarray(pixels)
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    return np.asarray(half, np.uint8)


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "the file itself": lambda data: data,
    "exported": lambda data: encode_png(blanked(data)),
    "exported by version 0.1": lambda data: encode_png(once(data)),
    "the file as a JPEG (quality 75)": lambda data: jpeg(read_grey(data), 75),
    "exported, then a JPEG (quality 75)": lambda data: jpeg(blanked(data), 75),
    "exported, then half the size": lambda data: encode_png(halved(blanked(data))),
    "exported, then mirrored": lambda data: encode_png(
        np.ascontiguousarray(blanked(data)[:, ::-1])
    ),
}


def unseen(workbench: Workbench) -> tuple[int, int]:
    """Count the stored scans that the champion would be measured on, and all."""
    with workbench.store.reading() as session:
        version = session.get_one(ModelVersion, workbench.champion().version.id)
        known = set(seen_by(session, workbench.blobs, version).tolist())
        scans = session.scalars(select(ScanRow.id)).all()
    return sum(scan not in known for scan in scans), len(scans)


def by_way(images: Sequence[LabelledImage], folder: Path) -> bool:
    """Bring the scans in by every way; returns whether all were known again."""
    right = True
    for number, (way, change) in enumerate(WAYS.items()):
        workbench = open_workbench(Workspace.at(folder / str(number)))
        for one, image in enumerate(images):
            try:
                content = change(image.path.read_bytes())
            except ScanError:
                continue
            add_scans(
                workbench, [UploadedFile("a.png", content)], who="x", patient=f"p{one}", gate=OPEN
            )
        right &= told(way, *unseen(workbench))
        if number == 0:
            target = export_archive(workbench, None, folder / "export.zip").target
            elsewhere = open_workbench(Workspace.at(folder / "elsewhere"))
            import_scans(elsewhere, plan_import(target), "x", unsure=DeidentificationPolicy.KEEP)
            right &= told("a whole export, imported elsewhere", *unseen(elsewhere))
            elsewhere.close()
        workbench.close()
    return right


def told(way: str, new: int, total: int) -> bool:
    """Print a line of the table; returns whether it is right."""
    print(f"{way:38s} {new:4d} of {total} count as unseen", flush=True)
    return new == 0


def false_alarms(images: Iterable[LabelledImage]) -> tuple[int, int]:
    """Count the scans that would be taken for ones that the model learnt from, and all."""
    learnt = load_model().bundle.training_list()
    found = total = 0
    for _, scan in readable(list(images)):
        total += 1
        alike = learnt.alike(near_duplicate_hash(scan.pixels, scan.sector)[None]).any()
        found += bool(scan.digests & learnt.digests) or bool(alike)
    return found, total


def main() -> int:
    """Measure; returns the exit status, 0 where no scan counts as unseen."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--every", type=int, default=8, help="take every n-th training scan")
    asked = parser.parse_args()
    data = SHARED / "data" / "fetal_planes"
    if not data.is_dir():
        print(f"No scans at {data}: set FETAL_SHARED to the folder that has them.")
        return 0
    images = labelled_images(data / "FETAL_PLANES_DB_data.csv", data / "images")
    training = [image for image in images if not image.test][:: asked.every]
    with tempfile.TemporaryDirectory() as folder:
        right = by_way(training, Path(folder))
    found, total = false_alarms(image for image in images if image.test)
    print(f"{found} of {total} official test scans would be taken for scans of the training")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
