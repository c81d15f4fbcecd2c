"""Object and ObjectList: what has metadata, and a list of such.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` TypeMeta, Object, ListInterface.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Generic, TypeVar

import attrs

from kregistry.meta.model import Model, field, model
from kregistry.meta.objectmeta import ListMeta, ObjectMeta


# Both, so that mypy shows `metadata` to subclasses made with either decorator.
@model
@attrs.define(kw_only=True, eq=False, repr=False)
class Object(Model):
    """Base of every kind: a class declares its type, an instance carries metadata and content.

    A kind of one's own needs nothing but this::

        @attrs.define
        class Widget(Object):
            api_version: ClassVar[str] = "shop.example/v1"
            kind: ClassVar[str] = "Widget"
            spec: WidgetSpec = attrs.field(factory=WidgetSpec)

    ``api_version`` and ``kind`` are facts of the class. Only
    :class:`~kregistry.runtime.Unstructured` has them per instance.
    """

    api_version: ClassVar[str] = ""
    kind: ClassVar[str] = ""

    metadata: ObjectMeta = field(factory=ObjectMeta, always=True)  # noqa: RUF009


T_co = TypeVar("T_co", bound=Object, covariant=True)


@model
class ObjectList(Model, Generic[T_co]):
    """Objects of one kind as of one revision, in key order.

    Attributes:
        api_version: ``v1`` or ``group/version`` of the items.
        kind: Kind of the list, such as ``PodList``.
        metadata: Revision of the snapshot, and how to go on when a limit cut it.
        items: The objects. Treat as read-only; each is the caller's own copy.
    """

    api_version: str = field(default="", always=True)
    kind: str = field(default="", always=True)
    metadata: ListMeta = field(factory=ListMeta, always=True)
    items: Sequence[T_co] = field(factory=list, always=True)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
