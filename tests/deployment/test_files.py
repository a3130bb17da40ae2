"""The files in `deploy/` name what there is: commands, options, settings, paths of the project."""

import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from fetal.cli import main
from fetal.configuration.declared import SETTINGS
from tests.deployment.department import nginx_configuration

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
NAMES = {setting.name for setting in SETTINGS}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.suffix not in {".txt", ".key"})


def check_command(words: list[str]) -> None:
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_parser(click.Context(command)).parse_args(
        [word.replace("%i", "1") for word in words]
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is(unit: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(unit)
    service = parser["Service"]
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/opt/fetal/bin/fetal"
    check_command(words)
    assert (service["User"], service["Restart"]) == ("fetal", "always")
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert service["Environment"].startswith("FETAL_WORKSPACE=/var/lib/")


def test_the_containers_run_commands_that_there_are_and_not_as_root() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    commands = [re.findall(r'"(.*?)"', line) for line in re.findall(r"^CMD (.*)$", text, re.M)]
    assert commands
    for words in commands:
        check_command(words)
    assert text.index("USER 10001") < text.index("FROM base AS worker")
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M):
        for source in line.split():
            assert (ROOT / source).exists(), source


def test_the_services_are_read_only_and_healthy_before_others_start() -> None:
    told = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name in ("app-1", "app-2", "worker"):
        service = told["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"]
        assert service["depends_on"]["database"] == {"condition": "service_healthy"}
    assert told["services"]["worker"]["build"]["target"] == "worker"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_setting_that_is_named_is_one(path: Path) -> None:
    if path.is_file():
        text = path.read_text()
        own = set(re.findall(r"^(FETAL_\w+)=\$\{", text, re.M))
        assert set(re.findall(r"\bFETAL_[A-Z0-9_]+", text)) - own <= NAMES


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed: run .ci/nginx")
def test_nginx_takes_the_example(tmp_path: Path) -> None:
    configuration = nginx_configuration(tmp_path, 18080, [18501, 18502])
    done = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", configuration], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
