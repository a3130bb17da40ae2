"""The house stands on its floors: a room imports only from floors below its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

FLOORS: dict[str, int] = {
    "third_party": 0,
    "planes": 1,
    "markdown": 1,
    "splits": 1,
    "metrics": 1,
    "scans": 1,
    "phantom": 1,
    "corruptions": 1,
    "store": 2,
    "bundle": 2,
    "predict": 2,
    "explain": 2,
    "training": 3,
    "jobs": 3,
    "evaluation": 3,
    "workbench": 4,
    "worker": 5,
    "cli": 5,
}

# A room may also look into these rooms of its own floor; there is no way back.
NEIGHBOURS: dict[str, set[str]] = {
    "splits": {"planes"},
    "metrics": {"planes"},
    "phantom": {"planes"},
    "scans": {"planes"},
    "corruptions": {"scans"},
    "predict": {"bundle", "explain"},
    "jobs": {"training"},
    "cli": {"worker"},
}

FILES = sorted((ROOT / "fetal").rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(ROOT / "fetal").parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file it does so."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_room_imports_only_from_floors_below(path: Path) -> None:
    own = room(path)
    if own == "__init__":
        return
    others = {
        name.split(".")[1] for name in imports(path) if name.startswith("fetal.")
    } & FLOORS.keys()
    allowed = {other for other in FLOORS if FLOORS[other] < FLOORS[own]}
    assert others <= allowed | {own} | NEIGHBOURS.get(own, set())


def test_every_room_has_a_floor() -> None:
    assert {room(path) for path in FILES} - {"__init__"} <= FLOORS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_never_imports_streamlit(path: Path) -> None:
    assert not any(name.split(".")[0] == "streamlit" for name in imports(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_training_code_is_bound_to_no_backend(path: Path) -> None:
    backends = {"tensorflow", "jax", "torch"}
    assert not any(name.split(".")[0] in backends for name in imports(path))


PAGES = sorted([*(ROOT / "pages").rglob("*.py"), ROOT / "streamlit_app.py"])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_hold_no_sql_no_keras_and_no_file_formats(path: Path) -> None:
    forbidden = {"sqlalchemy", "keras", "tensorflow", "openvino", "pydicom", "PIL", "cv2", "huey"}
    assert not {name.split(".")[0] for name in imports(path)} & forbidden


def test_the_app_process_never_imports_tensorflow_or_keras(tmp_path: Path) -> None:
    # A process of its own, since other tests of this one do import them.
    program = """
import sys
from pathlib import Path
from fetal.planes import Plane
from fetal.phantom import simulate
from fetal.scans import encode_png
from fetal.store.workspace import Workspace
from fetal.workbench import open_workbench
from fetal.workbench import dataset, intake, models, retraining, review, views
bench = open_workbench(Workspace.at(Path(sys.argv[1])))
scan = intake.Incoming("a.png", encode_png(simulate(Plane.BRAIN, 1).pixels))
[taken] = intake.add_scans(bench, [scan], who="Ana")
views.explanation(bench, taken.scan_id).overlay()
retraining.outlook(bench)
models.versions(bench)
print(sorted({"tensorflow", "keras", "jax", "torch"} & sys.modules.keys()))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
