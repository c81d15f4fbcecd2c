"""Status: the answer when there is no object to return.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1`` Status, StatusDetails, StatusCause.
"""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, model
from kregistry.meta.model import field as declared
from kregistry.meta.objectmeta import ListMeta


@model
class StatusCause(Model):
    """One of the reasons for a failure, usually one wrong field.

    Attributes:
        reason: Machine-readable, such as ``FieldValueRequired``; "" when unknown.
        message: For people.
        field: Path of the field in the sent object, such as ``spec.containers[0].name``.
    """

    reason: str = ""
    message: str = ""
    field: str = ""


@model
class StatusDetails(Model):
    """What a failure was about.

    Attributes:
        name: The object asked for.
        group: API group of *kind*.
        kind: Kind or plural name of the resource, as the failing rule knows it.
        uid: The object asked for, when a name does not tell it.
        causes: The reasons, in the order in which they were found.
        retry_after_seconds: When to try again; 0 for no advice.
    """

    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: list[StatusCause] = declared(factory=list, list_type="atomic")
    retry_after_seconds: int = 0


@model
class Status(Model):
    """Outcome of a request: success of a deletion, or a failure with its details.

    Attributes:
        metadata: Empty, except for the continue token that an expired list offers.
        status: ``Success`` or ``Failure``.
        message: For people.
        reason: Machine-readable, such as ``NotFound``; "" when none is known.
        details: What it was about; None when there is nothing to add.
        code: The HTTP status code.
    """

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Status"

    metadata: ListMeta = declared(factory=ListMeta, always=True)
    status: str = ""
    message: str = ""
    reason: str = ""
    details: StatusDetails | None = None
    code: int = 0
