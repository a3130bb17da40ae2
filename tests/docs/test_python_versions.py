"""The versions of Python that can be used are the same wherever they are named."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def makes(version: tuple[int, int, int]) -> str:
    """What `make run` says of a version of Python; empty where it goes on."""
    recipe = (ROOT / "Makefile").read_text()
    [check] = re.findall(r"\$\(PYTHON\) -c '(.*?)'", recipe, re.DOTALL)
    program = check.replace("\\\n", "").replace("import sys; ", "")
    told = f"import sys; sys.version_info = {version}; {program}"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    return done.stderr.strip()


def test_the_bounds_are_those_of_the_package() -> None:
    assert PROJECT["requires-python"] == ">=3.11,<3.14"


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (3, 13, 9)])
def test_make_goes_on_with_those(version: tuple[int, int, int]) -> None:
    assert makes(version) == ""


@pytest.mark.parametrize("version", [(3, 9, 1), (3, 10, 12), (3, 14, 0), (4, 0, 0)])
def test_make_names_the_versions_that_do(version: tuple[int, int, int]) -> None:
    [told] = makes(version).splitlines()
    assert told.startswith(
        f"Python 3.11, 3.12 or 3.13 is needed, this is {version[0]}.{version[1]}."
    )


@pytest.mark.parametrize("page", ["README.md", "docs/administrator.md"])
def test_the_pages_name_them_too(page: str) -> None:
    assert "Python 3.11, 3.12 or 3.13" in (ROOT / page).read_text()
