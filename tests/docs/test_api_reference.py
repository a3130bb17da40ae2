"""docs/api.md names every route, scope and status of the API; what it shows runs."""

import re
import shlex
from pathlib import Path

from fetal.api import PREFIX
from fetal.api.application import make_application
from fetal.api.records.run_records import NewRun
from fetal.client import Client
from fetal.training.settings import PRESETS
from fetal.workbench.accounts.tokens.scopes import SCOPE_PERMISSIONS, Scope
from fetal.workbench.core.permissions import Permission

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def rows(heading: str) -> list[list[str]]:
    section = TEXT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", section, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


def test_every_route_is_documented_with_its_scope() -> None:
    told = make_application().openapi()["paths"]
    there = {
        (f"`{verb.upper()} {path}`", "".join(route["security"][0]["token"]) or "any")
        for path, verbs in told.items()
        for verb, route in verbs.items()
    }
    assert {(row[0], row[1].strip("`")) for row in rows("Routes")} == there


def test_the_table_of_scopes_is_the_one_of_the_code() -> None:
    assert [(row[0].strip("`"), row[1]) for row in rows("Tokens")] == [
        (scope.value, ", ".join(one for one in Permission if one in SCOPE_PERMISSIONS[scope]))
        for scope in Scope
    ]


def test_every_status_of_a_problem_is_documented() -> None:
    told = make_application().openapi()["paths"]
    answered = {
        status
        for verbs in told.values()
        for route in verbs.values()
        for status in route["responses"]
        if status[0] != "2"
    }
    said = {status for row in rows("Problems") for status in row[0].split(", ")}
    assert said == answered | {"405"}


def test_presets_are_those_of_trainings() -> None:
    assert NewRun.model_json_schema()["properties"]["preset"]["enum"] == list(PRESETS)


def test_commands_of_curl_ask_for_routes_that_are_there() -> None:
    told = [*make_application().openapi()["paths"], "/docs", "/openapi.json"]
    patterns = [re.sub(r"\{\w+\}", r"\\d+", path) for path in told]
    asked = [
        word.partition(PREFIX)[2].partition("?")[0]
        for line in re.findall(r"^ {4}(curl .+)$", TEXT, re.MULTILINE)
        for word in shlex.split(line)
        if PREFIX in word
    ]
    assert len(asked) > 4
    assert [one for one in asked if not any(re.fullmatch(each, one) for each in patterns)] == []


def test_the_client_has_what_the_document_calls() -> None:
    called = set(re.findall(r"\bclient\.(\w+)", TEXT)) - {"Client"}
    assert called
    assert [name for name in called if not hasattr(Client, name)] == []


def test_the_sonographer_s_script_has_ten_lines() -> None:
    script, *_ = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    assert len([line for line in script.splitlines() if line]) == 10
