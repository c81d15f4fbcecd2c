"""Objects and refusals, in few words, for the tests of the built-in kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from kregistry.core.scheme import core_scheme
from kregistry.meta.errors import Invalid
from kregistry.meta.object import Object
from kregistry.registry import Store
from kregistry.runtime.codec import Codec

SCHEME = core_scheme()
CODEC = Codec(SCHEME)

T = TypeVar("T", bound=Object)


def made(cls: type[T], document: dict[str, Any] | None = None, **members: Any) -> T:
    """An object as a client would send it, with defaults; called ``a`` unless it says so."""
    content = {"metadata": {"name": "a"}, **(document or {}), **members}
    obj = CODEC.from_dict(content, cls)
    SCHEME.set_defaults(obj)
    return obj


def causes(act: Callable[[], object]) -> list[str]:
    """What *act* is refused for: field and message of every cause."""
    with pytest.raises(Invalid) as caught:
        act()
    details = caught.value.status.details
    assert details is not None
    return [f"{cause.field}: {cause.message}" for cause in details.causes]


def cells(store: Store[Any], obj: Any) -> dict[str, Any]:
    """The row of *obj*, by heading."""
    table = store.convert_to_table(obj)
    names = [column.name for column in table.column_definitions]
    return dict(zip(names, table.rows[0].cells, strict=True))
