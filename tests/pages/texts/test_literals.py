"""Every text that a person reads on a page stands in the catalogue."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "pages").rglob("*.py"), ROOT / "streamlit_app.py"])

# What has blanks and letters and is no text of a page: headers of HTTP, and words of the audit.
NO_TEXT = re.compile(
    r"(; Path=/)?; HttpOnly.*| wss?://|[a-z]+-(src|action|uri|ancestors) .*|sign in "
    r"| (at|of|at browser) |another name or another site|websocket of no page"
    r"|attachment; filename=\"|text/csv; charset=utf-8"
    r"|(ended or forged|no) sign-in"
)

TRANSLATED = {"_", "ngettext", "mark", "number"}
NEVER_SHOWN = {
    "key", "icon", "name", "group", "shortcut", "thread_name_prefix", "pattern", "colorscale",
}  # fmt: skip
NEVER_SHOWN_CALLS = {
    "compile", "exception", "warning_once", "get", "pop", "setdefault", "create_task", "replace",
    "switch_page", "removesuffix", "removeprefix", "startswith", "endswith", "split", "fullmatch",
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z]{2,}[^<>]*\s+[^<>]*[A-Za-z]{2,}|[A-Za-z]{2,}\s+$|^\s+[A-Za-z]{2,}")
ONE_WORD = re.compile(r"[A-Z][a-z]+(?:[ …:.?]|$)")
SHOWS = {
    "button", "caption", "checkbox", "download_button", "error", "expander", "form_submit_button",
    "header", "info", "link_button", "markdown", "metric", "multiselect", "number_input",
    "page_link", "popover", "radio", "segmented_control", "selectbox", "slider", "spinner",
    "subheader", "success", "tabs", "text", "text_area", "text_input", "title", "toggle", "warning",
    "write", "file_uploader", "date_input", "pills", "status", "dialog", "toast",
}  # fmt: skip


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "pages")) if path != ROOT / "streamlit_app.py" else path.name


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


class Literals(ast.NodeVisitor):
    """Finds the literals of a module that a person may read and that no translation sees."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self.shown_bare = False

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name in TRANSLATED:
            values = [one for one in node.args if not isinstance(one, ast.Constant)]
            for one in values:
                self.visit(one)
            return
        by_logger = isinstance(node.func, ast.Attribute) and (
            isinstance(node.func.value, ast.Name) and node.func.value.id == "logger"
        )
        if name in NEVER_SHOWN_CALLS or by_logger:
            return
        self.visit(node.func)
        for place, one in enumerate(node.args):
            if place == 0 and name in SHOWS:
                self.shown(one)
            self.visit(one)
        for keyword in node.keywords:
            if keyword.arg not in NEVER_SHOWN:
                if keyword.arg in ("label", "help", "placeholder", "title", "text"):
                    self.shown(keyword.value)
                self.visit(keyword.value)

    def shown(self, node: ast.expr) -> None:
        """Look at what stands on the page by itself, also where it is one word."""
        parts = (
            [node.body, node.orelse]
            if isinstance(node, ast.IfExp)
            else node.elts
            if isinstance(node, ast.List)
            else [node]
        )
        for part in parts:
            if (
                isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and ONE_WORD.match(part.value)
                and not WORDS.search(part.value)
            ):
                self.found.append((part.lineno, part.value))

    def visit_Dict(self, node: ast.Dict) -> None:
        for key in node.keys:
            if key is not None:
                self.shown(key)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.shown(node)
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        return

    def visit_Assert(self, node: ast.Assert) -> None:
        return

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        node.returns = None
        self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        return

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        return

    def visit_Constant(self, node: ast.Constant) -> None:
        if (
            isinstance(node.value, str)
            and WORDS.search(node.value)
            and not NO_TEXT.fullmatch(node.value)
            and not re.search(r"</?\w+[ >]|[{;]\s*[\w-]+:|^[\w-]+:\s*[\w%#]+;", node.value)
        ):
            self.found.append((node.lineno, node.value))


def outside_the_catalogue(source: str) -> list[tuple[int, str]]:
    literals = Literals()
    literals.visit(ast.parse(source))
    return literals.found


@pytest.mark.parametrize(
    "path",
    FILES,
    ids=name_of,
)
def test_no_text_stands_outside_the_catalogue(path: Path) -> None:
    assert outside_the_catalogue(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_text_of_the_catalogue_stands_inside_an_f_string(path: Path) -> None:
    """Babel does not find it there."""
    inside = [
        (node.lineno, ast.unparse(node))
        for written in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(written, ast.JoinedStr)
        for node in ast.walk(written)
        if isinstance(node, ast.Call)
        and called(node) in TRANSLATED
        and any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in node.args)
    ]
    assert not inside


def test_texts_are_told_from_other_literals() -> None:
    page = """
def show():
    '''A docstring of words.'''
    st.button("Undo", key=f"undo me {n}", help=_("Take it back"))
    st.write(f"{n} of them", _("In the catalogue").format(n=f"{n} scans"))
    st.html("<p class='a b'>")
    logger.warning("Not for readers.")
"""
    assert [text for _, text in outside_the_catalogue(page)] == [
        "Undo",
        " of them",
        " scans",
    ]
