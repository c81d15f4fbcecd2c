"""Annotations of Pods that mean something."""

from __future__ import annotations

from typing import Any

import pytest
from podsamples import CONTEXT, QUALIFIED, complaints, made

from kregistry.core.pod import PodStrategy
from kregistry.meta.context import Context

COST = "controller.kubernetes.io/pod-deletion-cost"
TOLERATIONS = "scheduler.alpha.kubernetes.io/tolerations"
SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP_C = "container.seccomp.security.alpha.kubernetes.io/c"
ARMOR_C = "container.apparmor.security.beta.kubernetes.io/c"
ARMOR_X = "container.apparmor.security.beta.kubernetes.io/x"
AT = "metadata.annotations"

CASES: list[tuple[dict[str, str], list[str]]] = [
    ({COST: "-2147483648"}, []),
    ({COST: "0"}, []),
    *(
        ({COST: bad}, [f'{AT}[{COST}]: Invalid value: "{bad}": must be a 32bit integer'])
        for bad in ("", "+1", "01", "2147483648", "1.5", "-", "x", "٣")
    ),
    ({SECCOMP: "runtime/default", SECCOMP_C: "localhost/a/b"}, []),
    (
        {SECCOMP: "x", SECCOMP_C: "localhost/../b"},
        [
            f'{AT}.{SECCOMP}: Invalid value: "x": must be a valid seccomp profile',
            f"{AT}.{SECCOMP_C}: Invalid value: \"../b\": must not contain '..'",
        ],
    ),
    ({ARMOR_C: "localhost/x"}, []),
    (
        {ARMOR_X: "odd"},
        [
            f'{AT}[{ARMOR_X}]: Invalid value: "x": container not found',
            f'{AT}[{ARMOR_X}]: Invalid value: "odd": invalid AppArmor profile name: "odd"',
        ],
    ),
    (
        {"kubernetes.io/config.mirror": "m"},
        [
            f'{AT}[kubernetes.io/config.mirror]: Invalid value: "m": must set spec.nodeName if '
            "mirror pod annotation is set"
        ],
    ),
    ({TOLERATIONS: '[{"operator":"Exists"}]'}, []),
    (
        {TOLERATIONS: '[{"key":"-","operator":"Exists"}]'},
        [f'{AT}.{TOLERATIONS}[0].key: Invalid value: "-": {QUALIFIED}'],
    ),
]


@pytest.mark.parametrize(("annotations", "expected"), CASES)
def test_annotations_are_judged(annotations: dict[str, str], expected: list[str]) -> None:
    assert complaints(made(meta={"annotations": annotations})) == expected


@pytest.mark.parametrize(
    "text", ["{", "[1]", "7", '[{"key":1}]', '[{"tolerationSeconds":"x"}]', "[" * 100_000]
)
def test_tolerations_that_do_not_parse_are_an_error_of_the_annotation(text: str) -> None:
    (line,) = complaints(made(meta={"annotations": {TOLERATIONS: text}}))
    assert line.startswith(f'{AT}: Invalid value: "{TOLERATIONS}": ')


@pytest.mark.case("RP48")
def test_a_profile_in_annotation_and_field_must_be_the_same() -> None:
    container = {
        "securityContext": {
            "seccompProfile": {"type": "Localhost", "localhostProfile": "a"},
            "appArmorProfile": {"type": "Localhost", "localhostProfile": "a"},
        }
    }

    def said(**annotations: str) -> list[str]:
        keys = {"seccomp": SECCOMP_C, "armor": ARMOR_C}
        meta = {"annotations": {keys[name]: value for name, value in annotations.items()}}
        return complaints(made(container=container, meta=meta))

    at = "spec.containers[0].securityContext"
    assert said(seccomp="localhost/a", armor="localhost/a") == []
    assert said(seccomp="unconfined", armor="unconfined") == [
        f"{at}.seccompProfile.type: Forbidden: seccomp type in annotation and field must match",
        f"{at}.appArmorProfile.type: Forbidden: apparmor type in annotation and field must match",
    ]
    assert said(seccomp="localhost/b", armor="localhost/b") == [
        f"{at}.seccompProfile.localhostProfile: Forbidden: seccomp profile in annotation and field "
        "must match",
        f"{at}.appArmorProfile.localhostProfile: Forbidden: apparmor profile in annotation and "
        "field must match",
    ]


@pytest.mark.case("RP48")
@pytest.mark.parametrize(
    ("value", "profile"),
    [
        ("runtime/default", ("RuntimeDefault", None)),
        ("unconfined", ("Unconfined", None)),
        ("localhost/x", ("Localhost", "x")),
    ],
)
def test_an_old_profile_becomes_a_field(value: str, profile: tuple[str, str | None]) -> None:
    ctx = Context(namespace="ns")
    pod = made(meta={"annotations": {ARMOR_C: value}})
    PodStrategy().prepare_for_create(ctx, pod)
    context = pod.spec.containers[0].security_context
    assert context is not None
    assert context.app_armor_profile is not None
    assert (context.app_armor_profile.type, context.app_armor_profile.localhost_profile) == profile
    assert ctx.warnings == [
        f'{AT}[{ARMOR_C}]: deprecated since v1.30; use the "appArmorProfile" field instead'
    ]


@pytest.mark.case("RP48")
@pytest.mark.parametrize(
    ("spec", "annotation"),
    [
        ({"securityContext": {"appArmorProfile": {"type": "Unconfined"}}}, "unconfined"),
        ({"os": {"name": "windows"}}, "unconfined"),
    ],
)
def test_an_old_profile_that_adds_nothing_is_left_alone(
    spec: dict[str, Any], annotation: str
) -> None:
    pod = made(spec, meta={"annotations": {ARMOR_C: annotation}})
    PodStrategy().prepare_for_create(CONTEXT, pod)
    assert pod.spec.containers[0].security_context is None
