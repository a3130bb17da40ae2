"""Do two exports hold the same scans? Names of 0.1 are shorter: the start of the digest counts."""

import sys
from zipfile import ZipFile

before, after = (
    {name[:17] for name in ZipFile(path).namelist() if name.endswith(".png")}
    for path in sys.argv[1:]
)
print(f"the same {len(before)} names" if before == after else f"{len(before ^ after)} differ")
