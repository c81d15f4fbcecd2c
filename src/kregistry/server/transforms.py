"""Transforms: an object or a list shown as something else, such as a table.

Source: ``k8s.io/apiserver/pkg/endpoints/handlers/response.go`` doTransformObject.
"""

from __future__ import annotations

from typing import Any, Final

from kregistry.meta.errors import BadRequest, NotAcceptable
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.gvk import GroupVersionKind
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.table import Table, TableOptions, TableRow
from kregistry.runtime.codec import Codec
from kregistry.server.negotiation import META_GROUP, PARTIAL, PARTIAL_LIST, TABLE, TRANSFORMS
from kregistry.server.query import Query
from kregistry.server.resources import Conversion
from kregistry.server.scope import RequestScope

_NO_TABLES: Final = TRANSFORMS - {TABLE}

_INCLUDE: Final = ("", "Metadata", "None", "Object")


def table_options(query: Query) -> TableOptions:
    """How a table is wanted.

    Raises:
        BadRequest: ``includeObject`` is none of the three words (400).
    """
    include = query.text("includeObject")
    if include not in _INCLUDE:
        errs = ErrorList()
        detail = "must be 'Metadata', 'Object', 'None', or empty"
        errs.invalid(Path("includeObject"), include, detail)
        raise BadRequest(f"Unable to convert to Table as requested: {errs[0]}")
    return TableOptions(include_object=include)


def possible_transforms(scope: RequestScope) -> frozenset[str]:
    """The forms in which the objects of the endpoint can be had."""
    return TRANSFORMS if scope.route.table_maker is not None else _NO_TABLES


class Shower:
    """Turns what a door gave into the tree of what is answered.

    Args:
        scope: The request.
        target: Kind of meta.k8s.io to show it as; None for its own.
        options: How tables are wanted.
    """

    def __init__(
        self, scope: RequestScope, target: GroupVersionKind | None, options: TableOptions
    ) -> None:
        self._scope = scope
        self._codec: Codec = scope.tools.codec
        self._conversion: Conversion | None = scope.route.endpoint.conversion
        self._target = target
        self._options = options
        self._told_columns = False

    def show(self, obj: Any) -> dict[str, Any]:
        """The tree of *obj*. What is neither object nor list is shown as it is.

        Raises:
            NotAcceptable: A list was asked for as an object, or the other way round (406).
        """
        if not isinstance(obj, Object | ObjectList) or self._target is None:
            return self._plain(obj)
        if self._target.kind == TABLE:
            return self._table(obj, self._options.include_object)
        if isinstance(obj, ObjectList):
            if self._target.kind == PARTIAL:
                raise _unfit(PARTIAL, "is a list", obj)
            return self._partial_list(obj)
        if self._target.kind == PARTIAL_LIST:
            raise _unfit(PARTIAL_LIST, "is not a list", obj)
        return self._partial(obj)

    def show_event(self, obj: Any, *, bookmark: bool) -> dict[str, Any]:
        """The same for the object of an event; only the first table says what its columns are."""
        if self._target is None or not isinstance(obj, Object):
            return self._plain(obj)
        if self._target.kind != TABLE:
            return self._partial(obj)
        include = "Metadata" if bookmark else self._options.include_object
        tree = self._table(obj, include, no_headers=self._told_columns)
        self._told_columns = True
        return tree

    def _plain(self, obj: Any) -> dict[str, Any]:
        if isinstance(obj, ObjectList):
            return self._list(obj)
        tree = self._codec.to_dict(obj)
        if isinstance(obj, Object) and self._conversion is not None:
            return self._conversion.to_served(tree)
        return tree

    def _list(self, found: ObjectList[Any]) -> dict[str, Any]:
        """A list says the type of its items once, unless they are of a custom kind."""
        resource = self._scope.route.served
        items = [self._plain(item) for item in found.items]
        if not resource.custom:
            for item in items:
                item.pop("apiVersion", None)
                item.pop("kind", None)
        return {
            "apiVersion": resource.resource.api_version,
            "items": items,
            "kind": resource.resource.list_kind,
            "metadata": self._codec.to_dict(found.metadata),
        }

    def _meta_version(self) -> str:
        assert self._target is not None
        return f"{META_GROUP}/{self._target.version}"

    def _partial(self, obj: Object) -> dict[str, Any]:
        tree = self._codec.to_dict(obj)
        return {
            "apiVersion": self._meta_version(),
            "kind": PARTIAL,
            "metadata": tree.get("metadata", {}),
        }

    def _partial_list(self, found: ObjectList[Any]) -> dict[str, Any]:
        return {
            "apiVersion": self._meta_version(),
            "items": [self._partial(item) for item in found.items],
            "kind": PARTIAL_LIST,
            "metadata": self._codec.to_dict(found.metadata),
        }

    def _table(self, obj: Any, include: str, *, no_headers: bool = False) -> dict[str, Any]:
        options = TableOptions(no_headers=no_headers, include_object=include)
        table: Table = self._scope.route.table_maker.convert_to_table(obj, options)
        rows = [self._row(row, include) for row in table.rows]
        table.rows = []
        tree = self._codec.to_dict(table)
        tree.update(apiVersion=self._meta_version(), kind=TABLE, rows=rows)
        return tree

    def _row(self, row: TableRow, include: str) -> dict[str, Any]:
        tree: dict[str, Any] = {"cells": row.cells}
        if row.conditions:
            tree["conditions"] = [self._codec.to_dict(each) for each in row.conditions]
        match include:
            case "None":
                tree["object"] = None
            case "Object":
                tree["object"] = self._plain(row.object)
            case _:
                tree["object"] = self._partial(row.object)
        return tree


def _unfit(asked: str, what: str, obj: Any) -> NotAcceptable:
    kind = type(obj).__name__
    return NotAcceptable(f"you requested {asked}, but the requested object {what} ({kind})")
