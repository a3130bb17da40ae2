"""Who asks: what a token is, and what may be done with it."""

from fastapi import APIRouter

from fetal.api.callers import Anyone
from fetal.api.problems import documented
from fetal.api.records.shared_records import Me

router = APIRouter(tags=["identity"], responses=documented())


@router.get("/me")
def me(caller: Anyone) -> Me:
    """Tell who asks, and what may be done now."""
    token = caller.token
    return Me(
        name=caller.person,
        permissions=sorted(caller.workbench.actor.permissions),
        token=token.name if token else None,
        scopes=sorted(token.scopes) if token else [],
        ends_at=token.ends_at if token else None,
    )
