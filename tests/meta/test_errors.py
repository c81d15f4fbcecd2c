"""API errors carry the Status that the API server would send."""

from __future__ import annotations

import pickle

import pytest

from kregistry.meta import errors
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupKind, GroupResource
from kregistry.meta.status import Status, StatusCause, StatusDetails

PODS = GroupResource("", "pods")
DEPLOYMENTS = GroupResource("apps", "deployments")

CASES = [
    (errors.NotFound(PODS, "web"), 404, "NotFound", 'pods "web" not found'),
    (
        errors.NotFound(DEPLOYMENTS, "web"),
        404,
        "NotFound",
        'deployments.apps "web" not found',
    ),
    (errors.AlreadyExists(PODS, "web"), 409, "AlreadyExists", 'pods "web" already exists'),
    (
        errors.GenerateNameConflict(PODS, "web"),
        409,
        "AlreadyExists",
        'pods "web" already exists, the server was not able to generate a unique name for '
        "the object",
    ),
    (errors.Unauthorized(), 401, "Unauthorized", "not authorized"),
    (errors.Unauthorized("who"), 401, "Unauthorized", "who"),
    (
        errors.Forbidden(PODS, "web", "no"),
        403,
        "Forbidden",
        'pods "web" is forbidden: no',
    ),
    (errors.Forbidden(PODS, "", "no"), 403, "Forbidden", "pods is forbidden: no"),
    (
        errors.Forbidden(GroupResource("", ""), "x", "no"),
        403,
        "Forbidden",
        "forbidden: no",
    ),
    (
        errors.Conflict(PODS, "web", "stale"),
        409,
        "Conflict",
        'Operation cannot be fulfilled on pods "web": stale',
    ),
    (errors.Gone("gone"), 410, "Gone", "gone"),
    (errors.Expired("old"), 410, "Expired", "old"),
    (errors.BadRequest("what"), 400, "BadRequest", "what"),
    (errors.TooManyRequests("slow", 3), 429, "TooManyRequests", "slow"),
    (errors.ServiceUnavailable("later"), 503, "ServiceUnavailable", "later"),
    (
        errors.MethodNotSupported(PODS, "dance"),
        405,
        "MethodNotAllowed",
        'dance is not supported on resources of kind "pods"',
    ),
    (
        errors.ServerTimeout(PODS, "get", 2),
        500,
        "ServerTimeout",
        "The get operation against pods could not be completed at this time, please try again.",
    ),
    (
        errors.InternalError("bang"),
        500,
        "InternalError",
        "Internal error occurred: bang",
    ),
    (errors.Timeout("slow", 1), 504, "Timeout", "Timeout: slow"),
    (
        errors.TooLargeResourceVersion(9, 3),
        504,
        "Timeout",
        "Timeout: Too large resource version: 9, current: 3",
    ),
    (
        errors.RequestEntityTooLarge("3 MB"),
        413,
        "RequestEntityTooLarge",
        "Request entity too large: 3 MB",
    ),
    (errors.NotAcceptable("no"), 406, "NotAcceptable", "no"),
    (errors.UnsupportedMediaType("no"), 415, "UnsupportedMediaType", "no"),
    (errors.InsufficientStorage("full"), 507, "InsufficientStorage", "full"),
]


@pytest.mark.parametrize(
    ("error", "code", "reason", "message"), CASES, ids=[type(case[0]).__name__ for case in CASES]
)
def test_an_error_is_told_as_the_api_tells_it(
    error: errors.StatusError, code: int, reason: str, message: str
) -> None:
    status = error.status
    assert (status.status, status.code, status.reason) == ("Failure", code, reason)
    assert status.message == str(error) == message


@pytest.mark.parametrize(
    "error", [case[0] for case in CASES], ids=[type(case[0]).__name__ for case in CASES]
)
def test_an_error_survives_pickling_and_comes_back_from_its_status(
    error: errors.StatusError,
) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert again.status == error.status
    received = errors.StatusError.from_status(error.status)
    assert isinstance(error, type(received))
    assert received.status is error.status


def test_details_name_resource_object_and_delay() -> None:
    assert errors.NotFound(DEPLOYMENTS, "web").details == StatusDetails(
        group="apps", kind="deployments", name="web"
    )
    assert errors.ServerTimeout(PODS, "get", 2).details == StatusDetails(
        kind="pods", name="get", retry_after_seconds=2
    )
    assert errors.BadRequest("x").status.details is None
    assert errors.BadRequest("x").details == StatusDetails()


def test_invalid_has_a_cause_for_every_error_although_the_message_tells_each_once() -> None:
    errs = ErrorList().required(Path("spec")).required(Path("spec")).invalid(Path("a"), 1, "no")
    error = errors.Invalid(GroupKind("shop.example", "Widget"), "anvil", errs)
    assert str(error) == (
        'Widget.shop.example "anvil" is invalid: [spec: Required value, a: Invalid value: 1: no]'
    )
    assert error.status.code == 422
    assert error.details.kind == "Widget"
    assert error.details.causes == [
        StatusCause(reason="FieldValueRequired", message="Required value", field="spec"),
        StatusCause(reason="FieldValueRequired", message="Required value", field="spec"),
        StatusCause(reason="FieldValueInvalid", message="Invalid value: 1: no", field="a"),
    ]
    assert error.errors == errs


def test_invalid_without_errors_says_no_more_than_that() -> None:
    assert str(errors.Invalid(GroupKind("", "Pod"), "x", ErrorList())) == 'Pod "x" is invalid'


def test_invalid_that_came_over_a_wire_has_no_field_errors_but_causes() -> None:
    errs = ErrorList().required(Path("spec"))
    sent = errors.Invalid(GroupKind("", "Pod"), "x", errs)
    received = errors.StatusError.from_status(sent.status)
    assert isinstance(received, errors.Invalid)
    assert received.errors == []
    assert received.details.causes


def test_expired_carries_a_token_to_go_on_with() -> None:
    error = errors.Expired("too old", "token")
    assert error.continue_token == "token"
    assert error.status.metadata.continue_ == "token"


def test_a_version_from_the_future_is_a_timeout_with_its_own_cause() -> None:
    error = errors.TooLargeResourceVersion(9, 3, retry_after=1)
    assert isinstance(error, errors.Timeout)
    assert [cause.reason for cause in error.details.causes] == ["ResourceVersionTooLarge"]
    assert isinstance(errors.StatusError.from_status(error.status), errors.TooLargeResourceVersion)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.ServerTimeout(PODS, "get", 2), 2),
        (errors.ServerTimeout(PODS, "get", 0), 0),
        (errors.TooManyRequests("x", 7), 7),
        (errors.TooManyRequests("x", 0), None),
        (errors.BadRequest("x"), None),
    ],
)
def test_retry_after_is_told_where_waiting_helps(
    error: errors.StatusError, seconds: int | None
) -> None:
    assert error.retry_after == seconds


def test_a_status_without_reason_is_known_by_its_code() -> None:
    made = errors.StatusError.from_status(Status(status="Failure", code=404, message="x"))
    assert isinstance(made, errors.NotFound)
    assert type(errors.StatusError.from_status(Status(code=409))) is errors.StatusError
    assert type(errors.StatusError.from_status(Status(reason="Odd", code=404))) is (
        errors.StatusError
    )


def test_every_error_is_told_in_the_map_of_the_module() -> None:
    kinds = {
        value
        for name, value in vars(errors).items()
        if isinstance(value, type)
        and issubclass(value, errors.StatusError)
        and not name.startswith("_")
    }
    assert errors.__doc__ is not None
    assert all(kind.__name__ in errors.__doc__ for kind in kinds)


def test_a_conflict_of_managers_lists_their_fields() -> None:
    causes = [StatusCause(reason="FieldManagerConflict", message="m", field=".data")]
    error = errors.Conflict.between_managers("Apply failed", causes)
    assert (str(error), error.status.code) == ("Apply failed", 409)
    assert error.details.causes == causes
