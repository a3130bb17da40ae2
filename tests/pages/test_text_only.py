"""Whatever is written into Markdown from outside passes `plain` first, on every page."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").rglob("*.py"))

DRAWN = {
    "badge", "button", "caption", "checkbox", "download_button", "error", "expander", "header",
    "info", "link_button", "markdown", "metric", "page_link", "pills", "popover", "progress",
    "radio", "segmented_control", "spinner", "status", "subheader", "success", "tabs", "title",
    "toast", "toggle", "warning", "write", "box", "tell",
}  # fmt: skip
"""What Streamlit takes for Markdown, in the text or the label that comes first."""

OUTSIDE = {
    "added_by", "device", "doubt_words", "failure", "file", "labelled_by", "machine", "model_name",
    "name", "note", "parent_name", "patient", "problem", "reason", "scan", "sentence", "stage",
    "who", "words",
}  # fmt: skip
"""What people and files wrote, as the library's views call it."""

OWN = {"plain", "label", "number", "percent", "moment", "duration", "tenths", "mark"}


def escaped(node: ast.expr) -> bool:
    """Whether nothing from outside reaches the text that an expression gives."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".format"):
        # A text of the catalogue, or a name for one, with what is filled in.
        return all(escaped(one.value) for one in node.keywords)
    if isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        return called in OWN or (called != "str" and all(map(escaped, node.args)))
    if isinstance(node, ast.Attribute):
        return node.attr not in OUTSIDE or is_method(node)
    if isinstance(node, ast.IfExp):
        return escaped(node.body) and escaped(node.orelse)
    if isinstance(node, ast.Name):
        return node.id not in {"error", "problem", "trouble", "who"}
    return all(
        escaped(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)
    )


def is_method(node: ast.Attribute) -> bool:
    """Whether it is `explain.METHODS[…].words`, which the program itself wrote."""
    return isinstance(node.value, ast.Subscript) and "METHODS" in ast.unparse(node.value)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_comes_from_outside_is_made_plain(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        if name not in DRAWN:
            continue
        texts = [*node.args[:1], *(k.value for k in node.keywords if k.arg in ("help", "text"))]
        for text in texts:
            assert escaped(text), f"line {node.lineno}: {ast.unparse(text)}"
