"""Rules about where a Pod may run, in the words of the API server."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import (
    LABEL,
    LABEL_VALUE,
    NO_NAME_PART,
    QUALIFIED,
    SUBDOMAIN,
    complaints,
    made,
    spec_complaints,
)

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def node_requirement(**fields: Any) -> dict[str, Any]:
    return {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [{"matchExpressions": [fields]}]}}}


def pod_term(**fields: Any) -> dict[str, Any]:
    return {"podAffinity": {REQUIRED: [{"topologyKey": "k", **fields}]}}


NODE = f"nodeAffinity.{REQUIRED}.nodeSelectorTerms"
AT_NODE = f"{NODE}[0].matchExpressions[0]"
AT_TERM = f"podAffinity.{REQUIRED}[0]"
SELECTOR = {"matchLabels": {"a": "b"}}

AFFINITY_CASES: list[tuple[dict[str, Any], list[str]]] = [
    (node_requirement(key="a", operator="In", values=["b"]), []),
    (node_requirement(key="a", operator="Gt", values=["1"]), []),
    (
        {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": []}}},
        [f"{NODE}: Required value: must have at least one node selector term"],
    ),
    (
        node_requirement(key="a", operator="In"),
        [f"{AT_NODE}.values: Required value: must be specified when `operator` is 'In' or 'NotIn'"],
    ),
    (
        node_requirement(key="a", operator="Exists", values=["b"]),
        [
            f"{AT_NODE}.values: Forbidden: may not be specified when `operator` is 'Exists' or "
            "'DoesNotExist'"
        ],
    ),
    (
        node_requirement(key="a", operator="Lt", values=["1", "2"]),
        [
            f"{AT_NODE}.values: Required value: must be specified single value when `operator` is "
            "'Lt' or 'Gt'"
        ],
    ),
    (
        node_requirement(key="", operator="Is", values=["-"]),
        [
            f'{AT_NODE}.operator: Invalid value: "Is": not a valid selector operator',
            f'{AT_NODE}.key: Invalid value: "": {NO_NAME_PART}',
            f'{AT_NODE}.key: Invalid value: "": {QUALIFIED}',
            f'{AT_NODE}.values[0]: Invalid value: "-": {LABEL_VALUE}',
        ],
    ),
    (
        {
            "nodeAffinity": {
                REQUIRED: {
                    "nodeSelectorTerms": [
                        {
                            "matchFields": [
                                {"key": "metadata.name", "operator": "In", "values": ["n"]},
                                {"key": "metadata.name", "operator": "In", "values": ["N"]},
                                {"key": "metadata.name", "operator": "In", "values": ["a", "b"]},
                                {"key": "metadata.uid", "operator": "Exists"},
                            ]
                        }
                    ]
                }
            }
        },
        [
            f'{NODE}[0].matchFields[1].values[0]: Invalid value: "N": {SUBDOMAIN}',
            f"{NODE}[0].matchFields[2].values: Required value: must be only one value when "
            "`operator` is 'In' or 'NotIn' for node field selector",
            f'{NODE}[0].matchFields[3].operator: Invalid value: "Exists": not a valid selector '
            "operator",
            f'{NODE}[0].matchFields[3].key: Invalid value: "metadata.uid": not a valid field '
            "selector key",
        ],
    ),
    (
        {
            "nodeAffinity": {
                PREFERRED: [
                    {
                        "weight": 0,
                        "preference": {
                            "matchExpressions": [{"key": "a", "operator": "In", "values": ["-"]}]
                        },
                    },
                    {"weight": 101, "preference": {}},
                ]
            }
        },
        [
            f"nodeAffinity.{PREFERRED}[{index}].weight: Invalid value: {weight}: must be in the "
            "range 1-100"
            for index, weight in ((0, 0), (1, 101))
        ],
    ),
    (pod_term(labelSelector=SELECTOR, namespaces=["a"], matchLabelKeys=["x"]), []),
    (
        pod_term(
            topologyKey="",
            namespaces=["A"],
            labelSelector={
                "matchLabels": {"-": "-"},
                "matchExpressions": [
                    {"key": "a", "operator": "In"},
                    {"key": "a", "operator": "Exists", "values": ["b"]},
                    {"key": "-", "operator": "Gt", "values": ["-"]},
                ],
            },
        ),
        [
            f'{AT_TERM}.labelSelector.matchLabels: Invalid value: "-": {QUALIFIED}',
            f'{AT_TERM}.labelSelector.matchLabels: Invalid value: "-": {LABEL_VALUE}',
            f"{AT_TERM}.labelSelector.matchExpressions[0].values: Required value: must be "
            "specified when `operator` is 'In' or 'NotIn'",
            f"{AT_TERM}.labelSelector.matchExpressions[1].values: Forbidden: may not be specified "
            "when `operator` is 'Exists' or 'DoesNotExist'",
            f'{AT_TERM}.labelSelector.matchExpressions[2].operator: Invalid value: "Gt": not a '
            "valid selector operator",
            f'{AT_TERM}.labelSelector.matchExpressions[2].key: Invalid value: "-": {QUALIFIED}',
            f'{AT_TERM}.labelSelector.matchExpressions[2].values[0]: Invalid value: "-": '
            f"{LABEL_VALUE}",
            f'{AT_TERM}.namespace: Invalid value: "A": {LABEL}',
            f"{AT_TERM}.topologyKey: Required value: can not be empty",
            f'{AT_TERM}.topologyKey: Invalid value: "": {NO_NAME_PART}',
            f'{AT_TERM}.topologyKey: Invalid value: "": {QUALIFIED}',
        ],
    ),
    (
        pod_term(matchLabelKeys=["x"], mismatchLabelKeys=["y"]),
        [
            f"{AT_TERM}.matchLabelKeys: Forbidden: must not be specified when labelSelector is "
            "not set",
            f"{AT_TERM}.mismatchLabelKeys: Forbidden: must not be specified when labelSelector is "
            "not set",
        ],
    ),
    (
        pod_term(labelSelector=SELECTOR, matchLabelKeys=["x"], mismatchLabelKeys=["y", "x"]),
        [
            f'{AT_TERM}.mismatchLabelKeys[1]: Invalid value: "x": exists in both matchLabelKeys '
            "and mismatchLabelKeys"
        ],
    ),
    (
        {"podAntiAffinity": {PREFERRED: [{"weight": 1, "podAffinityTerm": {"topologyKey": "-"}}]}},
        [
            f"podAntiAffinity.{PREFERRED}[0].podAffinityTerm.topologyKey: Invalid value: "
            f'"-": {QUALIFIED}'
        ],
    ),
]


@pytest.mark.parametrize(("affinity", "expected"), AFFINITY_CASES)
def test_affinity_is_judged(affinity: dict[str, Any], expected: list[str]) -> None:
    found = spec_complaints({"affinity": affinity})
    assert [line.removeprefix("spec.affinity.") for line in found] == expected


TOLERATION_CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"operator": "Exists"}, []),
    ({"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": -1}, []),
    (
        {"key": ""},
        [
            'operator: Invalid value: "": operator must be Exists when `key` is empty, which means '
            '"match all values and all keys"'
        ],
    ),
    ({"key": "-", "operator": "Exists"}, [f'key: Invalid value: "-": {QUALIFIED}']),
    (
        {"key": "a", "effect": "NoSchedule", "tolerationSeconds": 1},
        [
            "effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when "
            "`tolerationSeconds` is set"
        ],
    ),
    (
        {"key": "a", "operator": "Equal", "value": "-" * 64},
        [
            f'operator: Invalid value: "{"-" * 64}": must be no more than 63 bytes;{LABEL_VALUE}',
        ],
    ),
    (
        {"key": "a", "operator": "Exists", "value": "b"},
        [
            'operator: Invalid value: {"Key":"a","Operator":"Exists","Value":"b","Effect":"",'
            "\"TolerationSeconds\":null}: value must be empty when `operator` is 'Exists'"
        ],
    ),
    (
        {"key": "a", "operator": "Lt", "value": "1"},
        [
            'operator: Unsupported value: "Lt": supported values: "Equal", "Exists", "Lt", "Gt"',
        ],
    ),
    (
        {"key": "a", "operator": "Is", "effect": "x"},
        [
            'operator: Unsupported value: "Is": supported values: "Equal", "Exists"',
            'effect: Unsupported value: "x": supported values: "NoSchedule", "PreferNoSchedule", '
            '"NoExecute"',
        ],
    ),
]


@pytest.mark.parametrize(("toleration", "expected"), TOLERATION_CASES)
def test_tolerations_are_judged(toleration: dict[str, Any], expected: list[str]) -> None:
    found = spec_complaints({"tolerations": [toleration]})
    assert [line.removeprefix("spec.tolerations[0].") for line in found] == expected


def spread(**fields: Any) -> dict[str, Any]:
    return {"maxSkew": 1, "topologyKey": "k", "whenUnsatisfiable": "DoNotSchedule", **fields}


def test_spread_is_judged() -> None:
    found = spec_complaints(
        {
            "topologySpreadConstraints": [
                spread(
                    maxSkew=0,
                    topologyKey="",
                    whenUnsatisfiable="x",
                    minDomains=0,
                    nodeAffinityPolicy="y",
                    nodeTaintsPolicy="z",
                    matchLabelKeys=["a"],
                ),
                spread(labelSelector={"matchExpressions": [{"key": "a", "operator": "x"}]}),
                spread(),
            ]
        }
    )
    at = "spec.topologySpreadConstraints"
    policies = 'supported values: "Honor", "Ignore"'
    assert found == [
        f"{at}[0].maxSkew: Invalid value: 0: must be greater than zero",
        f"{at}[0].topologyKey: Required value: can not be empty",
        f'{at}[0].whenUnsatisfiable: Unsupported value: "x": supported values: "DoNotSchedule", '
        '"ScheduleAnyway"',
        f"{at}[0].minDomains: Invalid value: 0: must be greater than zero",
        f"{at}[0].minDomains: Invalid value: 0: can only use minDomains if "
        "whenUnsatisfiable=DoNotSchedule, not x",
        f'{at}[0].nodeAffinityPolicy: Unsupported value: "y": {policies}',
        f'{at}[0].nodeTaintsPolicy: Unsupported value: "z": {policies}',
        f"{at}[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
        f'{at}[1].{{topologyKey, whenUnsatisfiable}}: Duplicate value: "{{k, DoNotSchedule}}"',
        f'{at}[1].labelSelector.matchExpressions[0].operator: Invalid value: "x": not a valid '
        "selector operator",
    ]


@pytest.mark.case("RP45", "RP46")
def test_the_values_of_the_pods_own_labels_are_written_into_selectors() -> None:
    term = {"topologyKey": "k", "labelSelector": {}, "matchLabelKeys": ["app", "gone"]}
    pod = made(
        {
            "affinity": {
                "podAffinity": {REQUIRED: [{**term, "mismatchLabelKeys": ["tier"]}]},
                "podAntiAffinity": {PREFERRED: [{"weight": 1, "podAffinityTerm": term}]},
            },
            "topologySpreadConstraints": [spread(labelSelector={}, matchLabelKeys=["app"])],
        },
        meta={"labels": {"app": "web", "tier": "front"}},
    )
    assert complaints(pod) == []
    affinity = pod.spec.affinity
    assert affinity is not None
    assert affinity.pod_affinity is not None
    assert affinity.pod_anti_affinity is not None
    required = affinity.pod_affinity.required_during_scheduling_ignored_during_execution[0]
    weighted = affinity.pod_anti_affinity.preferred_during_scheduling_ignored_during_execution[0]
    selectors = [
        required.label_selector,
        weighted.pod_affinity_term.label_selector,
        pod.spec.topology_spread_constraints[0].label_selector,
    ]
    written = [
        [(x.key, x.operator, x.values) for x in selector.match_expressions] if selector else None
        for selector in selectors
    ]
    assert written == [
        [("app", "In", ["web"]), ("tier", "NotIn", ["front"])],
        [("app", "In", ["web"])],
        [("app", "In", ["web"])],
    ]


def test_a_key_that_stands_in_the_selector_already_is_reported_without_its_list() -> None:
    pod = made(
        {
            "topologySpreadConstraints": [
                spread(labelSelector={"matchLabels": {"app": "web"}}, matchLabelKeys=["x", "app"])
            ]
        },
        meta={"labels": {"app": "web"}},
    )
    assert complaints(pod) == [
        'spec.topologySpreadConstraints[0][1]: Invalid value: "app": exists in both '
        "matchLabelKeys and labelSelector"
    ]
