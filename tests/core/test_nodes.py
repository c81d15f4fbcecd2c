"""Nodes."""

from __future__ import annotations

from typing import Any

import pytest
from kinds import causes, cells, made

from kregistry.core.node import NodeStorage
from kregistry.core.v1 import Node
from kregistry.meta.clock import Clock
from kregistry.meta.context import Context
from kregistry.meta.object import Object
from kregistry.meta.options import ListOptions
from kregistry.meta.quantity import Quantity
from kregistry.storage import Interface

CTX = Context()
SPEC = {
    "podCIDR": "10.0.0.0/24",
    "providerID": "cloud://1",
    "taints": [{"key": "shop.example/x", "effect": "NoSchedule"}],
}


@pytest.fixture
def nodes(storage: Interface[Object], clock: Clock) -> NodeStorage:
    return NodeStorage(storage, clock=clock)


def test_a_new_node_brings_its_status_along(nodes: NodeStorage) -> None:
    stored = nodes.node.create(CTX, made(Node, spec=SPEC, status={"capacity": {"cpu": "1"}}))
    assert stored.status.allocatable == {"cpu": Quantity("1")}
    assert stored.spec.pod_cidrs == ["10.0.0.0/24"]
    assert (stored.metadata.generation, stored.metadata.namespace) == (0, "")


def test_each_door_writes_its_own_part(nodes: NodeStorage) -> None:
    nodes.node.create(CTX, made(Node, status={"phase": "Running"}))
    sent = made(Node, spec={"unschedulable": True}, status={"phase": "Terminated"})
    stored = nodes.node.replace(CTX, sent)
    assert (stored.spec.unschedulable, stored.status.phase) == (True, "Running")
    told = made(Node, status={"phase": "Terminated"}, metadata={"name": "a", "labels": {"k": "v"}})
    stored = nodes.status.replace(CTX, told)
    assert (stored.spec.unschedulable, stored.status.phase) == (True, "Terminated")
    assert stored.metadata.labels == {"k": "v"}
    found = nodes.node.list(CTX, ListOptions(field_selector="spec.unschedulable=true"))
    assert len(found) == 1
    assert set(nodes.rest_storage_map()) == {"nodes", "nodes/status"}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (
            {"spec": {"taints": [{"key": "k"}, {"key": "k", "effect": "Sometimes"}]}},
            [
                "metadata.taints[0].effect: Required value",
                'metadata.taints[1].effect: Unsupported value: "Sometimes": supported values: '
                '"NoSchedule", "PreferNoSchedule", "NoExecute"',
            ],
        ),
        (
            {"spec": {"taints": [{"key": "k", "effect": "NoExecute"}] * 2}},
            [
                'metadata.taints[1]: Duplicate value: {"key":"k","effect":"NoExecute"}: '
                "taints must be unique by key and effect pair"
            ],
        ),
        (
            {"status": {"capacity": {"cpu": "-1"}, "allocatable": {"cpu": "1"}}},
            ['status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            {"spec": {"podCIDRs": ["10.0.0.0"]}},
            [
                'spec.podCIDRs[0]: Invalid value: "10.0.0.0": must be a valid CIDR value, '
                "(e.g. 10.9.8.0/24 or 2001:db8::/64)"
            ],
        ),
        (
            {"spec": {"podCIDRs": ["10.0.0.0/24", "10.0.1.0/24"]}},
            [
                'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: '
                "may specify no more than one CIDR for each IP family"
            ],
        ),
        ({"spec": {"podCIDRs": ["10.0.0.0/24", "fd00::/64"]}}, []),
    ],
)
def test_taints_amounts_and_ranges_make_sense(
    nodes: NodeStorage, content: dict[str, Any], wanted: list[str]
) -> None:
    if wanted:
        assert causes(lambda: nodes.node.create(CTX, made(Node, content))) == wanted
    else:
        nodes.node.create(CTX, made(Node, content))


def test_what_a_node_was_given_it_keeps(nodes: NodeStorage) -> None:
    nodes.node.create(CTX, made(Node, spec=SPEC))
    changed = {"podCIDR": "10.0.1.0/24", "providerID": "cloud://2", "externalID": "x"}
    assert causes(lambda: nodes.node.replace(CTX, made(Node, spec=changed))) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
        "spec.providerID: Forbidden: "
        'node updates may not change providerID except from "" to valid',
        "spec.externalID: Forbidden: may not be updated",
    ]


def test_settings_from_elsewhere_are_dropped(nodes: NodeStorage) -> None:
    source = {"configMap": {"namespace": "a", "name": "b", "kubeletConfigKey": "c"}}
    sent = made(Node, spec={"configSource": source}, status={"config": {"assigned": source}})
    stored = nodes.node.create(CTX, sent)
    assert (stored.spec.config_source, stored.status.config) == (None, None)
    for door in (nodes.node, nodes.status):
        sent.metadata.resource_version = ""
        stored = door.replace(CTX, sent)
        assert (stored.spec.config_source, stored.status.config) == (None, None)


def test_a_field_that_nobody_reads_is_warned_of(nodes: NodeStorage) -> None:
    ctx = Context()
    stored = nodes.node.create(ctx, made(Node, spec={"externalID": "x"}))
    nodes.node.replace(ctx, stored)
    nodes.status.replace(ctx, nodes.node.get(ctx, "a"))
    warning = "spec.externalID: this field is deprecated, and is unused by Kubernetes"
    assert ctx.warnings == [warning, warning]


def test_addresses_are_reported_once(nodes: NodeStorage) -> None:
    nodes.node.create(CTX, made(Node))
    twice = made(Node, status={"addresses": [{"type": "InternalIP", "address": "10.0.0.1"}] * 2})
    assert causes(lambda: nodes.status.replace(CTX, twice)) == [
        'status.addresses[1]: Duplicate value: {"type":"InternalIP","address":"10.0.0.1"}'
    ]


def test_the_row_of_a_node(nodes: NodeStorage) -> None:
    sent = made(
        Node,
        metadata={
            "name": "a",
            "labels": {"node-role.kubernetes.io/worker": "", "kubernetes.io/role": "edge"},
        },
        spec={"unschedulable": True},
        status={
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
            "nodeInfo": {"kubeletVersion": "v1.36.0", "osImage": "Linux"},
        },
    )
    assert cells(nodes.node, nodes.node.create(CTX, sent)) == {
        "Name": "a",
        "Status": "Ready,SchedulingDisabled",
        "Roles": "edge,worker",
        "Age": "0s",
        "Version": "v1.36.0",
        "Internal-IP": "10.0.0.1",
        "External-IP": "<none>",
        "OS-Image": "Linux",
        "Kernel-Version": "<unknown>",
        "Container-Runtime": "<unknown>",
    }
    silent = cells(nodes.node, Node())
    assert (silent["Status"], silent["Roles"]) == ("Unknown", "<none>")
    down = made(Node, status={"conditions": [{"type": "Ready", "status": "Unknown"}]})
    assert cells(nodes.node, down)["Status"] == "NotReady"
