"""Table convertors: from objects to what people look at.

Source: ``rest.TableConvertor``, ``k8s.io/apiserver/pkg/registry/rest/table.go``, and the
printers of ``k8s.io/kubernetes/pkg/printers``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import attrs

from kregistry.meta.errors import NotAcceptable
from kregistry.meta.gvk import GroupResource
from kregistry.meta.object import Object, ObjectList
from kregistry.meta.objectmeta import ListMeta
from kregistry.meta.table import (
    Table,
    TableColumnDefinition,
    TableOptions,
    TableRow,
    TableRowCondition,
)
from kregistry.registry.ages import age

T = TypeVar("T", bound=Object)

_DEFAULT_OPTIONS: Final = TableOptions()

# Clients see these two texts as they are, so they are the API server's.
_NAME_DESCRIPTION: Final = (
    "Name must be unique within a namespace. Is required when creating resources, although "
    "some resources may allow a client to request the generation of an appropriate name "
    "automatically. Name is primarily intended for creation idempotence and configuration "
    "definition. Cannot be updated. More info: "
    "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_CREATION_DESCRIPTION: Final = (
    "CreationTimestamp is a timestamp representing the server time when this object was "
    "created. It is not guaranteed to be set in happens-before order across separate "
    "operations. Clients may not set this value. It is represented in RFC3339 form and is in "
    "UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: "
    "https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata"
)


class TableConvertor(ABC, Generic[T]):
    """Makes tables of the objects of one resource. Source: ``rest.TableConvertor``."""

    @abstractmethod
    def convert_to_table(
        self, obj: T | ObjectList[T], *, now: datetime, options: TableOptions = _DEFAULT_OPTIONS
    ) -> Table:
        """A table of one object or of a list.

        Args:
            obj: What to show; the rows hold its objects and no copies.
            now: What ages are counted from.
            options: Whether the columns are to be defined.

        Raises:
            NotAcceptable: Something in it has no metadata (406).
        """


@attrs.frozen
class Column(Generic[T]):
    """One column, and how to fill it.

    Attributes:
        name: The heading.
        cell: ``cell(obj, now)`` is the value, of a JSON type.
        type: Of the cells.
        format: More about the type.
        description: For people.
        priority: 0 to be shown always.
    """

    name: str
    cell: Callable[[T, datetime], Any]
    type: str = attrs.field(default="string", kw_only=True)
    format: str = attrs.field(default="", kw_only=True)
    description: str = attrs.field(default="", kw_only=True)
    priority: int = attrs.field(default=0, kw_only=True)

    def definition(self) -> TableColumnDefinition:
        """What a client is told about the column."""
        return TableColumnDefinition(
            name=self.name,
            type=self.type,
            format=self.format,
            description=self.description,
            priority=self.priority,
        )


def _name(obj: Object, now: datetime) -> str:
    return obj.metadata.name


def _age(obj: Object, now: datetime) -> str:
    return age(obj.metadata.creation_timestamp, now)


def _created_at(obj: Object, now: datetime) -> str:
    created = obj.metadata.creation_timestamp
    return str(created) if created is not None else "<unknown>"


#: The name of the object: the first column of nearly every table.
NAME: Final[Column[Any]] = Column("Name", _name, format="name", description=_NAME_DESCRIPTION)

#: How long the object has been there.
AGE: Final[Column[Any]] = Column("Age", _age, description=_CREATION_DESCRIPTION)

_CREATED_AT: Final[Column[Any]] = Column(
    "Created At", _created_at, type="date", description=_CREATION_DESCRIPTION
)

#: The columns of a kind that has none of its own. Source: ``NewDefaultTableConvertor``.
DEFAULT_COLUMNS: Final[tuple[Column[Any], ...]] = (NAME, _CREATED_AT)


def no_conditions(obj: Object) -> list[TableRowCondition]:
    """Nothing sets the row apart."""
    return []


@attrs.frozen
class Columns(TableConvertor[T]):
    """A table with the given columns.

    ::

        WIDGET_COLUMNS = (NAME, Column("Size", lambda widget, now: widget.spec.size), AGE)
        widgets = Store(WIDGETS, storage, tables=Columns(WIDGETS.group_resource, WIDGET_COLUMNS))

    Attributes:
        resource: Names the kind in errors.
        columns: From left to right.
        conditions: What sets the row of an object apart.
    """

    resource: GroupResource
    columns: Sequence[Column[T]] = DEFAULT_COLUMNS
    conditions: Callable[[T], list[TableRowCondition]] = attrs.field(
        default=no_conditions, kw_only=True
    )

    def convert_to_table(
        self, obj: T | ObjectList[T], *, now: datetime, options: TableOptions = _DEFAULT_OPTIONS
    ) -> Table:
        if isinstance(obj, ObjectList):
            meta, items = _list_meta(obj.metadata), obj.items
        elif isinstance(obj, Object):
            meta, items = ListMeta(resource_version=obj.metadata.resource_version), (obj,)
        else:
            raise self._no_table()
        headers = [] if options.no_headers else [column.definition() for column in self.columns]
        rows = [self._row(item, now) for item in items]
        return Table(metadata=meta, column_definitions=headers, rows=rows)

    def _row(self, obj: T, now: datetime) -> TableRow:
        if not isinstance(obj, Object):
            raise self._no_table()
        cells = [column.cell(obj, now) for column in self.columns]
        return TableRow(cells=cells, conditions=self.conditions(obj), object=obj)

    def _no_table(self) -> NotAcceptable:
        return NotAcceptable(
            f"the resource {self.resource} does not support being converted to a Table"
        )


def _list_meta(meta: ListMeta) -> ListMeta:
    """What a table says of the list that it shows."""
    return ListMeta(
        resource_version=meta.resource_version,
        continue_=meta.continue_,
        remaining_item_count=meta.remaining_item_count,
    )
