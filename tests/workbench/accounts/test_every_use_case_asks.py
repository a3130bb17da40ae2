"""No use case that a page, a command or the API calls forgets to ask what the person may do."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
CALLERS = ("pages", "fetal/cli", "fetal/api")

WITHOUT = {
    "has_password": "tells a person of the own account alone",
    "release": "lets go of what the person's own page holds",
    "has_read_labels": "tells only whether this process has read the labels",
    "patient_code": "the command line's, where the system's user owns the key",
}
"""What asks for no permission, and why."""


def trees(*folders: str) -> Iterator[ast.Module]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ast.parse(path.read_text())


def called_in(tree: ast.AST) -> set[str]:
    """The names of all that is called in a piece of a program."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            callee = node.func
            found.add(getattr(callee, "id", "") or getattr(callee, "attr", ""))
    return found


def takes_workbench(function: ast.FunctionDef) -> bool:
    notes = [one.annotation for one in function.args.args if one.annotation]
    return any(ast.unparse(note) == "Workbench" for note in notes)


def test_every_use_case_asks() -> None:
    functions = [
        node
        for tree in trees("fetal/workbench")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    calls = [(one.name, called_in(one)) for one in functions]
    asking = {"permit"}
    while more := {name for name, called in calls if called & asking} - asking:
        asking |= more
    called = set[str]().union(*(called_in(tree) for tree in trees(*CALLERS)))
    open_ones = [one for one in functions if takes_workbench(one) and one.name[0] != "_"]
    used = {one.name for one in open_ones if one.name in called}
    assert len(used) > 60
    assert used - asking == WITHOUT.keys()
