"""The layers: a package imports only from layers below its own, and no packages import in a circle.

The tables here are the ones of docs/contributor.md.
"""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS: dict[str, int] = {
    "third_party": 0,
    "progress": 0,
    "engine_registry": 0,
    "prefetch": 0,
    "planes": 1,
    "configuration": 1,
    "markdown": 1,
    "splits": 1,
    "metrics": 1,
    "scans": 1,
    "phantom": 1,
    "packs": 1,
    "store": 2,
    "bundle": 2,
    "predict": 2,
    "explain": 2,
    "training": 3,
    "evaluation": 3,
    "jobs": 4,
    "cluster": 4,
    "experiments": 4,
    "workbench": 5,
    "worker": 6,
    "cli": 6,
    "api": 6,
    "client": 6,
}

# A package may also import from these packages of its own layer; there is no way back.
NEIGHBOURS: dict[str, set[str]] = {
    "splits": {"planes"},
    "metrics": {"planes", "splits"},
    "phantom": {"planes"},
    "scans": {"planes", "configuration"},
    "packs": {"planes", "scans"},
    "predict": {"bundle", "explain"},
    "training": {"evaluation"},
    "jobs": {"cluster"},
    "experiments": {"cluster"},
    "client": {"api"},
    "cli": {"worker"},
}

# Pages use the workbench, and values that it returns; they know no database and no network.
PAGES_MAY_USE = {
    "fetal.workbench", "fetal.planes", "fetal.metrics", "fetal.explain", "fetal.predict",
    "fetal.api", "fetal.bundle", "fetal.evaluation", "fetal.markdown", "fetal.progress",
    "fetal.scans", "fetal.splits", "fetal.store.failures", "fetal.store.rights",
    "fetal.store.states", "fetal.training.events", "fetal.training.settings",
}  # fmt: skip

LARGEST_FOLDER = 14
LONGEST_MODULE = 300

FILES = sorted((ROOT / "fetal").rglob("*.py"))
PAGES = sorted([*(ROOT / "pages").rglob("*.py"), ROOT / "streamlit_app.py"])
_MODULE_NAME = re.compile(r"fetal(\.\w+)+")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def layer_of(path: Path) -> str:
    return path.relative_to(ROOT / "fetal").parts[0].removesuffix(".py")


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, or names as text to import or start it by that name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _MODULE_NAME.fullmatch(node.value)
        ):
            found.add(node.value)
    return frozenset(found)


def package_of(module: str) -> str | None:
    """The package by subject that a module belongs to; a module beside packages is its own."""
    parts = module.split(".")[1:]
    while parts:
        place = ROOT / "fetal" / Path(*parts)
        if place.is_dir():
            return ".".join(parts) if len(parts) > 1 else f"{parts[0]}.__init__"
        if place.with_suffix(".py").exists():
            inside = len(parts) > 2
            return ".".join(parts[:-1]) if inside else ".".join(parts)
        parts = parts[:-1]
    return None


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_package_imports_only_from_layers_below(path: Path) -> None:
    own = layer_of(path)
    if own == "__init__":
        return
    others = {
        name.split(".")[1] for name in imports(path) if name.startswith("fetal.")
    } & LAYERS.keys()
    allowed = {other for other in LAYERS if LAYERS[other] < LAYERS[own]}
    assert others <= allowed | {own} | NEIGHBOURS.get(own, set())


def test_every_package_has_a_layer() -> None:
    assert {layer_of(path) for path in FILES} - {"__init__"} == LAYERS.keys()


def test_packages_by_subject_import_in_no_circle() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        own = package_of(module)
        if own is None:
            continue
        others = {package_of(name) for name in imports(path) if name.startswith("fetal.")}
        graph.setdefault(own, set()).update({other for other in others if other} - {own})
    # Names that a package hands on from its parts lead to those parts, not back.
    for name in [name for name in graph if name.endswith(".__init__")]:
        del graph[name]
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_use_the_workbench_and_what_it_returns(path: Path) -> None:
    used = {name for name in imports(path) if name.startswith("fetal.")}
    outside = {
        name
        for name in used
        if not any(name == may or name.startswith(f"{may}.") for may in PAGES_MAY_USE)
        # `from fetal.store.failures import …` names the packages on its way, too.
        and not any(may.startswith(f"{name}.") for may in PAGES_MAY_USE)
    }
    assert not outside


def test_folders_can_be_taken_in_at_a_glance() -> None:
    # Migrations are read one after the other, by number, and none ever goes.
    found = [path for path in [*FILES, *PAGES] if path.parent.name != "versions"]
    sizes = Counter(name_of(path.parent) for path in found if path.name != "__init__.py")
    assert not {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER}


def test_a_module_name_is_used_once() -> None:
    names = Counter(path.stem for path in FILES)
    assert {name for name, times in names.items() if times > 1} <= {"__init__", "errors"}


# Words of version 0.1 that no newcomer knew; the glossary of docs/contributor.md has today's.
RETIRED = {
    "Incoming", "Taken", "Piece", "Owner", "Drop", "IntakeDesk", "WaitingRoom", "Held",
    "WhenUnsure", "Gate", "BeforePictures", "Fate", "Allowed", "Killable", "Shelf", "Presence",
    "LockedSet", "Answers", "Seen",
    "apart", "bench", "framing", "likeness", "killable", "lettering", "quiet", "shelf", "taking",
    "unsure", "views", "waiting", "withstanding", "opinions", "presence", "kept_together",
}  # fmt: skip


def test_retired_words_name_no_module_and_no_class() -> None:
    modules = {path.stem for path in [*FILES, *PAGES]}
    classes = {
        node.name
        for path in [*FILES, *PAGES]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    assert not (modules | classes) & RETIRED


def test_modules_can_be_read_in_one_go() -> None:
    files = [*FILES, *PAGES, *(ROOT / "tests").rglob("*.py")]
    long = {name_of(path): len(path.read_text().splitlines()) for path in files}
    assert not {name: lines for name, lines in long.items() if lines > LONGEST_MODULE}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_library_never_imports_streamlit(path: Path) -> None:
    assert not any(name.split(".")[0] == "streamlit" for name in imports(path))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_training_code_is_bound_to_no_backend(path: Path) -> None:
    backends = {"tensorflow", "jax", "torch"}
    assert not any(name.split(".")[0] in backends for name in imports(path))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_pages_hold_no_sql_no_keras_and_no_file_formats(path: Path) -> None:
    forbidden = {"sqlalchemy", "keras", "tensorflow", "openvino", "pydicom", "PIL", "cv2"}
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
from fetal.workbench.catalogue import scans
from fetal.workbench.ingest import upload
from fetal.workbench.models import promotion
from fetal.workbench.retraining import service
workbench = open_workbench(Workspace.at(Path(sys.argv[1])))
scan = upload.UploadedFile("a.png", encode_png(simulate(Plane.BRAIN, 1).pixels))
[taken] = upload.add_scans(workbench, [scan], who="Ana")
scans.explanation(workbench, taken.scan_id).overlay()
service.outlook(workbench)
promotion.versions(workbench)
print(sorted({"tensorflow", "keras", "jax", "torch"} & sys.modules.keys()))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert result.stdout.strip() == "[]", result.stderr
