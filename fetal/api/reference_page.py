"""The reference of the API as a page without scripts: what Swagger's page shows, but offline."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

_PAGE = Path(__file__).with_name("reference.html.jinja")


def add_to(application: FastAPI) -> None:
    """Have an application show its reference under `/docs`."""
    template = Environment(autoescape=True).from_string(_PAGE.read_text(encoding="utf-8"))

    async def show(request: Request) -> HTMLResponse:
        told = application.openapi()
        base = str(request.scope.get("root_path", ""))
        return HTMLResponse(template.render(about=told["info"], routes=_routes(told), base=base))

    application.add_route("/docs", show, methods=["GET"], include_in_schema=False)


def _routes(told: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every route by its subject, in the order in which they were added."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, verbs in told["paths"].items():
        for verb, route in verbs.items():
            found.setdefault(route["tags"][0], []).append(
                {
                    "verb": verb.upper(),
                    "path": path,
                    "words": route.get("description", ""),
                    "scope": ", ".join(route["security"][0]["token"]) or "any",
                    "parameters": route.get("parameters", []),
                    "body": _record(route.get("requestBody", {})),
                    "answers": {
                        status: _record(answer) for status, answer in route["responses"].items()
                    },
                }
            )
    return found


def _record(part: dict[str, Any]) -> str:
    """The name of the record that a body or an answer is, or its media type."""
    for kind, content in part.get("content", {}).items():
        reference = str(content.get("schema", {}).get("$ref", ""))
        return reference.rpartition("/")[2] or str(kind)
    return ""
