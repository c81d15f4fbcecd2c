"""Answers of a server that did not say what was wrong, as errors of the API.

A kubelet, a proxy or a server that fell over answers with a code and some text. Here that
becomes the error that a client of the API expects.

Source: ``k8s.io/apimachinery/pkg/api/errors.NewGenericServerResponse``.
"""

from __future__ import annotations

from typing import Final

from kregistry.meta.errors import StatusError
from kregistry.meta.goformat import quote
from kregistry.meta.gvk import GroupResource
from kregistry.meta.status import Status, StatusCause, StatusDetails

#: Reason and message by code. An empty message stands for what the server said.
_KNOWN: Final = {
    400: ("BadRequest", "the server rejected our request for an unknown reason"),
    401: ("Unauthorized", "the server has asked for the client to provide credentials"),
    403: ("Forbidden", ""),
    404: ("NotFound", "the server could not find the requested resource"),
    405: ("MethodNotAllowed", "the server does not allow this method on the requested resource"),
    406: ("NotAcceptable", ""),
    409: ("Conflict", "the server reported a conflict"),
    415: ("UnsupportedMediaType", ""),
    422: ("Invalid", "the server rejected our request due to an error in our request"),
    429: (
        "TooManyRequests",
        "the server has received too many requests and has asked us to try again later",
    ),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
    504: (
        "Timeout",
        "the server was unable to return a response in the time allotted, but may still be "
        "processing the request",
    ),
}

_NOT_ACCEPTABLE: Final = (
    "the server was unable to respond with a content type that the client supports"
)


def generic_server_response(
    code: int,
    verb: str,
    resource: GroupResource,
    name: str,
    said: str,
    *,
    retry_after: int = 0,
    unexpected: bool = False,
) -> StatusError:
    """The error for an answer that is no Status.

    Args:
        code: HTTP status of the answer.
        verb: What was asked for, such as ``GET``.
        resource: Of which resource; an empty one leaves it out of the message.
        name: Of which object, "" for none.
        said: What the server said.
        retry_after: Seconds after which it said to try again, 0 if it did not.
        unexpected: Add what it said as a cause.
    """
    reason, message = _reason_and_message(code, verb, said)
    asked = " ".join(part for part in (verb.lower(), str(resource), name) if part)
    if resource.resource or resource.group:
        message = f"{message} ({asked})"
    causes = [StatusCause(reason="UnexpectedServerResponse", message=said)] if unexpected else []
    details = StatusDetails(
        group=resource.group,
        kind=resource.resource,
        name=name,
        causes=causes,
        retry_after_seconds=retry_after,
    )
    return StatusError.from_status(
        Status(status="Failure", message=message, reason=reason, code=code, details=details)
    )


def _reason_and_message(code: int, verb: str, said: str) -> tuple[str, str]:
    if code == 409 and verb.upper() == "POST":
        return "AlreadyExists", _KNOWN[code][1]
    if code in _KNOWN:
        reason, message = _KNOWN[code]
        return reason, message or said or (_NOT_ACCEPTABLE if code == 406 else "")
    if code >= 500:
        told = f"an error on the server ({quote(said)}) has prevented the request from succeeding"
        return "InternalError", told
    return "", (
        f"the server responded with the status code {code} but did not return more information"
    )
