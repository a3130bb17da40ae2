"""What a person does in the app with files full of canaries, in a process that logs everything.

    python -m tests.privacy.in_the_app

The workspace is the one that the environment names.
"""

import logging
import sys

from fetal.workbench import Workbench, open_workbench
from fetal.workbench.annotations import review
from fetal.workbench.catalogue import scans
from fetal.workbench.imports import import_run
from fetal.workbench.ingest.upload import IngestOutcome, UploadedFile, add_scans
from tests.privacy.canary import DATE, FORMATS, NUMBER, WORD
from tests.support.drawn import file


def named(seed: int, kind: str) -> str:
    """A file name that says who the patient is."""
    return f"{WORD}^Jane {NUMBER} {DATE} {seed}.{kind}"


def work(workbench: Workbench) -> None:
    """Drop stills, a film and damaged files, label, look and import a table."""
    drop = [UploadedFile(f"{WORD}/{named(30, 'png')}", file(30).data)]
    drop += [
        UploadedFile(named(31, "png"), b"no picture"),
        UploadedFile(named(32, "dcm"), b"DICM" * 99),
    ]
    taken = add_scans(workbench, drop, who="Ann", patient=f"{WORD}^Jane")
    assert [one.outcome for one in taken] == [
        IngestOutcome.ADDED,
        IngestOutcome.REFUSED,
        IngestOutcome.REFUSED,
    ]
    frames = add_scans(workbench, [UploadedFile(named(33, "dcm"), FORMATS["dcm"](2))], who="Ann")
    assert [one.outcome for one in frames] == [IngestOutcome.ADDED] * 2
    number = taken[0].scan_id
    assert number is not None
    review.annotate(workbench, number, "femur", "Ann", "a plain note")
    scans.explanation(workbench, number).overlay()
    table = (
        "image,plane,patient,machine,operator,born\n"
        f"{named(30, 'png')},brain,{WORD}^Jane,{WORD},{WORD},{DATE}\n"
        f"{named(40, 'png')},brain,{NUMBER},{WORD},{WORD},{DATE}\n"
    )
    images = [UploadedFile(named(40, "png"), file(40).data)]
    report = import_run.import_csv(workbench, table.encode(), images, "Ann")
    assert report.labelled == 2


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    opened = open_workbench()
    work(opened)
    logging.getLogger("app").info("The work in the app is done")
    opened.close()
