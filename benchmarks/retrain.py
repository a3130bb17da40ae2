"""How long a retraining takes, from the click to the comparison, on corrected real scans.

A new workspace gets the scans and their labels from FETAL_PLANES_DB's table; then a worker of
its own takes the run with the default settings.

    python benchmarks/retrain.py --images FOLDER --data FETAL_PLANES_DB_data.csv [--scans 200]
"""

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fetal.planes import parse_plane
from fetal.store.workspace import Workspace
from fetal.workbench import Workbench, open_workbench
from fetal.workbench.imports.import_run import import_scans, plan_import
from fetal.workbench.ingest.deid_policy import DeidentificationPolicy
from fetal.workbench.models import promotion
from fetal.workbench.models.comparison import compare
from fetal.workbench.retraining import service

SEED = 0
TARGET_MINUTES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description="Time a retraining on corrected real scans.")
    parser.add_argument("--images", type=Path, required=True, help="the folder of the images")
    parser.add_argument("--data", type=Path, required=True, help="the table of FETAL_PLANES_DB")
    parser.add_argument("--scans", type=int, default=200, help="how many labelled scans")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workbench = open_workbench(Workspace.at(Path(folder) / "workspace"))
        fill(workbench, chosen.images, chosen.data, chosen.scans, Path(folder))
        worker = subprocess.Popen(
            [sys.executable, "-m", "fetal.cli", "worker"],
            env=os.environ | {"FETAL_WORKSPACE": str(workbench.workspace.folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            report(workbench)
        finally:
            worker.terminate()
            worker.wait()
        workbench.close()


def fill(workbench: Workbench, images: Path, data: Path, scans: int, folder: Path) -> None:
    """Import a random choice of the table's scans that are there, with their labels."""
    there = {path.stem: path for path in images.iterdir()}
    with data.open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter=";") if row["Image_name"] in there]
    rows = random.Random(SEED).sample(rows, min(scans, len(rows)))
    table = folder / "labels.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "plane", "patient"))
        for row in rows:
            name = there[row["Image_name"]].name
            writer.writerow((name, parse_plane(row["Plane"]).value, row["Patient_num"]))
    began = time.perf_counter()
    outcome = import_scans(
        workbench, plan_import(images, table=table), "benchmark", unsure=DeidentificationPolicy.KEEP
    )
    seconds = time.perf_counter() - began
    print(f"{len(outcome.taken)} scans with {outcome.labelled} labels imported in {seconds:.0f} s")


def report(workbench: Workbench) -> None:
    """Press Retrain, wait for the end, and print how long it took and what came of it."""
    outlook = service.outlook(workbench)
    if outlook.reasons:
        raise SystemExit(" ".join(outlook.reasons))
    began = time.perf_counter()
    run = service.start(workbench, "benchmark")
    while run.is_active:
        time.sleep(1)
        run = service.run(workbench, run.id)
    minutes = (time.perf_counter() - began) / 60
    print(f"{run.status} after {minutes:.1f} minutes (target: {TARGET_MINUTES}) on {run.device}")
    print(f"it had been foretold to take {outlook.minutes:.1f} minutes; counts {run.counts}")
    if run.status != "done" or run.model_id is None:
        raise SystemExit(run.reason)
    champion = next(one for one in promotion.versions(workbench) if one.is_champion)
    print(compare(workbench, champion.id, run.model_id).words)


if __name__ == "__main__":
    main()
