"""Problems (RFC 9457): the one place where errors become answers.

A problem's text is the project's own; nothing of the request's values, of the graph's or of the audit store's
messages passes.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from icmgraph.errors import AuditUnavailable, IcmError, InvalidInput, NotFound, Unauthenticated, Unavailable
from icmgraph.model.answers import Answer
from icmgraph.model.wrong import dotted, message

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:icmgraph:problem:"

TITLES = {
    "invalid_input": "The request is not well formed",
    "unauthenticated": "Sign in",
    "function_refused": "Not among your functions",
    "not_found": "Not found",
    "method_not_allowed": "Not a method of this address",
    "conflict": "Not as things stand",
    "precondition_failed": "Not as you read it",
    "quota": "Too much at once",
    "check_required": "A check comes first",
    "unavailable": "Not available just now",
    "internal": "A fault of ours",
}
"""Title of each problem, by its name."""

SHOWN = 5
"""Wrong fields that one problem names."""


class Problem(Answer):
    """An error. ``type`` tells programs which; ``detail`` tells people what to do."""

    type: str = Field(description=f"{TYPE}<name>", examples=[f"{TYPE}not_found"])
    title: str
    status: int
    detail: str
    field: str | None = Field(None, description="Where the input is wrong, dotted: selectors.0.value")


def answer(
    name: str, status: int, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    content = {"type": TYPE + name, "title": TITLES[name], "status": status, "detail": detail}
    if field is not None:
        content["field"] = field
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def of(error: IcmError) -> Response:
    """The answer to an error of ours."""
    if error.status == 500:
        return internal(error)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}
    if (seconds := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(seconds)
    if isinstance(error, AuditUnavailable):
        # Its text is for operators.
        log.error("no answer left: %s", error)
        error = Unavailable()
    return answer(error.problem, error.status, str(error), getattr(error, "field", None), headers)


def internal(error: BaseException, where: str = "-") -> Response:
    """The one answer to a fault. The log gets what failed and where in the code, never a text: it may quote input."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s at %s\n%s", type(error).__name__, where, frames)
    return answer("internal", 500, "this should not have happened; operators find it in the log")


def plain() -> Response:
    """The answer to who reached the proxy without TLS: their token has travelled in the clear."""
    return answer(InvalidInput.problem, 403, "come by https; the token you sent should be replaced")


async def on_icm_error(_: Request, error: IcmError) -> Response:
    return of(error)


async def on_invalid_request(_: Request, error: RequestValidationError) -> Response:
    """Names the fields that are wrong, and never their values."""
    wrong = [(_place(one["loc"]), message(one)) for one in error.errors()]
    said = [f"{field}: {text}" if field else text for field, text in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        said.append(f"and {len(wrong) - SHOWN} more")
    return answer(InvalidInput.problem, InvalidInput.status, "; ".join(said), wrong[0][0] or None)


async def on_http_error(_: Request, error: HTTPException) -> Response:
    """What the framework refuses by itself: unknown addresses, wrong methods, bodies that cannot be read."""
    if error.status_code == 404:
        return of(NotFound())
    if error.status_code == 405:
        return answer("method_not_allowed", 405, "this address has other methods", headers=error.headers)
    if error.status_code in (408, 413, 415):
        return answer(InvalidInput.problem, error.status_code, error.detail)
    if error.status_code < 500:
        return of(InvalidInput("the body cannot be read as JSON"))
    return internal(error)


def _place(loc: tuple[int | str, ...]) -> str:
    """Without the part of the request it is in (``body``)."""
    if loc[1:] and loc[0] == "body" and isinstance(loc[1], int):
        return ""  # a position in the text of what is not JSON
    return dotted(loc[1:])
