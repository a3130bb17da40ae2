"""The REST API: what the pages do, for programs.

`application.make_application` builds it. FastAPI is imported there and in `routes`, not here: the
app imports it at the first request, and `fetal.client` only needs `records`.

docs/api.md describes every route, which a test compares.
"""

PREFIX = "/api/v1"
"""Where the app serves it."""

PAGES = ("/docs", "/openapi.json")
"""What a signed-in browser may look at without a token: the reference, and what it is made of."""

PROBLEM_TYPE = "application/problem+json"
"""The form in which the API tells why it did not carry out a request (RFC 9457)."""
