from __future__ import annotations

import pytest

from kregistry.meta import (
    AlreadyExists,
    Conflict,
    GroupResource,
    InternalError,
    NotAcceptable,
    NotFound,
    StatusError,
    TooManyRequests,
    generic_server_response,
)

PODS = GroupResource("", "pods")
NOTHING = GroupResource("", "")


@pytest.mark.parametrize(
    ("code", "verb", "kind", "message"),
    [
        (409, "POST", AlreadyExists, "the server reported a conflict (post pods web)"),
        (409, "PUT", Conflict, "the server reported a conflict (put pods web)"),
        (404, "GET", NotFound, "the server could not find the requested resource (get pods web)"),
        (403, "GET", StatusError, "no way (get pods web)"),
        (406, "GET", NotAcceptable, "no way (get pods web)"),
        (
            500,
            "GET",
            InternalError,
            'an error on the server ("no way") has prevented the request from succeeding '
            "(get pods web)",
        ),
        (
            418,
            "GET",
            StatusError,
            "the server responded with the status code 418 but did not return more information "
            "(get pods web)",
        ),
    ],
)
def test_each_code_becomes_the_error_that_clients_know(
    code: int, verb: str, kind: type[StatusError], message: str
) -> None:
    error = generic_server_response(code, verb, PODS, "web", "no way")
    assert isinstance(error, kind)
    assert (error.status.code, str(error)) == (code, message)
    assert (error.details.kind, error.details.name) == ("pods", "web")


def test_without_a_name_or_resource_the_message_leaves_them_out() -> None:
    assert str(generic_server_response(404, "GET", PODS, "", "")).endswith("resource (get pods)")
    assert str(generic_server_response(404, "GET", NOTHING, "", "")).endswith("resource")


def test_what_the_server_said_is_a_cause_when_nobody_expected_it() -> None:
    error = generic_server_response(
        429, "GET", PODS, "web", "slow\ndown", retry_after=7, unexpected=True
    )
    assert isinstance(error, TooManyRequests)
    assert error.retry_after == 7
    (cause,) = error.details.causes
    assert (cause.reason, cause.message) == ("UnexpectedServerResponse", "slow\ndown")


def test_a_server_that_cannot_serve_the_type_says_so_in_the_usual_words() -> None:
    error = generic_server_response(406, "GET", NOTHING, "", "")
    assert str(error) == (
        "the server was unable to respond with a content type that the client supports"
    )


def test_too_much_is_told_without_advice() -> None:
    error = TooManyRequests.of("watches")
    assert (str(error), error.status.details) == ("Too many requests: watches", None)
