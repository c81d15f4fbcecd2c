"""Metadata of objects and of lists.

Source: ``k8s.io/apimachinery/pkg/apis/meta/v1/types.go`` ObjectMeta, ListMeta, OwnerReference,
ManagedFieldsEntry, ShardInfo.
"""

from __future__ import annotations

from typing import Any, ClassVar

from kregistry.meta.model import Model, field, model
from kregistry.meta.time import Time


@model
class OwnerReference(Model):
    """Names an object that this one belongs to; the collector deletes it with its owners."""

    map_type: ClassVar[str] = "atomic"

    api_version: str = field(default="", always=True)
    kind: str = field(default="", always=True)
    name: str = field(default="", always=True)
    uid: str = field(default="", always=True)
    controller: bool | None = None
    block_owner_deletion: bool | None = None


@model
class ManagedFieldsEntry(Model):
    """Which fields one manager set, by which operation, in which version of the API."""

    manager: str = ""
    operation: str = field(default="", enum=("Apply", "Update"))
    api_version: str = ""
    time: Time | None = None
    fields_type: str = ""
    fields_v1: dict[str, Any] | None = field(default=None, json="fieldsV1")
    subresource: str = ""


@model
class ObjectMeta(Model):
    """What every stored object has: its names, its history, its owners.

    The server owns ``uid``, ``resource_version``, ``generation``, ``creation_timestamp``,
    ``deletion_timestamp`` and ``deletion_grace_period_seconds``; what a client writes there
    is ignored or refused.
    """

    name: str = ""
    generate_name: str = ""
    namespace: str = ""
    self_link: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: Time | None = None
    deletion_timestamp: Time | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = field(factory=dict)
    annotations: dict[str, str] = field(factory=dict)
    owner_references: list[OwnerReference] = field(
        factory=list, list_type="map", keys=("uid",), merge_key="uid", strategy=("merge",)
    )
    finalizers: list[str] = field(factory=list, list_type="set", strategy=("merge",))
    managed_fields: list[ManagedFieldsEntry] = field(factory=list, list_type="atomic")


@model
class ShardInfo(Model):
    """Which share of a split list this is."""

    selector: str = field(default="", always=True)


@model
class ListMeta(Model):
    """Metadata of a list: the revision it shows and how to read on."""

    self_link: str = ""
    resource_version: str = ""
    continue_: str = ""
    remaining_item_count: int | None = None
    shard_info: ShardInfo | None = None
