"""Nodes: machines, whose kubelets report through a door of their own.

Source: ``k8s.io/kubernetes/pkg/registry/core/node``, ValidateNode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import attrs
from typing_extensions import Unpack

from kregistry.core.addresses import NOT_A_RANGE, range_of
from kregistry.core.builtin import (
    BuiltinStore,
    BuiltinStrategy,
    StoreOptions,
    keep_all_but_status,
    selectable,
)
from kregistry.core.pod.defaults import round_up_to_milli
from kregistry.core.pod.validation.checks import follow
from kregistry.core.v1 import Node, NodeSpec, Taint
from kregistry.meta import names as rules
from kregistry.meta.context import Context
from kregistry.meta.field import ErrorList, Path
from kregistry.meta.quantity import Quantity
from kregistry.registry.names import NameGenerator
from kregistry.registry.store import Store
from kregistry.registry.tables import AGE, NAME, Column, Columns
from kregistry.registry.validation import validate_object_meta_update
from kregistry.runtime.resource import Resource
from kregistry.storage.interface import Interface

#: Where Nodes live: under the name that they had first.
NODES: Final = Resource(Node, "nodes", namespaced=False, short_names=("no",), prefix="minions")

_SPEC: Final = Path("spec")
_STATUS: Final = Path("status")
#: Where errors say that taints are; the API server takes them for metadata.
_TAINTS: Final = Path("metadata", "taints")
_EFFECTS: Final = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_ROLE_PREFIX: Final = "node-role.kubernetes.io/"
_ROLE: Final = "kubernetes.io/role"
_NONE: Final = "<none>"
_UNKNOWN: Final = "<unknown>"


def set_node_defaults(node: Node) -> None:
    """What a node has can be used, unless it says otherwise. Source: ``SetDefaults_NodeStatus``."""
    status = node.status
    if not status.allocatable:
        status.allocatable = dict(status.capacity)
    for amounts in (status.capacity, status.allocatable):
        for name, amount in amounts.items():
            amounts[name] = round_up_to_milli(amount)
    _normalize_ranges(node.spec)


def _normalize_ranges(spec: NodeSpec) -> None:
    """The first of the ranges is also the range. Source: ``Convert_v1_NodeSpec_To_core``."""
    if spec.pod_cidr and (not spec.pod_cidrs or spec.pod_cidrs[0] != spec.pod_cidr):
        spec.pod_cidrs = [spec.pod_cidr]
    spec.pod_cidr = spec.pod_cidrs[0] if spec.pod_cidrs else ""


class NodeStrategy(BuiltinStrategy[Node]):
    """The rules of Nodes. A new node may bring its status along.

    Kubelets no longer read settings from elsewhere, so what says where from is dropped.
    """

    def __init__(self, *, names: NameGenerator | None = None) -> None:
        super().__init__(NODES, names=names)

    def selectable_fields(self, obj: Node) -> Mapping[str, str]:
        unschedulable = "true" if obj.spec.unschedulable else "false"
        return selectable(obj, {"spec.unschedulable": unschedulable}, namespaced=False)

    def prepare_for_create(self, ctx: Context, obj: Node) -> None:
        obj.spec.config_source = obj.status.config = None
        _normalize_ranges(obj.spec)

    def check(self, errs: ErrorList, obj: Node) -> None:
        _check_taints(errs, _TAINTS, obj.spec.taints)
        _check_resources(errs, obj)
        _check_ranges(errs, _SPEC / "podCIDRs", obj.spec.pod_cidrs)

    def prepare_for_update(self, ctx: Context, obj: Node, old: Node) -> None:
        obj.status = old.status
        if old.spec.config_source is None:
            obj.spec.config_source = None
        _normalize_ranges(obj.spec)

    def validate_update(self, ctx: Context, obj: Node, old: Node) -> ErrorList:
        errs = self.validate(ctx, obj)
        errs += validate_node_update(obj, old)
        return errs

    def warnings_on_create(self, ctx: Context, obj: Node) -> Sequence[str]:
        return _warnings(obj.spec)

    def warnings_on_update(self, ctx: Context, obj: Node, old: Node) -> Sequence[str]:
        return _warnings(obj.spec)

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("status",)}


class NodeStatusStrategy(NodeStrategy):
    """An update stores status and metadata."""

    def prepare_for_update(self, ctx: Context, obj: Node, old: Node) -> None:
        keep_all_but_status(obj, old)
        if old.status.config is None:
            obj.status.config = None

    def validate_update(self, ctx: Context, obj: Node, old: Node) -> ErrorList:
        return validate_node_update(obj, old)

    def warnings_on_update(self, ctx: Context, obj: Node, old: Node) -> Sequence[str]:
        return ()

    def get_reset_fields(self) -> Mapping[str, Sequence[str]]:
        return {"v1": ("spec",)}


def _warnings(spec: NodeSpec) -> list[str]:
    """Source: ``fieldIsDeprecatedWarnings``."""
    found = []
    if spec.config_source is not None:
        found.append("spec.configSource: the feature is removed")
    if spec.external_id:
        found.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
    return found


def validate_node_update(node: Node, old: Node) -> ErrorList:
    """What is wrong with the step from *old*. Source: ``ValidateNodeUpdate``."""
    errs = validate_object_meta_update(node.metadata, old.metadata)
    _check_resources(errs, node)
    seen: list[object] = []
    for index, address in enumerate(node.status.addresses):
        if address in seen:
            errs.duplicate((_STATUS / "addresses").index(index), address)
        seen.append(address)
    spec, before = node.spec, old.spec
    if before.pod_cidrs and spec.pod_cidrs != before.pod_cidrs:
        detail = 'node updates may not change podCIDR except from "" to valid'
        errs.forbidden(_SPEC / "podCIDRs", detail)
    if before.provider_id and spec.provider_id != before.provider_id:
        detail = 'node updates may not change providerID except from "" to valid'
        errs.forbidden(_SPEC / "providerID", detail)
    _check_taints(errs, _TAINTS, spec.taints)
    if spec.external_id != before.external_id:
        errs.forbidden(_SPEC / "externalID", "may not be updated")
    return errs


def _check_taints(errs: ErrorList, path: Path, taints: Sequence[Taint]) -> None:
    """Each is a label with an effect, and stands there once. Source: ``validateNodeTaints``."""
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        at = path.index(index)
        follow(errs, at / "key", taint.key, rules.qualified_name)
        if messages := rules.label_value(taint.value):
            errs.invalid(at / "value", taint.value, ";".join(messages))
        if not taint.effect:
            errs.required(at / "effect")
        elif taint.effect not in _EFFECTS:
            errs.not_supported(at / "effect", taint.effect, _EFFECTS)
        if (taint.effect, taint.key) in seen:
            errs.duplicate(at, taint)
            detail = "taints must be unique by key and effect pair"
            errs[-1] = attrs.evolve(errs[-1], detail=detail)
        seen.add((taint.effect, taint.key))


def _check_resources(errs: ErrorList, node: Node) -> None:
    """Nobody has less than nothing. Source: ``ValidateNodeResources``."""
    for member in ("capacity", "allocatable"):
        amounts: dict[str, Quantity] = getattr(node.status, member)
        for name, amount in sorted(amounts.items()):
            if amount < Quantity("0"):
                detail = "must be greater than or equal to 0"
                errs.invalid(_STATUS.child(member, name), str(amount), detail)


def _check_ranges(errs: ErrorList, path: Path, ranges: Sequence[str]) -> None:
    """At most one range of each family."""
    found = [range_of(text) for text in ranges]
    for index, (text, network) in enumerate(zip(ranges, found, strict=True)):
        if network is None:
            errs.invalid(path.index(index), text, NOT_A_RANGE)
    if len(ranges) < 2:
        return
    families = {network.version for network in found if network is not None}
    if len(ranges) > 2 or len(families) < 2:
        detail = "may specify no more than one CIDR for each IP family"
        errs.invalid(path, list(ranges), detail)
    seen: set[str] = set()
    for index, text in enumerate(ranges):
        if text in seen:
            errs.duplicate(path.index(index), text)
        seen.add(text)


def _condition(node: Node, now: datetime) -> str:
    """Whether the node is ready, and whether it takes new Pods."""
    ready = [condition.status for condition in node.status.conditions if condition.type == "Ready"]
    word = "Unknown" if not ready else "Ready" if ready[-1] == "True" else "NotReady"
    return f"{word},SchedulingDisabled" if node.spec.unschedulable else word


def _roles(node: Node, now: datetime) -> str:
    found = set()
    for label, value in node.metadata.labels.items():
        if label.startswith(_ROLE_PREFIX):
            found.add(label.removeprefix(_ROLE_PREFIX))
        elif label == _ROLE:
            found.add(value)
    return ",".join(sorted(found - {""})) or _NONE


def _address(kind: str) -> Any:
    def cell(node: Node, now: datetime) -> str:
        found = [each.address for each in node.status.addresses if each.type == kind]
        return found[0] if found else _NONE

    return cell


COLUMNS: Final[tuple[Column[Node], ...]] = (
    NAME,
    Column("Status", _condition, description="Whether it is ready and takes Pods."),
    Column("Roles", _roles, description="What it is there for, by its labels."),
    AGE,
    Column(
        "Version",
        lambda node, now: node.status.node_info.kubelet_version,
        description="Version of the kubelet.",
    ),
    Column("Internal-IP", _address("InternalIP"), priority=1, description="Address inside."),
    Column("External-IP", _address("ExternalIP"), priority=1, description="Address outside."),
    Column(
        "OS-Image",
        lambda node, now: node.status.node_info.os_image or _UNKNOWN,
        priority=1,
        description="What is installed on it.",
    ),
    Column(
        "Kernel-Version",
        lambda node, now: node.status.node_info.kernel_version or _UNKNOWN,
        priority=1,
        description="Version of the kernel.",
    ),
    Column(
        "Container-Runtime",
        lambda node, now: node.status.node_info.container_runtime_version or _UNKNOWN,
        priority=1,
        description="What runs the containers, and its version.",
    ),
)


class NodeStorage:
    """All doors to nodes.

    Attributes:
        node: Everything but status, which only a new node brings along.
        status: Writes status.
    """

    def __init__(self, storage: Interface[Any], **options: Unpack[StoreOptions]) -> None:
        rules = NodeStrategy()
        tables = Columns(NODES.group_resource, COLUMNS)
        status = NodeStatusStrategy()
        self.node: Store[Node] = BuiltinStore(NODES, storage, rules, tables=tables, **options)
        self.status: Store[Node] = BuiltinStore(
            NODES, storage, rules, update_strategy=status, tables=tables, **options
        )

    def rest_storage_map(self) -> dict[str, Store[Node]]:
        """The Stores by what a path says."""
        return {"nodes": self.node, "nodes/status": self.status}
