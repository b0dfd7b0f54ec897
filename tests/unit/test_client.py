"""What the client makes of answers, of problems, and of what is no API at all. The transport stands for the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from icmgraph import errors
from icmgraph.client import PROBLEM, Client
from icmgraph.errors import IcmError, InvalidInput, Unavailable
from icmgraph.model.checks import CheckInput, Selector
from icmgraph.model.records import DocumentChange

TOKEN = "an.invented.token"
PHONE = "+1 202 555 0143"
ID = "11111111-1111-4111-8111-111111111111"
ME = {"id": ID, "name": "Al", "user_class": "agent", "functions": [], "contact": "-", "units": []}
QUESTION = CheckInput(selectors=(Selector.model_validate({"kind": "phone", "value": PHONE}),), reason="a test")


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    return Client("http://127.0.0.1:1", TOKEN, transport=httpx.MockTransport(answer))


def _always(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: answer


def problem(name: str, status: int, detail: str = "why", **more: Any) -> httpx.Response:
    return httpx.Response(
        status, json={"type": PROBLEM + name, "title": "t", "status": status, "detail": detail, **more}
    )


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("invalid_input", errors.InvalidInput, "why"),
        ("unauthenticated", errors.Unauthenticated, "why"),
        ("function_refused", errors.FunctionRefused, "why"),
        ("not_found", errors.NotFound, "within what you may see"),
        ("conflict", errors.Conflict, "why"),
        ("check_required", errors.CheckRequired, "receipt"),
        ("unavailable", errors.Unavailable, "why"),
        ("precondition_failed", errors.PreconditionFailed, "why"),
        ("quota", errors.Quota, "why"),
        ("internal", IcmError, "why"),
        ("one of a later version", IcmError, "why"),
    ],
)
def test_a_problem_is_the_error_it_was(name: str, error: type[IcmError], text: str) -> None:
    with client(lambda _: problem(name, error.status)) as api, pytest.raises(error, match=text) as raised:
        api.me()
    assert type(raised.value) is error


def test_every_error_that_leaves_the_api_has_its_class_here() -> None:
    def below(kind: type[IcmError]) -> set[type[IcmError]]:
        return {kind}.union(*(below(one) for one in kind.__subclasses__()))

    for kind in below(IcmError) - below(errors.OperatorError):
        refused = problem(kind.problem, kind.status)
        with client(_always(refused)) as api, pytest.raises(IcmError) as raised:
            api.me()
        assert raised.value.exit_code == kind.exit_code


def test_the_field_is_named_once() -> None:
    refused = problem("invalid_input", 422, "selectors.0.value: is empty", field="selectors.0.value")
    with client(lambda _: refused) as api, pytest.raises(InvalidInput) as raised:
        api.check(QUESTION)
    assert str(raised.value) == "selectors.0.value: is empty"
    assert raised.value.field == "selectors.0.value"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<p>hello"),
        httpx.Response(200, json={"hello": 1}),
        httpx.Response(502, html="<p>bad gateway"),
        httpx.Response(500, json=["type"]),
        httpx.Response(302, headers={"Location": "http://elsewhere.example"}),
    ],
)
def test_a_stranger_at_the_address_is_unavailable(answer: httpx.Response) -> None:
    with client(lambda _: answer) as api, pytest.raises(Unavailable, match="not this version of the API"):
        api.me()


@pytest.mark.parametrize(
    ("ask", "tries"),
    [
        (lambda api: api.me(), 2),
        (lambda api: api.case(ID), 2),
        (lambda api: api.check(QUESTION), 2),
        (lambda api: api.close_case(ID), 2),
        (lambda api: api.unassign(ID, ID), 2),
        (lambda api: api.search(QUESTION.selectors), 2),
    ],
)
@pytest.mark.parametrize("failure", [httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError])
def test_all_is_tried_again_once_and_a_write_with_one_key(
    ask: Callable[[Client], object], tries: int, failure: type[httpx.TransportError]
) -> None:
    seen = []

    def fail(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise failure("what the network said", request=request)

    with client(fail) as api, pytest.raises(Unavailable) as raised:
        ask(api)
    assert len(seen) == tries
    keys = {request.headers.get("idempotency-key") for request in seen}
    assert len(keys) == 1
    assert (keys == {None}) == (seen[0].method == "GET")
    assert TOKEN not in str(raised.value)
    assert PHONE not in str(raised.value)
    assert "what the network said" not in str(raised.value)


def test_a_get_that_works_the_second_time_works() -> None:
    failures = [httpx.ConnectError("no")]

    def answer(_: httpx.Request) -> httpx.Response:
        if failures:
            raise failures.pop()
        return httpx.Response(200, json=ME)

    with client(answer) as api:
        assert api.me().name == "Al"


def test_time_out() -> None:
    def late(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late")

    with client(late) as api, pytest.raises(Unavailable, match="in time"):
        api.me()


def test_what_is_said_is_what_is_sent() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"id": ID})

    with client(answer) as api:
        api.change_document(ID, DocumentChange(case=ID, location=None))
    request = seen[0]
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.content.replace(b" ", b"") == f'{{"case":"{ID}","location":null}}'.encode()
    with client(answer) as api:
        api.open_to(ID, ["\ud800"])
    assert seen[-1].content == b'{"units": ["\\ud800"]}'


@pytest.mark.parametrize("text", [PHONE, "", "../../v1/me", "ABCDEF11" + ID[8:], f"{ID}/end", f"{ID}\n", "?", "\ud800"])
def test_what_is_no_id_never_gets_into_an_address(text: str) -> None:
    def never(request: httpx.Request) -> httpx.Response:
        pytest.fail("it was sent")

    with client(never) as api:
        for ask in (api.case, api.subject, api.acknowledge, api.close_case, api.case_file):
            with pytest.raises(InvalidInput) as raised:
                ask(text)
            assert not text or text not in str(raised.value)
        with pytest.raises(InvalidInput):
            api.unsame(text, ID)
        for opaque in (api.cases, api.receipt):
            with pytest.raises(InvalidInput):
                opaque(text + "/")


@pytest.mark.parametrize(
    "address",
    [
        "", "127.0.0.1:8700", "ftp://127.0.0.1", "http://", "http://icm.example.com", "http://10.0.0.1",
        "https://al:secret@icm.example.com", "https://icm.example.com/?a=b", "https://icm.example.com/#a",
        "http://127.0.0.1.example.com",
    ],
)  # fmt: skip
def test_a_token_goes_by_https_or_stays_on_this_machine(address: str) -> None:
    with pytest.raises(InvalidInput, match="base_url") as raised:
        Client(address, TOKEN)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["https://icm.example.com", "https://icm.example.com/icm/", "http://localhost:8700", "http://[::1]:8700"]
)
def test_addresses(address: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == address.rstrip("/") + "/v1/me"
        return httpx.Response(200, json=ME)

    with Client(address, TOKEN, transport=httpx.MockTransport(answer)) as api:
        api.me()
