"""What holds for every Pod, whatever is in it."""

from __future__ import annotations

import copy
from typing import Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from podsamples import CODEC, CONTEXT, complaints, decoded, document, update_complaints

from kregistry.core.pod import PodStrategy, set_pod_defaults
from kregistry.core.pod.qos import compute_qos_class
from kregistry.core.v1 import Container, Pod, PodSpec, ResourceRequirements
from kregistry.meta.quantity import Quantity

NAMES = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
LABELS = st.dictionaries(NAMES, NAMES, max_size=3)
AMOUNTS = st.sampled_from(["1", "500m", "1Gi", "2M", "1e3", "0"])


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


HANDLERS = st.sampled_from(
    [
        {"exec": {"command": ["x"]}},
        {"httpGet": {"port": 80}},
        {"tcpSocket": {"port": "web"}},
    ]
)
RESOURCES = st.dictionaries(st.sampled_from(["cpu", "memory", "example.com/x"]), AMOUNTS).map(
    lambda limits: {"limits": {k: v for k, v in limits.items() if k != "example.com/x" or v == "1"}}
)
VOLUMES = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={"secret": st.just({"secretName": "s"})},
    ),
    max_size=3,
    unique_by=lambda volume: volume["name"],
)


def container(name: str) -> st.SearchStrategy[dict[str, Any]]:
    fields = optional(
        command=st.lists(st.text(max_size=5), max_size=2),
        env=st.lists(
            st.fixed_dictionaries({"name": NAMES, "value": st.text(max_size=5)}), max_size=3
        ),
        livenessProbe=HANDLERS,
        readinessProbe=HANDLERS,
        resources=RESOURCES,
        securityContext=optional(
            runAsUser=st.integers(0, 2**31 - 1), readOnlyRootFilesystem=st.booleans()
        ),
    )
    return fields.map(lambda given: {"name": name, "image": "i", **given})


SPECS = st.builds(
    lambda containers, more: {"containers": containers, **more},
    st.lists(NAMES, min_size=1, max_size=3, unique=True).flatmap(
        lambda names: st.tuples(*map(container, names)).map(list)
    ),
    optional(
        restartPolicy=st.sampled_from(["Always", "OnFailure", "Never"]),
        volumes=VOLUMES,
        nodeSelector=LABELS,
        nodeName=NAMES,
        hostname=NAMES,
        activeDeadlineSeconds=st.integers(1, 2**31 - 1),
        terminationGracePeriodSeconds=st.integers(-5, 100),
        tolerations=st.lists(st.fixed_dictionaries({"key": NAMES, "operator": st.just("Exists")})),
        hostNetwork=st.booleans(),
    ),
)
PODS = st.builds(lambda spec, labels: document(spec, meta={"labels": labels}), SPECS, LABELS)


@settings(max_examples=100, deadline=None)
@given(PODS)
def test_a_valid_pod_stays_valid_through_storage_and_an_update_that_changes_nothing(
    manifest: dict[str, Any],
) -> None:
    pod = decoded(manifest)
    assert complaints(pod) == []
    stored = CODEC.decode(CODEC.encode(pod), Pod)
    assert stored == pod
    assert update_complaints(stored, copy.deepcopy(stored)) == []


@settings(max_examples=100, deadline=None)
@given(PODS)
def test_defaults_are_filled_in_once(manifest: dict[str, Any]) -> None:
    pod = decoded(manifest)
    before = CODEC.encode(pod)
    set_pod_defaults(pod)
    assert CODEC.encode(pod) == before


@settings(max_examples=100, deadline=None)
@given(PODS)
def test_judging_a_pod_does_not_change_it(manifest: dict[str, Any]) -> None:
    pod = decoded(manifest)
    strategy = PodStrategy()
    strategy.prepare_for_create(CONTEXT, pod)
    before = CODEC.encode(pod)
    strategy.validate(CONTEXT, pod)
    strategy.warnings_on_create(CONTEXT, pod)
    strategy.canonicalize(pod)
    strategy.validate_update(CONTEXT, pod, copy.deepcopy(pod))
    assert CODEC.encode(pod) == before


SHARES = st.dictionaries(
    st.sampled_from(["cpu", "memory", "example.com/x"]), st.sampled_from(["0", "1", "2", "1000m"])
)


def sums(spec: PodSpec, side: Literal["requests", "limits"]) -> dict[str, Quantity]:
    """What containers ask for of cpu and memory, added up."""
    total: dict[str, Quantity] = {}
    for one in (*spec.containers, *spec.init_containers):
        for name, amount in getattr(one.resources, side).items():
            if name in ("cpu", "memory") and amount:
                total[name] = total[name] + amount if name in total else amount
    return total


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=3), st.integers(0, 2))
def test_the_class_of_service_is_what_sums_say(
    shares: list[tuple[dict[str, str], dict[str, str]]], init: int
) -> None:
    made = [
        Container(
            resources=ResourceRequirements(
                requests={name: Quantity(text) for name, text in requests.items()},
                limits={name: Quantity(text) for name, text in limits.items()},
            )
        )
        for requests, limits in shares
    ]
    spec = PodSpec(containers=made[init:], init_containers=made[:init])
    requests, limits = sums(spec, "requests"), sums(spec, "limits")
    limited = all(one.resources.limits.get(name) for one in made for name in ("cpu", "memory"))
    expected = "Guaranteed" if limited and requests == limits else "Burstable"
    assert compute_qos_class(spec) == (expected if requests or limits else "BestEffort")
