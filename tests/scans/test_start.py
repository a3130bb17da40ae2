import subprocess
import sys

PROGRAM = """
import sys, fetal.workbench, fetal.predict, fetal.workbench.ingest.file_sources
sys.exit("pydicom" in sys.modules)
"""


def test_the_parser_of_dicom_is_imported_with_the_first_such_file() -> None:
    assert subprocess.run([sys.executable, "-c", PROGRAM]).returncode == 0
