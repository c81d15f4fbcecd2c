"""What a strategic merge patch has to know about the fields of a type.

A :class:`PatchSchema` stands for a Go type, and says of each field whether patches replace or
merge it, and by which key. The types themselves come from OpenAPI documents, see
:mod:`kregistry.server.patch.openapi`.

Source: ``k8s.io/apimachinery/pkg/util/strategicpatch/meta.go``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from kregistry.meta.goformat import quote
from kregistry.server.patch.failures import failed

STRUCT: Final = "struct"
SLICE: Final = "slice"

#: The type of a value of which nothing is known: maps are merged, and everything else replaced.
ANY: Final = "any"

#: In a type of which not all fields are known, stands for those that are not named.
OTHERS: Final = "*"

RETAIN_KEYS: Final = "retainKeys"

#: Types by name, and of each the fields by name. A field is told by one text of up to three
#: words: its type, its patch strategies and its merge key. A type is a name of this table, a
#: kind of Go (``string``, ``map``), ``any``, or ``[]`` and a type. ``-`` stands for no strategy.
TypeTable = Mapping[str, Mapping[str, str]]


@attrs.frozen
class PatchField:
    """One field, or the items of one field that is a list.

    Attributes:
        schema: Of the field's value, or of the items of its list.
        strategy: ``merge``, ``replace`` or "".
        merge_key: What items of a list are told apart by; "" if they have no such member.
    """

    schema: PatchSchema
    strategy: str
    merge_key: str


@attrs.frozen
class PatchSchema:
    """What patches of one type of object go by.

    Attributes:
        types: Every type that can be reached, see :data:`TypeTable`.
        type: Name of this one.
    """

    types: TypeTable = attrs.field(repr=False)
    type: str

    @property
    def kind(self) -> str:
        """The kind of the type in Go: ``struct``, ``map``, ``slice`` or a scalar's."""
        if self.type.startswith("[]"):
            return SLICE
        return STRUCT if self.type in self.types else self.type

    @property
    def name(self) -> str:
        """The type's name in Go, such as ``PodSpec``."""
        return self.type.rsplit(".", 1)[-1]

    def field(self, key: str) -> PatchField:
        """The field of that name.

        Raises:
            StatusError: 500, there is none, or this type has no fields.

        Source: ``LookupPatchMetadataForStruct``.
        """
        if self.kind == ANY:
            return PatchField(self, "", "")
        if self.kind != STRUCT:
            raise failed(
                f"merging an object in json but data type is not struct, instead is: {self.kind}"
            )
        kind, strategies, merge_key = (*self._described(key).split(), "", "")[:3]
        strategy = next((s for s in strategies.split(",") if s not in (RETAIN_KEYS, "-")), "")
        return PatchField(PatchSchema(self.types, kind), strategy, merge_key)

    def list_field(self, key: str) -> PatchField:
        """The field of that name, which is a list; the schema is that of its items.

        Raises:
            StatusError: 500, there is none, or it is no list.

        Source: ``LookupPatchMetadataForSlice``.
        """
        field = self.field(key)
        if field.schema.kind == ANY:
            return field
        if field.schema.kind != SLICE:
            raise failed(f"expected slice or array type, but got: {self.kind}")
        item = PatchSchema(self.types, field.schema.type.removeprefix("[]"))
        if item.kind == SLICE:
            raise failed("unexpected slice of slice")
        return attrs.evolve(field, schema=item)

    def _described(self, key: str) -> str:
        """As Go's decoder does, a field is also known by its name in another case."""
        fields = self.types[self.type]
        found = fields.get(key)
        if found is None:
            folded = key.casefold()
            found = next((text for name, text in fields.items() if name.casefold() == folded), None)
            found = fields.get(OTHERS) if found is None else found
        if found is None:
            raise failed(
                f"unable to find api field in struct {self.name} for the json field {quote(key)}"
            )
        return found
