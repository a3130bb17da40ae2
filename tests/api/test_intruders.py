"""Whoever has no token that holds, or none for it, gets nowhere; and the audit tells of each."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
import requests
from sqlalchemy import update

from fetal.api import PREFIX
from fetal.api.application import make_application
from fetal.store.access.api_tables import ApiToken
from fetal.store.access.audit_chain import EventKind
from fetal.store.table_base import now
from fetal.workbench.accounts import audit_trail, people
from fetal.workbench.accounts.sign_ins import digest_of
from fetal.workbench.accounts.tokens import api_tokens
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.actor import system_user
from tests.support.running_api import RunningApi

Tokens = Callable[..., str]


def routes() -> list[tuple[str, str, str]]:
    """Every route as its verb, its address with a number in it, and the scope that it needs."""
    told = make_application().openapi()
    return [
        (verb.upper(), _numbered(path), "".join(route["security"][0]["token"]))
        for path, verbs in told["paths"].items()
        for verb, route in verbs.items()
    ]


def _numbered(path: str) -> str:
    for name in ("scan_id", "number", "annotation_id", "run_id", "model_id", "name"):
        path = path.replace(f"{{{name}}}", "1")
    return path


def ask(api: RunningApi, verb: str, path: str, **headers: str) -> requests.Response:
    # As a program sends it that knows no netrc and no cookie.
    with requests.Session() as session:
        session.trust_env = False
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return session.request(verb, f"{api.address}{PREFIX}{path}", headers=named, timeout=20)


def refusals(api: RunningApi) -> list[str]:
    api.keeper.tell_refusals(now=True)
    lines = audit_trail.newest(api.workbench, (EventKind.REFUSED,), 500)
    return [str(line.detail["what"]) for line in lines]


def test_without_a_token_that_holds_no_route_answers(api: RunningApi, token_of: Tokens) -> None:
    root = api.workbench.acting_as(system_user("root"))
    ended, revoked, closed = (token_of(name) for name in ("ben", "ben", "tom"))
    with api.workbench.store.session() as session:
        gone = update(ApiToken).where(ApiToken.digest == digest_of(ended))
        session.execute(gone.values(ends_at=now() - timedelta(seconds=1)))
    numbers = {one.id: one for one in api_tokens.tokens(root)}
    newest = sorted(numbers)[-3:]
    api_tokens.revoke_token(root, newest[1])
    people.set_disabled(root, "tom", True)
    try:
        ways = {
            "no token": {},
            "no bearer token": {"Authorization": "Basic YW5hOnNldmVuIHF1aWV0IGhlcm9ucw=="},
            "unknown token": {"Authorization": "Bearer fetal_" + "f" * 43},
            f"token {newest[0]}: ended": {"Authorization": f"Bearer {ended}"},
            f"token {newest[1]}: revoked": {"Authorization": f"Bearer {revoked}"},
            f"token {newest[2]}: account closed": {"Authorization": f"Bearer {closed}"},
        }
        for what, headers in ways.items():
            for verb, path, _ in [*routes(), ("GET", "/nothing", ""), ("GET", "/docs", "")]:
                answer = ask(api, verb, path, **headers)
                assert answer.status_code in (401, 429), (what, verb, path)
                assert answer.json()["status"] == answer.status_code
        told = refusals(api)
        assert [what for what in ways if f"API, {what}" not in told] == []
    finally:
        people.set_disabled(root, "tom", False)


def test_a_cookie_opens_nothing(api: RunningApi) -> None:
    from fetal.workbench.accounts.sign_ins import SignIns

    [ben] = [one.id for one in people.people(api.workbench) if one.name == "ben"]
    with api.workbench.store.session() as session:
        cookie = SignIns(api.workbench.store).begin(session, ben, "password", "test")
    answer = ask(api, "GET", "/scans", Cookie=f"fetal-sign-in={cookie}")
    assert answer.status_code == 401
    forged = {"X-Fetal-Sign-In": digest_of(cookie), "X-Fetal-Name": "Ben"}
    assert ask(api, "GET", "/scans", **forged).status_code == 401


def test_a_token_without_the_scope_is_refused_at_every_route(
    api: RunningApi, token_of: Tokens
) -> None:
    for verb, path, scope in routes():
        if not scope:
            continue
        [other] = [one for one in Scope if one.value != scope][:1]
        bearer = f"Bearer {token_of('ben', other)}"
        answer = ask(api, verb, path, Authorization=bearer, Content_Type="application/json")
        # What has a body is looked at after who asks.
        assert answer.status_code == 403, (verb, path, answer.text)
        assert scope in answer.json()["detail"]
    told = refusals(api)
    assert {f"scope {scope}" for _, _, scope in routes() if scope} <= set(told)


@pytest.mark.parametrize(
    ("who", "verb", "path", "body", "what"),
    [
        ("tom", "POST", "/scans/1/annotations", {"label": "brain"}, "label scans"),
        ("tom", "POST", "/quarantine/1/leave-out", None, "bring scans in"),
        ("tom", "GET", "/exports/labels.csv", None, "export scans and labels"),
        ("tom", "POST", "/batches", {"kind": "library"}, "export scans and labels"),
        ("tom", "POST", "/batches", {"kind": "lookalikes"}, "decide on look-alikes"),
        ("ana", "GET", "/batches/1/table", None, "export scans and labels"),
        ("ben", "POST", "/runs", {}, "train a model"),
        ("ben", "POST", "/models/1/promote", {"compare": False}, "let another model predict"),
        ("ben", "POST", "/models/roll-back", {}, "let another model predict"),
    ],
)
def test_a_token_may_do_no_more_than_its_account(
    api: RunningApi,
    token_of: Tokens,
    who: str,
    verb: str,
    path: str,
    body: Mapping[str, str | bool] | None,
    what: str,
) -> None:
    headers = {"Authorization": f"Bearer {token_of(who)}"}
    answer = requests.request(
        verb, f"{api.address}{PREFIX}{path}", json=body, headers=headers, timeout=20
    )
    assert answer.status_code == 403, answer.text
    assert what in answer.json()["detail"]
    assert what in refusals(api)


def test_no_page_of_another_site_makes_a_browser_act(alone: RunningApi) -> None:
    for headers in (
        {"Origin": "http://evil.example", "X-Fetal-Name": "Ana"},
        {"Origin": "null", "X-Fetal-Name": "Ana"},
        {"Sec-Fetch-Site": "cross-site", "X-Fetal-Name": "Ana"},
        # What a form or a script without permission could send.
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ):
        assert ask(alone, "POST", "/runs", **headers).status_code == 403
    assert ask(alone, "GET", "/scans", Sec_Fetch_Site="cross-site").status_code == 403
    assert ask(alone, "GET", "/scans").status_code == 200
    assert {"API, request of another site", "API, request without a name"} <= set(refusals(alone))
    # Who shows a token where there are none made a mistake, and is told.
    assert ask(alone, "GET", "/scans", Authorization="Bearer fetal_x").status_code == 401


def test_a_token_stands_in_the_database_as_a_digest_alone(
    api: RunningApi, token_of: Tokens
) -> None:
    text = token_of("ben")
    raw = b"".join(path.read_bytes() for path in api.workbench.workspace.folder.glob("fetal.db*"))
    assert digest_of(text).encode() in raw
    assert text.encode() not in raw
