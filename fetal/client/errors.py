"""What can go wrong between a program and the app."""

from fetal.api.records.shared_records import Problem


class NotReachedError(ConnectionError):
    """The app did not answer."""

    def __init__(self, address: str, reason: Exception) -> None:
        super().__init__(
            f"Expected the app at {address}, received no answer ({type(reason).__name__}). Check "
            "the address, and that the app runs."
        )


class ApiError(RuntimeError):
    """The app did not carry a request out; the text says why and what to do.

    Attributes:
        status: the HTTP status, such as 404.
        problem: what it answered.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.status = problem.status
        self.problem = problem
