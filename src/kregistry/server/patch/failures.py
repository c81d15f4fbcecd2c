"""How a patch fails: the statuses that the API server answers with.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/patch.go`` and
``k8s.io/apimachinery/pkg/util/mergepatch/errors.go``.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.errors import BadRequest, StatusError
from kregistry.meta.gvk import GroupResource
from kregistry.meta.serverresponse import generic_server_response
from kregistry.meta.status import Status
from kregistry.runtime.errors import EncodeError
from kregistry.server.patch.values import LIST, MAP, NIL, fresh, go_text, go_type, json_type


def rejected(problem: str) -> StatusError:
    """422: the patch is well-formed, but cannot be applied to this object.

    Clients are not told why; *problem* is a note on the error, for logs and for those who call
    from Python.
    """
    error = generic_server_response(422, "", GroupResource("", ""), "", problem)
    error.add_note(problem)
    return error


def failed(problem: str) -> StatusError:
    """500 without a reason, which is what a plain Go error becomes on its way to the client."""
    return StatusError(Status(status="Failure", message=problem, code=500))


def undecodable(problem: str, *, introduced: bool = True) -> BadRequest:
    """400: the body of the request is no patch of its type.

    Args:
        problem: What the decoder says.
        introduced: Say first that it was the patch that could not be decoded. The handler of
            strategic merge patches does not.
    """
    return BadRequest(f"error decoding patch: {problem}" if introduced else problem)


def decoded(patch: Any, room: int, *, introduced: bool = True) -> Any:
    """A checked copy of what a client sent as a patch.

    Raises:
        BadRequest: It cannot have come out of a JSON document, or nests deeper than *room*.
    """
    try:
        return fresh(patch, room)
    except EncodeError as error:
        raise undecodable(str(error), introduced=introduced) from None


def decoded_map(patch: Any, room: int, *, introduced: bool = True) -> dict[str, Any] | None:
    """The same for a patch that is an object; None where the client sent ``null``.

    Raises:
        BadRequest: It is neither.
    """
    copy = decoded(patch, room, introduced=introduced)
    if copy is None or isinstance(copy, dict):
        return copy
    raise undecodable(
        f"json: cannot unmarshal {json_type(copy)} into Go value of type {MAP}",
        introduced=introduced,
    )


def bad_type(expected: str, actual: Any) -> StatusError:
    """Something in a strategic merge patch is of the wrong type.

    Source: ``mergepatch.ErrBadArgType``.
    """
    found = go_type(actual)
    return failed(
        f"expected a {expected}, but received a {'%!s(<nil>)' if found == NIL else found}"
    )


def not_a_map(actual: Any) -> StatusError:
    """An item of a list of maps is none."""
    return bad_type(MAP, actual)


def not_a_list(actual: Any) -> StatusError:
    """The value of a list is none."""
    return bad_type(LIST, actual)


def no_merge_key(item: dict[str, Any], merge_key: str) -> StatusError:
    """An item of a merged list lacks what it would be found by.

    Source: ``mergepatch.ErrNoMergeKey``.
    """
    return failed(f"map: {go_text(item)} does not contain declared merge key: {merge_key}")


def unknown_directive(directive: Any, patch: dict[str, Any]) -> StatusError:
    """``$patch`` says something else than it may.

    Source: ``mergepatch.ErrBadPatchType``.
    """
    return failed(f"unknown patch type: {go_text(directive, 's')} in map: {go_text(patch)}")


def not_comparable(value: Any) -> BadRequest:
    """Items of a list would have to be told apart by something that is no scalar.

    The API server panics here and answers 500.
    """
    return BadRequest(f"items of merged lists are compared by scalars, found a {go_type(value)}")
