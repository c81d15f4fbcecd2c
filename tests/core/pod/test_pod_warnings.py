"""What the creator of a valid Pod is told all the same."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import CONTEXT, LABEL, complaints, made

from kregistry.core.pod import PodStrategy
from kregistry.core.v1 import Pod

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
NULL = "a null labelSelector results in matching no pod"
ARCH = "beta.kubernetes.io/arch"
OLD_ARCH = 'deprecated since v1.14; use "kubernetes.io/arch" instead'


def warnings(pod: Pod) -> list[str]:
    assert complaints(pod) == []
    return list(PodStrategy().warnings_on_create(CONTEXT, pod))


def by_arch() -> dict[str, Any]:
    return {"matchExpressions": [{"key": ARCH, "operator": "Exists"}]}


SPEC_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nodeSelector": {ARCH: "amd64"}}, [f"spec.nodeSelector[{ARCH}]: {OLD_ARCH}"]),
    (
        {
            "affinity": {
                "nodeAffinity": {
                    REQUIRED: {"nodeSelectorTerms": [by_arch()]},
                    PREFERRED: [{"weight": 1, "preference": by_arch()}],
                }
            }
        },
        [
            f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms[0].matchExpressions[0].key: "
            f"{ARCH} is {OLD_ARCH}",
            f"spec.affinity.nodeAffinity.{PREFERRED}[0].preference.matchExpressions[0].key: "
            f"{ARCH} is {OLD_ARCH}",
        ],
    ),
    (
        {
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": ARCH, "whenUnsatisfiable": "DoNotSchedule"}
            ],
            "affinity": {
                "podAffinity": {REQUIRED: [{"topologyKey": "k"}]},
                "podAntiAffinity": {
                    PREFERRED: [{"weight": 1, "podAffinityTerm": {"topologyKey": "k"}}]
                },
            },
        },
        [
            f"spec.topologySpreadConstraints[0].topologyKey: {ARCH} is {OLD_ARCH}",
            f"spec.topologySpreadConstraints[0].labelSelector: {NULL}",
            f"spec.affinity.podAffinity.{REQUIRED}[0].labelSelector: {NULL}",
            f"spec.affinity.podAntiAffinity.{PREFERRED}[0].podAffinityTerm.labelSelector: {NULL}",
        ],
    ),
    (
        {"volumes": [{"name": "v", "gitRepo": {"repository": "r"}}]},
        ["spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+"],
    ),
    (
        {"volumes": [{"name": "v", "rbd": {"monitors": ["m"], "image": "i"}}]},
        ["spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+"],
    ),
    (
        {
            "hostAliases": [{"ip": "1.1.1.1"}, {"ip": "1.1.1.1"}, {"ip": "2001:DB8::0"}],
            "imagePullSecrets": [{"name": "a"}, {}, {"name": "a"}],
        },
        [
            'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
            'spec.imagePullSecrets[1].name: invalid empty name ""',
            'spec.imagePullSecrets[2].name: duplicate name "a"',
            'spec.hostAliases[2].ip: IPv6 address "2001:DB8::0" should be in RFC 5952 canonical '
            'format ("2001:db8::")',
        ],
    ),
    (
        {"overhead": {"memory": "1500m"}},
        [
            'spec.overhead[memory]: fractional byte value "1500m" is invalid, must be an integer',
        ],
    ),
    (
        {
            "volumes": [
                {
                    "name": "v",
                    "secret": {
                        "secretName": "s",
                        "items": [
                            {"key": "a", "path": "x"},
                            {"key": "b", "path": "y"},
                            {"key": "c", "path": "x/z"},
                        ],
                    },
                }
            ]
        },
        ['spec.volumes[0]: overlapping paths in secret: "x/z" (c) with "x" (a)'],
    ),
]


@pytest.mark.parametrize(("spec", "expected"), SPEC_CASES)
def test_warnings_about_a_spec(spec: dict[str, Any], expected: list[str]) -> None:
    assert warnings(made(spec)) == expected


AT = "spec.containers[0]"

CONTAINER_CASES: list[tuple[dict[str, Any], list[str]]] = [
    (
        {"resources": {"requests": {"memory": "100m", "cpu": "1m"}}},
        [
            f'{AT}.resources.requests[memory]: fractional byte value "100m" is invalid, must be an '
            "integer"
        ],
    ),
    (
        {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
        [
            f'{AT}.env[1]: hides previous definition of "A", which may be dropped when using apply',
        ],
    ),
    ({"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A):2"}]}, []),
    (
        {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)"}]},
        [
            f'{AT}.env[1]: hides previous definition of "A", which may be dropped when using apply',
        ],
    ),
    (
        {"ports": [{"containerPort": 1, "hostIP": "1.1.1.1"}]},
        [
            f"{AT}.ports[0]: hostIP set without hostPort: {{Name: HostPort:0 ContainerPort:1 "
            "Protocol:TCP HostIP:1.1.1.1}"
        ],
    ),
    (
        {"ports": [{"containerPort": 1}, {"containerPort": 1}]},
        [f"{AT}.ports[1]: duplicate port definition with {AT}.ports[0]"],
    ),
    (
        {"ports": [{"containerPort": 1}, {"containerPort": 1, "hostPort": 9}]},
        [f"{AT}.ports[1]: overlapping port definition with {AT}.ports[0]"],
    ),
    (
        {
            "ports": [
                {"containerPort": 1, "hostPort": 9},
                {"containerPort": 1, "hostPort": 9, "hostIP": "1.1.1.1"},
            ]
        },
        [f"{AT}.ports[1]: dangerously ambiguous port definition with {AT}.ports[0]"],
    ),
    ({"ports": [{"containerPort": 1}, {"containerPort": 1, "protocol": "UDP"}]}, []),
]


@pytest.mark.parametrize(("container", "expected"), CONTAINER_CASES)
def test_warnings_about_a_container(container: dict[str, Any], expected: list[str]) -> None:
    assert warnings(made(container=container)) == expected


def test_a_port_name_that_two_containers_use_is_ambiguous() -> None:
    containers = [
        {"name": name, "image": "i", "ports": [{"name": "web", "containerPort": port}]}
        for name, port in (("a", 1), ("b", 2))
    ]
    assert warnings(made({"containers": containers})) == [
        'spec.containers[1].ports[0]: duplicate port name "web" with spec.containers[0].ports[0], '
        "services and probes that select ports by name will use spec.containers[0].ports[0]"
    ]


def test_a_name_that_is_no_host_name_is_remarked_upon() -> None:
    assert warnings(made(meta={"name": "a.b"})) == [
        "metadata.name: this is used in the Pod's hostname, which can result in surprising "
        "behavior; a DNS label is recommended: [must not contain dots]"
    ]
    assert warnings(made(meta={"name": "a" * 64}))[0].endswith(
        "[must be no more than 63 characters]"
    )
    assert LABEL not in warnings(made(meta={"name": "a" * 64}))[0]


def test_annotations_that_became_fields_do_nothing() -> None:
    seccomp = "seccomp.security.alpha.kubernetes.io/pod"
    container = "container.seccomp.security.alpha.kubernetes.io/c"
    annotations = {
        "scheduler.alpha.kubernetes.io/critical-pod": "",
        "security.alpha.kubernetes.io/sysctls": "",
        seccomp: "unconfined",
        container: "unconfined",
    }
    assert warnings(made(meta={"annotations": annotations})) == [
        "metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in "
        'v1.16+; use the "priorityClassName" field instead',
        "metadata.annotations[security.alpha.kubernetes.io/sysctls]: non-functional in v1.11+; "
        'use the "sysctls" field instead',
        f'metadata.annotations[{seccomp}]: non-functional in v1.27+; use the "seccompProfile" '
        "field instead",
        f'metadata.annotations[{container}]: non-functional in v1.27+; use the "seccompProfile" '
        "field instead",
    ]


def test_a_grace_period_below_zero_is_remarked_upon_where_defaults_did_not_mend_it() -> None:
    pod = made()
    pod.spec.termination_grace_period_seconds = -1
    assert warnings(pod) == [
        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will "
        "be treated as 1"
    ]


@pytest.mark.case("RP53")
def test_an_update_says_nothing_of_it_again() -> None:
    assert PodStrategy().warnings_on_update(CONTEXT, made(), made()) == ()
