"""Splicing: answers that are put together from stored bytes, without parsing or printing any.

What is stored is what is sent, but for the resourceVersion, which is put in between. Measured
with Pods of 3.2 KB: one takes 1 us where decoding and encoding it took 140, and a list of 500
2 ms where it took 110.
"""

from __future__ import annotations

from typing import Any

from kregistry.meta.object import ObjectList
from kregistry.registry.store import Store
from kregistry.runtime.codec import Codec
from kregistry.server.resources import APIResource
from kregistry.storage.encoded import Encoded
from kregistry.storage.lazy import LazyItems


def has_bytes(door: Any) -> bool:
    """Whether a door can give the bytes of the very objects that its ``get`` gives.

    Who has other ideas about the one and not about the other is asked for objects.
    """
    cls = type(door)
    return issubclass(cls, Store) and (cls.get, cls.get_encoded) == (Store.get, Store.get_encoded)


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
    resource = served.resource
    metadata = codec.encode(found.metadata)
    pieces: list[bytes | memoryview] = [_opening(resource.api_version)]
    for place in range(len(items)):
        encoded = items.encoded(place)
        if encoded is None:
            return None
        pieces += (encoded.json(),) if served.custom else encoded.item_pieces()
        pieces.append(b",")
    if len(items):
        pieces.pop()
    pieces.append(b'],"kind":"%b","metadata":%b}\n' % (resource.list_kind.encode(), metadata))
    return b"".join(pieces)


def _opening(api_version: str) -> bytes:
    return b'{"apiVersion":"%b","items":[' % api_version.encode()


def event_line(kind: str, stored: Encoded) -> bytes:
    """An event of a watch as a line.

    Args:
        kind: What happened, such as ``ADDED``.
        stored: The object.
    """
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), stored.json())
