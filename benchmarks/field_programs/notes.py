"""Do two exports hold the same notes and annotators?"""

import csv
import io
import sys
from zipfile import ZipFile


def said(path: str) -> list[tuple[str, ...]]:
    text = ZipFile(path).read("labels.csv").decode()
    return sorted(
        (row["image"][:12], row["plane"], row["annotator"], row["note"])
        for row in csv.DictReader(io.StringIO(text))
    )


before, after = (said(path) for path in sys.argv[1:])
print(
    "notes and annotators are the same"
    if before == after
    else f"differ: {[pair for pair in zip(before, after, strict=False) if pair[0] != pair[1]][:3]}"
)
