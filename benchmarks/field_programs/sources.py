"""How many scans of each source a workspace holds."""

import sqlite3
import sys

with sqlite3.connect(f"{sys.argv[1]}/fetal.db") as database:
    for source, scans in database.execute("SELECT source, count(*) FROM scan GROUP BY source"):
        print(source, scans)
