"""Small inputs after public reports, each with its command: is what comes out right?

    python benchmarks/field_cases.py [--only 12] [--show]

The inputs lie in the folder `cases` of the one that FETAL_SHARED names, else of `../shared`; each
has a `case.json` with the command and with what is right. A case runs in a copy of its folder,
with a workspace of its own. What the commands print is shown with `--show`. The right values are
tests of this project as well, with inputs that the tests make themselves.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("FETAL_SHARED", ROOT.parent / "shared")).absolute()
PROGRAMS = Path(__file__).with_name("field_programs")
LONGEST_SECONDS = 300


@dataclass(frozen=True)
class Case:
    """A command in the shell, and what its output has to show.

    Attributes:
        command: run by bash in a copy of the case's folder, beside `common` and the other cases.
        shows: a regular expression that the output has to hold.
        lacks: one that it must not hold.
    """

    command: str
    shows: str
    lacks: str = "Traceback"


def _table(table: str) -> Case:
    images = "../01-train-column-float/imgs"
    return Case(
        f"fetal import {images} --table {table} --dry-run --unsure keep; "
        f"fetal evaluate --data {table} --images {images} --official-test",
        r"(?s)\(test\) 12\b.*on 12 scans of 4 patients|does not say whether",
    )


def _predicted(files: str, plane: str = "Clear|check") -> Case:
    return Case(f"fetal predict {files}", plane, "Traceback|not read|cannot|refused|cut short")


_EXPORT = "../common/expA.zip"
_INTO_A = f"fetal import {_EXPORT} --unsure keep --workspace a --who Carl; "

CASES: dict[str, Case] = {
    "01": _table("02-pandas-float.csv"),
    "02": _table("03-bool.csv"),
    "04": _table("04b-train-words.csv"),
    "06": Case("python $PROGRAMS/known_again.py", r"unknown after an export: 0 of \d+"),
    "07": Case(
        _INTO_A + "fetal export b.zip --workspace a; "
        f"python $PROGRAMS/same_names.py {_EXPORT} b.zip",
        "the same 61 names",
    ),
    "09": Case(_INTO_A + "python $PROGRAMS/sources.py a", "sample 24|left out"),
    "10": Case(
        _INTO_A + f"fetal export b.zip --workspace a; python $PROGRAMS/notes.py {_EXPORT} b.zip",
        "notes and annotators are the same",
    ),
    "11": Case(
        f"unzip -q {_EXPORT}; fetal evaluate --data labels.csv --images images",
        "without a label|left out",
        "is no plane",
    ),
    "12": _predicted("*.dcm"),
    "13": _predicted("*.dcm"),
    "15": _predicted("*.dcm"),
    "16": _predicted("*.dcm"),
    "18": Case("fetal predict *.dcm", "frame 5.*Clear", "without a picture|cut short"),
    "21": _predicted("*.dcm"),
    "22": _predicted("*.dcm"),
    "23": _predicted("*.dcm"),
    "25": _predicted("*.dcm"),
    "26": _predicted("*.png"),
    "29": Case("python $PROGRAMS/brightness.py *.dcm", "as bright as the scan"),
    "31": Case("python $PROGRAMS/brightness.py *.dcm", "as bright as the scan|refused"),
    "33": Case("python $PROGRAMS/as_pillow.py exif6.jpg", "the same pixels"),
    "35": Case("python $PROGRAMS/as_pillow.py png16.png I", "the same plane"),
    "37": Case("python $PROGRAMS/as_pillow.py la-hole.png", "the same pixels"),
    "38": Case(
        "cp latin1/scan.png $(printf 'latin1/f\\366tus.png'); rm -f latin1/a.png; "
        "fetal predict latin1 --csv out.csv; wc -l < out.csv",
        r"(?m)^3$",
    ),
    "39": Case(
        "mkdir many; for i in $(seq 400); do cp ph.png many/$i.png; done; "
        "env --default-signal=INT fetal predict many --csv out.csv > log & "
        "until [ -f out.csv ] && [ $(wc -l < out.csv) -gt 20 ]; do sleep 0.2; done; "
        "kill -INT $!; wait $!; wc -l < out.csv",
        r"(?m)^(2[1-9]|[3-9]\d|[1-3]\d\d)$",
    ),
    "40": Case(
        "fetal predict ph.png base.dcm --csv out.csv | head -1; wc -l < out.csv", r"(?m)^3$"
    ),
    "42": Case(
        "fetal predict ph.png --csv - ; cat ph.png | fetal predict -",
        r"(?s)file,plane.*\n.*ph\.png,.*\n.*(sure|check|%)",
        "No such file|Traceback",
    ),
    "43": Case("fetal import nfd --table nfc.csv --dry-run --unsure keep", r"add 6 scans"),
    "45": Case(
        "for z in *.zip; do fetal import $z --table nfc.csv --dry-run --unsure keep; done",
        r"(?s)add 6 scans.*add 6 scans",
    ),
    "47": _predicted("*.dcm"),
    "50": Case(
        "fetal import ../01-train-column-float/imgs --table 13-dup-conflict.csv --unsure keep",
        "contradict",
        "earlier import|Traceback",
    ),
    "51": Case(
        "fetal train --data 06-PatientID.csv --images ../01-train-column-float/imgs --out x "
        "--settings $PROGRAMS/quick.yaml",
        "epoch|patients? was found",
        "Label scans of more patients|Traceback",
    ),
    "54": Case(
        "fetal import ../01-train-column-float/imgs --table 07-sep-line.csv --dry-run "
        "--unsure keep",
        r"add 36 scans",
    ),
    "55": Case(
        "fetal import ../01-train-column-float/imgs --table 04-split-words.csv --dry-run "
        "--unsure keep",
        r"\(test\) 12\b|is not read",
    ),
    "58": Case(
        "cp ../39-csv-after-ctrl-c/ph.png .; timeout 60 python mp.py fork-inherit",
        r"\['|fork",
        "TimeoutError",
    ),
    "61": Case("fetal import folders-train.zip --dry-run", r"\b6 (scans|images)"),
    "63": Case(
        "echo '{bad' > about.json; fetal train --data ../01-train-column-float/01-std.csv "
        "--images ../01-train-column-float/imgs --out x --about about.json",
        "about.json",
    ),
}


def run(number: str, show: bool) -> bool:
    """Run one case and print a line.

    Args:
        number: the two digits with which its folder begins.
        show: whether to print what the command printed.

    Returns:
        Whether the output is right.
    """
    [folder] = (SHARED / "cases").glob(f"{number}-*")
    told = json.loads((folder / "case.json").read_text())
    case = CASES[number]
    with tempfile.TemporaryDirectory() as place:
        shutil.copytree(SHARED / "cases", place, dirs_exist_ok=True)
        copy = Path(place) / folder.name
        said = subprocess.run(
            ["bash", "-c", case.command],
            cwd=copy,
            env=os.environ
            | {
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "PROGRAMS": str(PROGRAMS),
                "FETAL_SHARED": str(SHARED),
                "FETAL_WORKSPACE": str(copy / "workspace"),
                "PYTHONPATH": str(ROOT),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LONGEST_SECONDS,
            check=False,
        ).stdout
    right = bool(re.search(case.shows, said)) and not re.search(case.lacks, said)
    print(f"{'right' if right else 'WRONG'}  {folder.name}: {told['expected']}", flush=True)
    if show or not right:
        print("    " + said.strip().replace("\n", "\n    "), flush=True)
    return right


def main() -> int:
    """Run the cases; returns the exit status, 0 where all are right."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="*", default=sorted(CASES), metavar="NUMBER")
    parser.add_argument("--show", action="store_true", help="print what the commands print")
    options = parser.parse_args()
    if not (SHARED / "cases").is_dir():
        print(f"No cases at {SHARED / 'cases'}: set FETAL_SHARED to the folder that has them.")
        return 0
    right = [run(number, options.show) for number in options.only]
    print(f"{sum(right)} of {len(right)} right")
    return 0 if all(right) else 1


if __name__ == "__main__":
    sys.exit(main())
