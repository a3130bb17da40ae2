"""What the API is given by the process that serves it, and who asks it."""

from collections.abc import Callable
from dataclasses import dataclass

from fetal.workbench import Workbench
from fetal.workbench.accounts.browser_sessions import BrowserSessions
from fetal.workbench.accounts.gatekeeper import Gatekeeper
from fetal.workbench.accounts.tokens.api_tokens import TokenUse
from fetal.workbench.ingest.quarantine import Quarantine


@dataclass(frozen=True)
class Services:
    """What the API works with; each is asked for when it is needed first.

    Attributes:
        workbench: gives the open workbench, in nobody's hands.
        keeper: gives what knows whether there are accounts, and what tells the audit of refusals.
        sessions: gives what keeps scans that wait.
        watch: sees to it that the audit is told of refusals from now on.
    """

    workbench: Callable[[], Workbench]
    keeper: Callable[[], Gatekeeper]
    sessions: Callable[[], BrowserSessions]
    watch: Callable[[], None]


@dataclass(frozen=True)
class Caller:
    """Whoever sends a request.

    Attributes:
        workbench: the workbench in the caller's hands.
        name: the name that was given with the request; an account's own name comes before it.
        token: the token; None where there are no accounts.
        services: what the API works with.
    """

    workbench: Workbench
    name: str
    token: TokenUse | None
    services: Services

    @property
    def key(self) -> str:
        """Who it is, among all that ask: an account, or a name where there are no accounts."""
        account = self.workbench.actor.account_id
        return f"API, account {account}" if account is not None else f"API, {self.name}"

    @property
    def person(self) -> str:
        """The name that stands with what is done."""
        return self.workbench.actor.name or self.name

    def quarantine(self) -> Quarantine:
        """Return where this caller's scans wait; what was erased since is let go of before."""
        sessions = self.services.sessions()
        found = sessions.of(self.key).desk.quarantine
        sessions.heed_erasures()
        return found
