"""The door to all patches of documents."""

from __future__ import annotations

from typing import Any

from kregistry.meta.errors import Invalid
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.goformat import Verbatim, json_text, quote
from kregistry.meta.gvk import GroupKind
from kregistry.runtime.errors import EncodeError
from kregistry.runtime.limits import DEFAULT_LIMITS, Limits
from kregistry.server.patch.jsonpatch import apply_json_patch
from kregistry.server.patch.mediatypes import PatchType
from kregistry.server.patch.mergepatch import apply_merge_patch
from kregistry.server.patch.schema import PatchSchema
from kregistry.server.patch.strategic import apply_strategic_merge_patch
from kregistry.server.patch.values import fresh, json_type

_NOT_AN_OBJECT = (
    "couldn't get version/kind; json parse error: json: cannot unmarshal {} into Go value of type "
    r'struct { APIVersion string "json:\"apiVersion,omitempty\""; '
    r'Kind string "json:\"kind,omitempty\"" }'
)


def apply_patch(
    patch_type: PatchType | str,
    document: dict[str, Any],
    patch: Any,
    *,
    schema: PatchSchema | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """The object that a patch makes of another.

    Neither *document* nor *patch* is changed, and the result shares nothing mutable with them.
    Whether the result is an object of its kind is for its decoder to tell.

    Args:
        patch_type: What kind of patch it is.
        document: The object in the version of the request, as decoded JSON.
        patch: The body of the request, as decoded JSON.
        schema: What is known of the object's type. Only a strategic merge patch asks for it, and
            only kinds that are not built in have none.
        limits: Of these, ``max_depth`` counts: for the document, the patch and the result.

    Raises:
        BadRequest: The body is no patch of that type.
        RequestEntityTooLarge: It has too many operations.
        StatusError: It cannot be applied to this object: 422, or 500 without a reason for most
            of what is wrong with a strategic merge patch.
        EncodeError: The document is no JSON object, or too deep.
        ValueError: The type is none, or that of server-side apply.
    """
    kind, room = PatchType(patch_type), limits.max_depth
    base = fresh(document, room)
    if not isinstance(base, dict):
        raise EncodeError("the document to be patched is no JSON object")
    if kind is PatchType.JSON:
        return _object(apply_json_patch(base, patch, room))
    if kind is PatchType.MERGE:
        return apply_merge_patch(base, patch, room)
    if kind is PatchType.STRATEGIC:
        return apply_strategic_merge_patch(base, patch, schema, room)
    raise ValueError(f"{kind}: what it makes of an object depends on who owns the fields")


def _object(patched: Any) -> dict[str, Any]:
    """The result of a JSON patch, which may have put a list in place of the object."""
    if isinstance(patched, dict):
        return patched
    problem = _NOT_AN_OBJECT.replace("{}", json_type(patched), 1)
    text = Verbatim(quote(json_text(patched)))
    raise Invalid(GroupKind("", ""), "", ErrorList().invalid(Path("patch"), text, problem))
