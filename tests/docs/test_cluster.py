"""The page on clusters and its example files name what Dask and this program have."""

import ast
import re
from pathlib import Path

import click
import yaml
from distributed import Security
from distributed.cli import dask_scheduler, dask_worker

from fetal.cluster.result_rows import SCHEMA
from fetal.configuration.declared import SETTINGS
from fetal.planes import PLANES

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "deploy" / "dask"


def test_every_column_of_the_results_is_explained() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text()
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", page, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == SCHEMA.names
    assert set(map(str, PLANES)) < set(named)


def test_example_files_name_settings_that_are_there() -> None:
    known = {one.name for one in SETTINGS}
    for path in EXAMPLES.iterdir():
        named = set(re.findall(r"\bFETAL_[A-Z_]+\b", path.read_text())) - {"FETAL_HOME"}
        assert named <= known, path.name


def _options(command: click.Command) -> set[str]:
    params = [one for one in command.params if isinstance(one, click.Option)]
    return set().union(*(one.opts + one.secondary_opts for one in params))


def test_example_files_name_options_that_dask_has() -> None:
    known = {"scheduler": _options(dask_scheduler.main), "worker": _options(dask_worker.main)}
    shell = re.sub(r"\\\n\s*", " ", (EXAMPLES / "ssh.sh").read_text())
    shell = re.sub(r"^#.*\n", "", shell, flags=re.MULTILINE)
    [tls] = re.findall(r'^TLS="(.*)"$', shell, re.MULTILINE)
    started = re.findall(r'bin/dask" (scheduler|worker) (.*)$', shell, re.MULTILINE)
    assert [kind for kind, _ in started] == ["scheduler", "worker"]
    for kind, words in started:
        assert set(re.findall(r"--[a-z-]+", f"{words} {tls}")) <= known[kind]

    parts = yaml.safe_load_all((EXAMPLES / "kubernetes.yaml").read_text())
    commands = [
        box["command"]
        for part in parts
        if part["kind"] == "Deployment"
        for box in part["spec"]["template"]["spec"]["containers"]
    ]
    assert [command[:2] for command in commands] == [["dask", "scheduler"], ["dask", "worker"]]
    for command in commands:
        assert {word for word in command if word.startswith("--")} <= known[command[1]]


def test_the_example_for_slurm_names_what_can_be_encrypted() -> None:
    calls = [
        node
        for node in ast.walk(ast.parse((EXAMPLES / "slurm.py").read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Security"
    ]
    [call] = calls
    named = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    assert Security(**named).require_encryption
