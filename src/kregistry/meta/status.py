"""Status: what the API answers when the answer is not an object.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/types.go`` Status, StatusDetails, StatusCause.
"""

from __future__ import annotations

from typing import ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.objectmeta import ListMeta


@model
class StatusCause(Model):
    """One of the things that were wrong.

    On the wire the type of a cause is called ``reason``.
    """

    reason: str = ""
    message: str = ""
    field: str = ""


@model
class StatusDetails(Model):
    """What the answer is about: which object, what was wrong with it, when to try again."""

    name: str = ""
    group: str = ""
    kind: str = ""
    uid: str = ""
    causes: list[StatusCause] = field(factory=list, list_type="atomic")
    retry_after_seconds: int = 0


@model
class Status(Model):
    """Success or failure, for programs and for people."""

    api_version: ClassVar[str] = "v1"
    kind: ClassVar[str] = "Status"

    metadata: ListMeta = field(factory=ListMeta, always=True)
    status: str = field(default="", enum=("Success", "Failure"))
    message: str = ""
    reason: str = ""
    details: StatusDetails | None = None
    code: int = 0
