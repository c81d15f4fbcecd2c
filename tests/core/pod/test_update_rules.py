"""What may change in a Pod once it exists."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from podsamples import complaints, made, update_complaints

from kregistry.core.pod import PodStrategy
from kregistry.core.v1 import PodSpec, Toleration
from kregistry.meta.context import Context
from kregistry.meta.quantity import Quantity

IMMUTABLE = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)\n"
)
TOLERATION = {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
BASE: dict[str, Any] = {
    "initContainers": [{"name": "init", "image": "i"}],
    "activeDeadlineSeconds": 10,
    "tolerations": [TOLERATION],
}
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def after(change: Callable[[PodSpec], object], spec: dict[str, Any] | None = None) -> list[str]:
    """What is said about a change of the spec of a valid Pod."""
    old = made(BASE if spec is None else spec)
    assert complaints(old) == []
    new = copy.deepcopy(old)
    change(new.spec)
    return update_complaints(old, new)


def assign(name: str, value: Any) -> Callable[[PodSpec], None]:
    return lambda spec: setattr(spec, name, value)


def assign_image(value: str) -> Callable[[PodSpec], None]:
    return lambda spec: setattr(spec.containers[0], "image", value)


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: None,
        assign_image("other"),
        lambda spec: setattr(spec.init_containers[0], "image", "other"),
        assign("active_deadline_seconds", 9),
        lambda spec: spec.tolerations.append(Toleration(key="b", operator="Exists")),
        lambda spec: setattr(spec.tolerations[0], "toleration_seconds", 6),
    ],
)
def test_these_may_change(change: Callable[[PodSpec], object]) -> None:
    assert after(change) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda spec: spec.containers.append(copy.deepcopy(spec.containers[0])),
            [
                'spec.containers[1].name: Duplicate value: "c"',
                "spec.containers: Forbidden: pod updates may not add or remove containers",
            ],
        ),
        (
            lambda spec: spec.init_containers.clear(),
            ["spec.initContainers: Forbidden: pod updates may not add or remove containers"],
        ),
        (
            assign_image(""),
            [
                "spec.containers[0].image: Required value",
                "spec.containers[0].image: Required value",
            ],
        ),
        (
            assign("active_deadline_seconds", 11),
            [
                "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to "
                "previous value"
            ],
        ),
        (
            assign("active_deadline_seconds", None),
            [
                "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive "
                "integer to nil value"
            ],
        ),
        (
            assign("active_deadline_seconds", -1),
            [
                "spec.activeDeadlineSeconds: Invalid value: -1: must be between 1 and "
                "2147483647, inclusive",
                "spec.activeDeadlineSeconds: Invalid value: -1: must be between 0 and "
                "2147483647, inclusive",
            ],
        ),
        (
            assign("tolerations", []),
            [
                "spec.tolerations: Forbidden: existing toleration can not be modified except its "
                "tolerationSeconds"
            ],
        ),
        (assign("restart_policy", "Never"), [IMMUTABLE]),
        (assign("node_selector", {"a": "b"}), [IMMUTABLE]),
        (assign("termination_grace_period_seconds", 1), [IMMUTABLE]),
        (lambda spec: spec.containers[0].args.append("x"), [IMMUTABLE]),
    ],
)
def test_these_may_not(change: Callable[[PodSpec], object], expected: list[str]) -> None:
    found = after(change)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_the_difference_is_shown_by_field() -> None:
    (line,) = after(assign("restart_policy", "Never"))
    assert line.endswith('@@\n-restartPolicy: "Always"\n+restartPolicy: "Never"')


def test_a_grace_period_from_before_it_was_checked_can_be_repaired() -> None:
    old = made()
    old.spec.termination_grace_period_seconds = -5
    new = copy.deepcopy(old)
    new.spec.termination_grace_period_seconds = 1
    assert update_complaints(old, new) == []


GATED: dict[str, Any] = {
    "schedulingGates": [{"name": "a"}, {"name": "b"}],
    "nodeSelector": {"zone": "x"},
    "affinity": {
        "nodeAffinity": {
            REQUIRED: {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
                    {},
                ]
            }
        }
    },
}


def terms(spec: PodSpec) -> Any:
    assert spec.affinity is not None
    assert spec.affinity.node_affinity is not None
    required = spec.affinity.node_affinity.required_during_scheduling_ignored_during_execution
    assert required is not None
    return required.node_selector_terms


def narrow(spec: PodSpec) -> None:
    expressions = terms(spec)[0].match_expressions
    expressions.append(copy.deepcopy(expressions[0]))


@pytest.mark.parametrize(
    "change",
    [
        lambda spec: spec.scheduling_gates.pop(),
        lambda spec: spec.node_selector.update(rack="1"),
        narrow,
        lambda spec: (
            narrow(spec),
            spec.node_selector.update(rack="1"),
            spec.scheduling_gates.clear(),
        ),
    ],
)
def test_a_gated_pod_may_become_choosier(change: Callable[[PodSpec], object]) -> None:
    assert after(change, GATED) == []


AT_TERMS = f"spec.affinity.nodeAffinity.{REQUIRED}.nodeSelectorTerms"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda spec: setattr(spec.scheduling_gates[0], "name", "c"),
            [
                "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new "
                "scheduling gate 'c'"
            ],
        ),
        (
            lambda spec: spec.node_selector.update(zone="y"),
            [
                'spec.nodeSelector: Invalid value: {"zone":"y"}: only additions to '
                "spec.nodeSelector are allowed (no mutations or deletions)"
            ],
        ),
        (lambda spec: terms(spec).pop(), [f"{AT_TERMS}: Invalid value: "]),
        (
            lambda spec: terms(spec)[0].match_expressions.clear(),
            [
                f"{AT_TERMS}[0]: Invalid value: {{}}: only additions are allowed "
                "(no mutations or deletions)"
            ],
        ),
        (
            lambda spec: terms(spec)[1].match_expressions.extend(terms(spec)[0].match_expressions),
            [f"{AT_TERMS}[1]: Invalid value: "],
        ),
        (assign("hostname", "h"), [IMMUTABLE]),
    ],
)
def test_a_gated_pod_may_not_become_less_choosy(
    change: Callable[[PodSpec], object], expected: list[str]
) -> None:
    found = after(change, GATED)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_a_pod_without_affinity_may_get_one_while_it_is_gated() -> None:
    affinity = made(GATED).spec.affinity
    spec = {"schedulingGates": [{"name": "a"}]}
    assert after(assign("affinity", affinity), spec) == []
    assert [line.split("\n")[0] + "\n" for line in after(assign("affinity", affinity), {})] == [
        IMMUTABLE
    ]


def test_annotations_that_the_node_acted_on_stay() -> None:
    mirror = "kubernetes.io/config.mirror"
    armor = "container.apparmor.security.beta.kubernetes.io/c"
    at = "metadata.annotations"
    old = made({"nodeName": "n"}, meta={"annotations": {mirror: "x", armor: "unconfined"}})
    new = made({"nodeName": "n"})
    assert update_complaints(old, new) == [
        f"{at}[{armor}]: Forbidden: may not remove or update AppArmor annotations",
        f"{at}[{mirror}]: Forbidden: may not remove or update mirror pod annotation",
    ]
    old, new = new, old
    assert update_complaints(old, new) == [
        f"{at}[{armor}]: Forbidden: may not add AppArmor annotations",
        f"{at}[{mirror}]: Forbidden: may not add mirror pod annotation",
    ]


def test_metadata_is_judged_with_the_rules_for_updates() -> None:
    old = made()
    new = copy.deepcopy(old)
    new.metadata.name = "other"
    assert update_complaints(old, new)[0].startswith("metadata.name: Invalid value: ")


TOLERATED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {},
        {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "+1"}},
    ),
    (
        {
            "hostNetwork": True,
            "securityContext": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]},
        },
        {},
    ),
    ({"hostNetwork": True, "hostUsers": False}, {}),
    (
        {
            "initContainers": [
                {
                    "name": "a",
                    "image": "i",
                    "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}],
                }
            ]
        },
        {},
    ),
    (
        {
            "containers": [
                {
                    "name": "c",
                    "image": "i",
                    "resources": {"limits": {"cpu": "1", "hugepages-2Mi": "3Mi"}},
                }
            ]
        },
        {},
    ),
    (
        {
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "k",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchExpressions": [{"key": "a", "operator": "x"}]},
                }
            ]
        },
        {},
    ),
    (
        {
            "affinity": {
                "podAffinity": {
                    REQUIRED: [
                        {
                            "topologyKey": "k",
                            "labelSelector": {
                                "matchExpressions": [
                                    {"key": "a", "operator": "In", "values": ["-"]}
                                ]
                            },
                        }
                    ]
                },
                "nodeAffinity": {
                    REQUIRED: {
                        "nodeSelectorTerms": [
                            {"matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}]}
                        ]
                    }
                },
            }
        },
        {},
    ),
    (
        {
            "serviceAccountName": "s",
            "volumes": [
                {
                    "name": "v",
                    "projected": {"sources": [{"serviceAccountToken": {"path": "../t"}}]},
                }
            ],
        },
        {},
    ),
]


@pytest.mark.case("RP41")
@pytest.mark.parametrize(("spec", "meta"), TOLERATED)
def test_an_update_puts_up_with_what_is_stored_already(
    spec: dict[str, Any], meta: dict[str, Any]
) -> None:
    old = made(spec, meta=meta)
    new = copy.deepcopy(old)
    new.spec.containers[0].image = "other"
    assert complaints(copy.deepcopy(old)) != []
    assert update_complaints(old, new) == []


@pytest.mark.case("RP50")
def test_the_generation_counts_changes_of_meaning() -> None:
    strategy = PodStrategy()
    old = made(container={"resources": {"limits": {"cpu": "1"}}})
    old.metadata.generation = 3
    same = copy.deepcopy(old)
    same.spec.containers[0].resources.limits["cpu"] = Quantity("1000m")
    same.metadata.labels["a"] = "b"
    strategy.prepare_for_update(Context(), same, old)
    assert same.metadata.generation == 3
    other = copy.deepcopy(old)
    other.spec.containers[0].image = "other"
    strategy.prepare_for_update(Context(), other, old)
    assert other.metadata.generation == 4


def test_status_is_not_written_by_an_update() -> None:
    old, new = made(), made()
    old.status.phase, new.status.phase = "Running", "Failed"
    PodStrategy().prepare_for_update(Context(), new, old)
    assert new.status == old.status
