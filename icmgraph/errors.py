"""The project's errors, one tree.

    IcmError                    500  exit 1
    +-- InvalidInput            422  exit 2   names the field
    +-- Unauthenticated         401  exit 4
    +-- FunctionRefused         403  exit 4   functions only, never sight
    |   +-- StaffSelector       403  exit 4   one's own or a colleague's identifiers are not registered
    +-- NotFound                404  exit 3   absent and hidden alike
    +-- Conflict                409  exit 2   only about what the caller sees
    +-- PreconditionFailed      412  exit 2   what If-Match named is not what the caller sees now
    +-- Quota                   429  exit 5   too many requests of one person at once
    +-- CheckRequired           428  exit 2   open a case with a receipt or an override
    +-- Unavailable             503  exit 5
    |   +-- GraphUnavailable    503  exit 5   no answer from Neo4j, or not in time
    |   +-- AuditUnavailable    503  exit 5   the record could not be written, so no answer leaves
    +-- OperatorError           500  exit 5   for the person at the server's keyboard, says how to mend it
        +-- AlreadyRunning      500  exit 5
        +-- LockMismatch        500  exit 5   a jar is not the one that was locked

Each class carries the HTTP status, the problem's name and the command line's exit code. Texts are
the project's own: a server's message never becomes one of ours.
"""

from __future__ import annotations

from typing import ClassVar


class IcmError(Exception):
    """Base of all. ``str(error)`` is safe to show to the person who asked."""

    status: ClassVar[int] = 500
    problem: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    @property
    def recorded(self) -> str:
        """How the audit says it: the problem's name, and more where auditors must tell two apart."""
        return self.problem


class InvalidInput(IcmError):
    """Bad input. ``field`` names the place, dotted (``selectors.0.value``)."""

    status = 422
    problem = "invalid_input"
    exit_code = 2

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


class Unauthenticated(IcmError):
    status = 401
    problem = "unauthenticated"
    exit_code = 4

    def __init__(self, message: str = "sign in: the token is missing, expired or not one of ours") -> None:
        super().__init__(message)


class FunctionRefused(IcmError):
    """The person's functions do not include this act."""

    status = 403
    problem = "function_refused"
    exit_code = 4

    def __init__(self, message: str = "your functions do not include this act") -> None:
        super().__init__(message)


class StaffSelector(FunctionRefused):
    """Who registers a colleague's phone, or their own, would learn who is being looked at."""

    def __init__(self) -> None:
        super().__init__("one's own or a colleague's identifiers are not registered; auditors are told")

    @property
    def recorded(self) -> str:
        return f"{self.problem}: staff selector"


class NotFound(IcmError):
    """Absent or hidden: one answer."""

    status = 404
    problem = "not_found"
    exit_code = 3

    def __init__(self) -> None:
        super().__init__("nothing by that id within what you may see")


class Conflict(IcmError):
    status = 409
    problem = "conflict"
    exit_code = 2


class PreconditionFailed(IcmError):
    """``If-Match`` named another representation than the one the caller gets now."""

    status = 412
    problem = "precondition_failed"
    exit_code = 2

    def __init__(self, message: str = "it is not as you read it; read it again") -> None:
        super().__init__(message)


class Quota(IcmError):
    """Too much at once of one person. ``retry_after``: seconds."""

    status = 429
    problem = "quota"
    exit_code = 5

    def __init__(
        self, message: str = "too many requests of yours at once; wait a moment", retry_after: int = 1
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CheckRequired(IcmError):
    status = 428
    problem = "check_required"
    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "opening a case needs the receipt of a check of your own that is still valid "
            "and was not used yet, or an override with a reason"
        )


class Unavailable(IcmError):
    status = 503
    problem = "unavailable"
    exit_code = 5

    def __init__(self, message: str = "not available just now; try again in a moment") -> None:
        super().__init__(message)


class GraphUnavailable(Unavailable):
    """Neo4j did not answer, or not in time."""


class AuditUnavailable(Unavailable):
    """The audit record could not be written; no answer leaves."""


class OperatorError(IcmError):
    """For operators: what is wrong on this machine, and how to mend it."""

    exit_code = 5


class AlreadyRunning(OperatorError):
    """A second start on the same data."""


class LockMismatch(OperatorError):
    """A file is not the one whose digest was locked."""
