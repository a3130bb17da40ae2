"""Who asks, as routes name it: each by the scope that its token needs."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer, SecurityScopes

from fetal.api.services import Caller
from fetal.store.access.audit_chain import EventKind
from fetal.workbench.accounts.tokens.scopes import Scope
from fetal.workbench.core.workbench import Workbench

_BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token as “fetal user token add” makes it. Without accounts, none is needed.",
)


class ScopeMissingError(PermissionError):
    """A token may not be used for this."""

    def __init__(self, missing: str, held: list[str]) -> None:
        super().__init__(
            f"Expected a token with the scope “{missing}”, received one with "
            f"{', '.join(held)}. Ask your administrator for a token with that scope."
        )


def caller(
    request: Request, needed: SecurityScopes, _shown: Annotated[object, Depends(_BEARER)]
) -> Caller:
    """Return who asks; the gate before has looked the token up.

    Args:
        request: the request.
        needed: the scopes that the route names.

    Raises:
        ScopeMissingError: the token has not all of them; the audit tells of it.
    """
    found: Caller = request.state.caller
    if found.token is not None:
        for scope in needed.scopes:
            if scope not in found.token.scopes:
                _tell(found.workbench, scope, found.token.id)
                raise ScopeMissingError(scope, sorted(found.token.scopes))
    return found


def _tell(workbench: Workbench, scope: str, token: int) -> None:
    with workbench.store.session() as session:
        workbench.tell(session, EventKind.REFUSED, what=f"scope {scope}", token=token)


Anyone = Annotated[Caller, Security(caller)]
Reader = Annotated[Caller, Security(caller, scopes=[Scope.READ.value])]
Sender = Annotated[Caller, Security(caller, scopes=[Scope.ADD.value])]
Labeller = Annotated[Caller, Security(caller, scopes=[Scope.LABEL.value])]
Trainer = Annotated[Caller, Security(caller, scopes=[Scope.TRAIN.value])]
Promoter = Annotated[Caller, Security(caller, scopes=[Scope.PROMOTE.value])]
JobStarter = Annotated[Caller, Security(caller, scopes=[Scope.JOBS.value])]
Exporter = Annotated[Caller, Security(caller, scopes=[Scope.EXPORT.value])]
