"""Statuses: what went wrong, as an answer.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/responsewriters``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kregistry.meta.errors import StatusError
from kregistry.meta.gvk import GroupResource
from kregistry.meta.serverresponse import generic_server_response
from kregistry.meta.status import Status
from kregistry.registry.translate import error_to_status
from kregistry.runtime.codec import Codec
from kregistry.server.documents import written
from kregistry.server.negotiation import JSON, Negotiated, negotiate
from kregistry.server.request import Request
from kregistry.server.response import Response

_NOTHING: Final = GroupResource("", "")
_CODEC: Final = Codec()


def no_route(code: int, said: str = "") -> StatusError:
    """The error of a request that no handler takes: 404, 405 or 415.

    Source: ``serviceErrorHandler`` of ``pkg/server/handler.go``.
    """
    return generic_server_response(code, "", _NOTHING, "", said)


def failure(request: Request, error: StatusError) -> Response:
    """The answer that tells *error*, in the form that *request* accepts.

    If it accepts none, it gets JSON for people to read all the same.
    """
    status = error_to_status(error)
    try:
        form = negotiate(request)
    except StatusError:
        form = Negotiated(media_type=JSON, pretty=True)
    return status_response(status, form, code=status.code, retry_after=error.retry_after)


def status_response(
    status: Status, form: Negotiated, *, code: int, retry_after: int | None = None
) -> Response:
    """*status* as an answer."""
    headers: Iterable[tuple[str, str]] = [("content-type", form.media_type.name)]
    if retry_after is not None:
        headers = [*headers, ("retry-after", str(retry_after))]
    body = written(_CODEC.to_dict(status), form)
    return Response(status=code, headers=headers, body=body)
