"""Tables: objects as rows of cells, as ``kubectl get`` shows them.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` Table, TableColumnDefinition, TableRow,
TableRowCondition, TableOptions.
"""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from kregistry.meta.model import Model, field, model
from kregistry.meta.objectmeta import ListMeta


@model
class TableColumnDefinition(Model):
    """What stands in one column.

    Attributes:
        name: The heading.
        type: Of the cells: ``string``, ``integer``, ``number``, ``boolean`` or ``date``.
        format: More about the type; ``name`` marks the column that names the object.
        description: For people.
        priority: 0 to be shown always; higher for columns that take too much room.
    """

    name: str = field(default="", always=True)
    type: str = field(default="", always=True)
    format: str = field(default="", always=True)
    description: str = field(default="", always=True)
    priority: int = field(default=0, always=True)


@model
class TableRowCondition(Model):
    """Something that sets a row apart, such as a Pod that has ended."""

    type: str = field(default="", always=True)
    status: str = field(default="", always=True)
    reason: str = ""
    message: str = ""


@model
class TableRow(Model):
    """One object.

    Attributes:
        cells: One value for each column, of JSON types.
        conditions: What sets the row apart.
        object: The object itself, or as much of it as the caller asked for.
    """

    cells: list[Any] = field(factory=list, always=True, list_type="atomic")
    conditions: list[TableRowCondition] = field(factory=list, list_type="atomic")
    object: Any = None


@model
class Table(Model):
    """Objects as rows of cells.

    Attributes:
        metadata: That of the list, or the version of the only object.
        column_definitions: What the columns are; empty if the caller knows.
        rows: The objects in the order of the list.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "Table"

    metadata: ListMeta = field(factory=ListMeta, always=True)
    column_definitions: list[TableColumnDefinition] = field(
        factory=list, always=True, list_type="atomic"
    )
    rows: list[TableRow] = field(factory=list, always=True, list_type="atomic")


@attrs.frozen(kw_only=True)
class TableOptions:
    """How a table is wanted.

    Attributes:
        no_headers: Leave the definitions of the columns out, as a watch does after its first
            event.
        include_object: How much of each object a row holds: ``None``, ``Metadata``, which is
            also what "" means, or ``Object``. The convertors put in the whole object; the one
            who answers the request cuts it down.
    """

    api_version: ClassVar[str] = "meta.k8s.io/v1"
    kind: ClassVar[str] = "TableOptions"

    no_headers: bool = False
    include_object: str = field(default="", enum=("Metadata", "None", "Object"))
