"""The types of patches, and which of them a resource takes.

Source: ``PatchResource`` in ``k8s.io/apiserver/pkg/endpoints/handlers/patch.go`` and
``NewUnsupportedMediaTypeError`` in ``endpoints/handlers/negotiation``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from kregistry.meta.errors import StatusError, UnsupportedMediaType
from kregistry.meta.gvk import GroupResource
from kregistry.meta.serverresponse import generic_server_response


class PatchType(StrEnum):
    """A type of patch; its value is the media type."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"
    APPLY = "application/apply-patch+yaml"


#: What resources of built-in kinds take, in the order in which errors list it.
BUILTIN_PATCH_TYPES: Final = tuple(PatchType)

#: What custom resources take: strategies of fields are known of built-in kinds only.
CUSTOM_PATCH_TYPES: Final = (PatchType.JSON, PatchType.MERGE, PatchType.APPLY)


def patch_type_of(content_type: str, *, custom: bool = False) -> PatchType:
    """The type that the header ``Content-Type`` of a PATCH names.

    Args:
        content_type: The header, with its parameters; "" if there is none.
        custom: The request is for a custom resource.

    Raises:
        StatusError: 415. A custom resource says which types it takes. Requests for a built-in
            one do not even reach it, and are told nothing, unless the header is only spelt in a
            way that the router forgives.
    """
    if not custom and not _is_routed(content_type):
        raise _not_routed()
    allowed = CUSTOM_PATCH_TYPES if custom else BUILTIN_PATCH_TYPES
    named = content_type.partition(";")[0]
    if named not in allowed:
        raise UnsupportedMediaType(
            "the body of the request was in an unknown format - accepted media types include: "
            + ", ".join(allowed)
        )
    return PatchType(named)


def _is_routed(content_type: str) -> bool:
    """Whether one of the types in the header is taken, whatever else stands there."""
    types = (each.partition(";")[0].strip() for each in content_type.split(","))
    return any(each in BUILTIN_PATCH_TYPES for each in types)


def _not_routed() -> StatusError:
    said = "415: Unsupported Media Type"
    return generic_server_response(415, "", GroupResource("", ""), "", said)
