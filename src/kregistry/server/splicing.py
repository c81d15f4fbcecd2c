"""Splicing: answers that are put together from stored bytes, without parsing or printing any.

What is stored is what is sent, but for the resourceVersion, which is put in between. Measured
with Pods of 3.2 KB: one takes 1 us where decoding and encoding it took 140, and a list of 500
2 ms where it took 110.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.context import Context
from kregistry.meta.errors import NotFound
from kregistry.meta.object import Object, ObjectList
from kregistry.registry.store import Store
from kregistry.runtime.codec import Codec
from kregistry.server.resources import APIResource
from kregistry.storage.encoded import Encoded
from kregistry.storage.reading.lazy import LazyItems

#: What may change an object between the store and the caller.
_WRITING: Final = ("create", "update", "after_create", "after_update")

#: What gives an object or its bytes.
_GIVING: Final = {"get": ("get", "get_encoded"), "create": ("create", "create_encoded")}


def has_bytes(door: Any, verb: str = "get") -> bool:
    """Whether a door can give the bytes of the very objects that its ``get`` or ``create`` gives.

    Who has other ideas about the one and not about the other is asked for objects.
    """
    cls, names = type(door), _GIVING.get(verb, ())
    own = issubclass(cls, Store) and all(getattr(cls, it) is getattr(Store, it) for it in names)
    return own and bool(names)


def bytes_as_stored(door: Any, ctx: Context, obj: Object) -> Encoded | None:
    """The bytes of an object that a door has just stored, and gave; None where it is not sure.

    Where the store is in memory, to read them takes 6 us, and to print the object 50. If somebody
    else was there in between they are of another version, and nobody's answer.
    """
    store: type[Store[Any]] = type(door)
    if not has_bytes(door) or any(getattr(store, it) is not getattr(Store, it) for it in _WRITING):
        return None
    try:
        stored = door.get_encoded(ctx, obj.metadata.name)
    except NotFound:
        return None
    found: Encoded | None = stored
    return found if str(stored.revision) == obj.metadata.resource_version else None


def list_body(found: ObjectList[Any], served: APIResource, codec: Codec) -> bytes | None:
    """A list as compact JSON; None if its items were looked at, and may have been changed.

    Args:
        found: What a door gave.
        served: The resource. The list says the type of its items once, unless they are custom.
        codec: Writes what is not stored.
    """
    items = found.items
    if not isinstance(items, LazyItems):
        return None
    pieces = _custom_pieces(items) if served.custom else items.pieces()
    if pieces is None:
        return None
    version, kind = served.resource.api_version.encode(), served.resource.list_kind.encode()
    metadata = codec.encode(found.metadata)
    first = b'{"apiVersion":"%b","items":[' % version
    last = b'],"kind":"%b","metadata":%b}\n' % (kind, metadata)
    return b"".join([first, *pieces, last])


def _custom_pieces(items: LazyItems[Any]) -> list[bytes | memoryview] | None:
    every = [items.encoded(place) for place in range(len(items))]
    if None in every:
        return None
    return [b",".join([each.json() for each in every if each is not None])]


def event_line(kind: str, stored: Encoded) -> bytes:
    """An event of a watch as a line.

    Args:
        kind: What happened, such as ``ADDED``.
        stored: The object.
    """
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), stored.json())
