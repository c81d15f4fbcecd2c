"""LogREST: what a container wrote.

Source: ``pkg/registry/core/pod/rest/log.go``, ``registry/generic/rest/streamer.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kregistry.core.pod.connectoptions import require_options
from kregistry.core.pod.kubelet import KubeletError
from kregistry.core.pod.locations import Locator
from kregistry.core.pod.streams import ByteStream, FixedBytes
from kregistry.core.v1 import PodLogOptions
from kregistry.meta.context import Context
from kregistry.meta.errors import BadRequest, InternalError, StatusError
from kregistry.meta.gvk import GroupResource
from kregistry.meta.status import Status, StatusCause, StatusDetails

_LOGS: Final = GroupResource("", "pods/log")


class LogREST:
    """Reads the logs of containers.

    Args:
        locator: Finds them.
    """

    def __init__(self, locator: Locator) -> None:
        self._locator = locator

    def get(self, ctx: Context, name: str, options: PodLogOptions | None = None) -> ByteStream:
        """The log of one container of the Pod.

        Returns:
            A stream, which the caller closes. It is empty as long as the Pod has no node.

        Raises:
            Invalid: The options contradict each other (422).
            NotFound: There is no such Pod (404).
            BadRequest: It has no such container, or several and none was named (400).
            ServiceUnavailable: There is no connector (503).
        """
        options = require_options(
            PodLogOptions, options if options is not None else PodLogOptions(), name
        )
        location = self._locator.log(ctx, name, options)
        if location is None:
            return FixedBytes()
        with translating(_LOGS, name):
            return self._locator.connector.logs(ctx, location, options)

    def produces_mime_types(self, verb: str) -> tuple[str, ...]:
        """What the answer to a request is, besides the forms of objects."""
        return ("text/plain",) if verb == "GET" else ()

    def new_get_options(self) -> PodLogOptions:
        """Options that ask for the whole log."""
        return PodLogOptions()


@contextmanager
def translating(resource: GroupResource, name: str) -> Iterator[None]:
    """Turn what a kubelet said into what a client is told.

    Source: ``GenericHttpResponseChecker``.
    """
    try:
        yield
    except KubeletError as error:
        raise _translated(error, resource, name) from error


def _translated(error: KubeletError, resource: GroupResource, name: str) -> StatusError:
    if error.code == 500:
        return InternalError(error.message)
    if error.code == 400:
        return BadRequest(error.message)
    made = StatusError(Status(code=error.code))
    reason = StatusError.from_status(made.status).reason
    message = f"the server responded with the status code {error.code} ({resource} {name})"
    details = StatusDetails(
        group=resource.group,
        kind=resource.resource,
        name=name,
        causes=[StatusCause(reason="UnexpectedServerResponse", message=error.message)],
    )
    return StatusError.from_status(
        Status(
            status="Failure",
            code=error.code,
            reason=reason,
            message=message,
            details=details,
        )
    )
