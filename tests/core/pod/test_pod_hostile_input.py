"""Whatever a Pod holds, it is judged: with field errors, and before long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from podsamples import CONTEXT, complaints, made, spec_complaints

from kregistry.core.pod import PODS, PodStrategy, set_pod_defaults
from kregistry.core.v1 import Container, Pod, PodSpec, PodStatus
from kregistry.meta.context import Context
from kregistry.meta.errors import StatusError
from kregistry.meta.objectmeta import ObjectMeta
from kregistry.registry import Store
from kregistry.storage import Config, factory

TEXTS = [
    "\x00",
    "\n",
    "é",
    "中文",
    "🧨",
    "\u202e",
    "\ud800",
    "a" * 100_000,
    "a." * 50_000,
    "-" * 100_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_any_kind_is_judged_wherever_it_stands(text: str) -> None:
    pod = made(
        {
            "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
            "tolerations": [{"key": "k", "operator": "Equal"}],
            "securityContext": {
                "sysctls": [{"name": "a", "value": ""}],
                "windowsOptions": {"runAsUserName": "u"},
            },
        },
        container={"env": [{"name": "A"}], "ports": [{"name": "p", "containerPort": 1}]},
    )
    spec, main = pod.spec, pod.spec.containers[0]
    assert spec.security_context is not None
    assert spec.security_context.windows_options is not None
    pod.metadata.name = main.name = main.image = main.env[0].name = main.ports[0].name = text
    spec.node_name = spec.hostname = spec.service_account_name = text
    spec.volumes[0].name = spec.tolerations[0].key = text
    spec.security_context.sysctls[0].name = text
    spec.security_context.windows_options.run_as_user_name = text
    spec.node_selector[text] = text
    found = complaints(pod)
    assert any(line.startswith("metadata.name: Invalid value") for line in found)
    assert any(line.startswith("spec.containers[0].name: Invalid value") for line in found)
    set_pod_defaults(pod)
    PodStrategy().warnings_on_create(CONTEXT, pod)


def test_long_lists_are_judged_in_linear_time() -> None:
    many = range(3000)
    containers = [
        {
            "name": f"c{number}",
            "image": "i",
            "ports": [{"name": f"p{number}", "containerPort": 1, "hostPort": number + 1}],
            "env": [{"name": f"A{number}", "value": "x"}],
        }
        for number in many
    ]
    pod = made(
        {
            "containers": containers,
            "volumes": [{"name": f"v{number}", "emptyDir": {}} for number in many],
            "tolerations": [{"key": f"k{number}", "operator": "Exists"} for number in many],
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": f"k{number}", "whenUnsatisfiable": "DoNotSchedule"}
                for number in many
            ],
        }
    )
    assert complaints(pod) == []
    assert len(PodStrategy().warnings_on_create(CONTEXT, pod)) == len(many)


def test_one_port_defined_again_and_again_is_told_once_each() -> None:
    pod = made(container={"ports": [{"containerPort": 1, "hostPort": 0}] * 2000})
    assert len(PodStrategy().warnings_on_create(CONTEXT, pod)) == 1999


def test_many_ports_that_differ_in_their_host_ports_are_compared_in_linear_time() -> None:
    ports = [{"containerPort": 1, "hostPort": port} for port in range(1, 20_000)]
    assert PodStrategy().warnings_on_create(CONTEXT, made(container={"ports": ports})) == []


@pytest.mark.parametrize("depth", [1, 200_000])
def test_one_file_at_the_end_of_a_long_way_is_looked_at_once(depth: int) -> None:
    items = [{"key": "k", "path": "/".join(["a"] * depth)}] * 2
    pod = made({"volumes": [{"name": "v", "secret": {"secretName": "s", "items": items}}]})
    assert len(PodStrategy().warnings_on_create(CONTEXT, pod)) == 1


def test_files_deep_below_each_other_are_compared_in_reasonable_time() -> None:
    items = [{"key": "k", "path": "/".join(["a"] * 50 + [str(number)])} for number in range(1000)]
    pod = made({"volumes": [{"name": "v", "secret": {"secretName": "s", "items": items}}]})
    assert PodStrategy().warnings_on_create(CONTEXT, pod) == []


@pytest.mark.parametrize("number", [-(2**63), -1, 2**31, 2**63 - 1])
def test_numbers_at_the_edges_are_judged(number: int) -> None:
    found = spec_complaints(
        {
            "activeDeadlineSeconds": number,
            "securityContext": {"runAsUser": number, "fsGroup": number},
            "topologySpreadConstraints": [
                {
                    "maxSkew": max(-(2**31), min(number, 2**31 - 1)),
                    "topologyKey": "k",
                    "whenUnsatisfiable": "DoNotSchedule",
                }
            ],
        }
    )
    assert len(found) >= 2


def assign(name: str, value: Any) -> Callable[[Pod], None]:
    def change(pod: Pod) -> None:
        target: Any = pod
        *parents, last = name.split(".")
        for parent in parents:
            target = target[int(parent)] if parent.isdigit() else getattr(target, parent)
        setattr(target, last, value)

    return change


WRONG: list[tuple[str, Any, str]] = [
    ("spec", None, "spec: Invalid value: null: must not be None"),
    ("spec", {}, 'spec: Invalid value: "dict": must be a PodSpec'),
    ("spec.containers", None, "spec.containers: Invalid value: null: must not be None"),
    ("spec.containers", ["x"], 'spec.containers[0]: Invalid value: "str": must be a Container'),
    ("spec.containers.0.name", 5, "spec.containers[0].name: Invalid value: 5: must be a string"),
    (
        "spec.containers.0.image",
        None,
        "spec.containers[0].image: Invalid value: null: must not be None",
    ),
    (
        "spec.containers.0.resources.limits",
        {"cpu": "1"},
        'spec.containers[0].resources.limits[cpu]: Invalid value: "1": must be a Quantity',
    ),
    (
        "spec.containers.0.resources.requests",
        {"cpu": 1},
        "spec.containers[0].resources.requests[cpu]: Invalid value: 1: must be a Quantity",
    ),
    ("spec.node_selector", {1: "a"}, "spec.nodeSelector: Invalid value: 1: must be a string"),
    (
        "spec.active_deadline_seconds",
        "5",
        'spec.activeDeadlineSeconds: Invalid value: "5": must be an integer',
    ),
    ("spec.tolerations", 7, 'spec.tolerations: Invalid value: "int": must be a list'),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_values_of_wrong_types_are_told_by_their_place(
    name: str, value: Any, expected: str
) -> None:
    with factory.create(Config()) as storage:
        pod = made()
        assign(name, value)(pod)
        store = Store(PODS, storage, PodStrategy())
        with pytest.raises(StatusError) as caught:
            store.create(Context(namespace="ns"), pod)
        assert caught.value.status.code in (400, 422)
        pod = made()
        assign(name, value)(pod)
        with pytest.raises(StatusError) as caught:
            complaints(pod)
        assert expected in str(caught.value)


def test_a_pod_that_contains_itself_is_refused() -> None:
    pod = made()
    cycle: Any = pod.spec.containers
    cycle.append(cycle)
    with factory.create(Config()) as storage, pytest.raises(StatusError) as caught:
        Store(PODS, storage, PodStrategy()).create(Context(namespace="ns"), pod)
    assert caught.value.status.code in (400, 422)


def test_an_empty_pod_gets_errors_and_nothing_worse() -> None:
    pod = Pod(metadata=ObjectMeta(), spec=PodSpec(), status=PodStatus())
    found = complaints(pod)
    assert "metadata.name: Required value: name or generateName is required" in found
    assert "spec.containers: Required value" in found
    set_pod_defaults(pod)
    pod.spec.containers.append(Container())
    assert "spec.containers[0].name: Required value" in complaints(pod)
