"""Bodies of requests and answers."""

from __future__ import annotations

from typing import Any, Final

from kregistry.server.discovery.document import JSON
from kregistry.server.openapi.schemas import META, PREFIX

STATUS: Final = f"{META}Status"
PATCH: Final = f"{META}Patch"
DELETE_OPTIONS: Final = f"{META}DeleteOptions"
WATCH_EVENT: Final = f"{META}WatchEvent"

#: Types that verbs send or answer whatever the kind.
COMMON: Final = {
    "list": WATCH_EVENT,
    "patch": PATCH,
    "delete": DELETE_OPTIONS,
    "deletecollection": DELETE_OPTIONS,
}

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH: Final = "application/strategic-merge-patch+json"

_WATCH: Final = f"{JSON};stream=watch"
_FAILURE: Final = {"$ref": "#/components/responses/Status"}
_UNAUTHORIZED: Final = {"description": "Unauthorized"}
_TEXTS: Final = {200: "OK", 201: "Created", 202: "Accepted"}

#: Answers that operations share.
RESPONSES: Final = {
    "Status": {
        "description": "Why the request failed.",
        "content": {JSON: {"schema": {"$ref": PREFIX + STATUS}}},
    }
}


def reference(name: str) -> dict[str, Any]:
    """A schema that is the type of that name."""
    return {"$ref": PREFIX + name}


def request_body(name: str, *, required: bool = True) -> dict[str, Any]:
    """A body that is an object of a type."""
    body: dict[str, Any] = {"content": {JSON: {"schema": reference(name)}}}
    return {**body, "required": True} if required else body


def patch_body(*, strategic: bool) -> dict[str, Any]:
    """A patch in any of the forms that the server takes.

    kubectl reads from the types in the document how lists are merged, if a strategic merge
    patch is offered. Without that it goes by types of its own, or sends a merge patch. So it
    is offered only where the document tells.
    """
    operations = {"type": "array", "items": {"type": "object"}}
    content = {
        JSON_PATCH: {"schema": operations},
        MERGE_PATCH: {"schema": reference(PATCH)},
    }
    if strategic:
        content[STRATEGIC_MERGE_PATCH] = {"schema": reference(PATCH)}
    return {"content": content, "required": True}


def object_answers(name: str, *codes: int) -> dict[str, Any]:
    """An object of a type, with any of the codes; or a failure."""
    return _answers({JSON: {"schema": reference(name)}}, *codes)


def list_answers(name: str) -> dict[str, Any]:
    """A list, or the events of a watch."""
    watch = {"schema": reference(WATCH_EVENT)}
    return _answers({JSON: {"schema": reference(name)}, _WATCH: watch}, 200)


def deletion_answers(name: str, *codes: int) -> dict[str, Any]:
    """The object as long as it is still there, or of some kinds as it last was; else a Status."""
    either = {"anyOf": [reference(name), reference(STATUS)]}
    return _answers({JSON: {"schema": either}}, *codes)


def text_answers(media_type: str) -> dict[str, Any]:
    """Whatever the container, Service or Node answers."""
    return _answers({media_type: {"schema": {"type": "string"}}}, 200)


def _answers(content: dict[str, Any], *codes: int) -> dict[str, Any]:
    answers: dict[str, Any] = {
        str(code): {"description": _TEXTS[code], "content": content} for code in codes
    }
    return {**answers, "401": _UNAUTHORIZED, "default": _FAILURE}
