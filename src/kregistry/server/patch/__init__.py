"""Patches: the three formats that change a JSON document, as the API server applies them.

Pure functions over decoded JSON, without I/O and without HTTP::

    from kregistry.meta.gvk import GroupVersionKind
    from kregistry.server.patch import apply_patch, builtin_schema, patch_type_of

    kind = patch_type_of(headers["Content-Type"])
    pod = GroupVersionKind("", "v1", "Pod")
    patched = apply_patch(kind, document, body, schema=builtin_schema(pod))

JSON Patch and JSON Merge Patch know nothing of the object. A strategic merge patch asks a
:class:`PatchSchema` which lists are merged, and by which key; the built-in kinds have theirs.
"""

from kregistry.server.patch.applying import apply_patch
from kregistry.server.patch.builtin import builtin_schema
from kregistry.server.patch.jsonpatch import (
    MAX_COPY_BYTES,
    MAX_OPERATIONS,
    unknown_members,
)
from kregistry.server.patch.mediatypes import (
    BUILTIN_PATCH_TYPES,
    CUSTOM_PATCH_TYPES,
    PatchType,
    patch_type_of,
)
from kregistry.server.patch.openapi import patch_schema
from kregistry.server.patch.schema import PatchField, PatchSchema

__all__ = [
    "BUILTIN_PATCH_TYPES",
    "CUSTOM_PATCH_TYPES",
    "MAX_COPY_BYTES",
    "MAX_OPERATIONS",
    "PatchField",
    "PatchSchema",
    "PatchType",
    "apply_patch",
    "builtin_schema",
    "patch_schema",
    "patch_type_of",
    "unknown_members",
]
