"""The built-in kinds: every field that the API documents, with its facts, and no more cost."""

from __future__ import annotations

import json
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from kregistry import meta
from kregistry.core import apps_v1, coordination_v1, policy_v1, v1
from kregistry.core.scheme import core_resources, core_scheme
from kregistry.meta import Condition, DeleteOptions, IntOrString, Object, ObjectMeta, Quantity, Time
from kregistry.meta.model import facts_of, field_types, wire_name
from kregistry.runtime import Codec

ROOT = Path(__file__).parents[2]
SCHEMAS: dict[str, Any] = json.loads((ROOT / "tools/types/schemas.json").read_text())
GO_FACTS: dict[str, Any] = json.loads((ROOT / "tools/types/go_facts.json").read_text())["types"]
HOMES = {
    "core": v1, "apps": apps_v1, "coordination": coordination_v1, "policy": policy_v1,
    "meta": meta, "resource": meta, "intstr": meta,
}  # fmt: skip
SCALARS = {"string": str, "integer": int, "boolean": bool}


def class_named(full: str) -> type:
    """``io.k8s.api.core.v1.Pod`` is ``kregistry.core.v1.Pod``."""
    *path, name = full.split(".")
    home = next(HOMES[part] for part in reversed(path) if part in HOMES)
    found: type = getattr(home, name)
    return found


def made_types() -> Iterator[tuple[str, type, dict[str, Any]]]:
    for full, schema in SCHEMAS.items():
        if full.startswith("io.k8s.api."):
            yield full, class_named(full), schema


def properties() -> Iterator[tuple[str, str, attrs.Attribute[Any], Any, dict[str, Any]]]:
    """Type, wire name, attribute, resolved type and schema of every documented field."""
    for full, cls, schema in made_types():
        resolved = field_types(cls)
        by_wire = {wire_name(each): each for each in attrs.fields(cls)}
        for wire, documented in schema["properties"].items():
            if wire in by_wire:
                attribute = by_wire[wire]
                yield full, wire, attribute, resolved[attribute.name], documented


def expected_type(schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return class_named(schema["$ref"])
    if schema["type"] == "array":
        return list[expected_type(schema["items"])]  # type: ignore[misc]
    if schema["type"] == "object":
        return dict[str, expected_type(schema["additionalProperties"])]  # type: ignore[misc]
    return bytes if schema.get("format") == "byte" else SCALARS[schema["type"]]


def without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) not in (types.UnionType, typing.Union):
        return annotation
    (inner,) = set(typing.get_args(annotation)) - {types.NoneType}
    return inner


def test_every_type_has_exactly_the_documented_fields() -> None:
    for full, cls, schema in made_types():
        wires = {wire_name(each) for each in attrs.fields(cls)}
        if issubclass(cls, Object):
            wires |= {"apiVersion", "kind"}
        assert wires == set(schema["properties"]), full


def test_there_are_all_the_types_of_the_pod_tree() -> None:
    assert len(list(made_types())) == len(GO_FACTS) == 176


def test_every_field_has_the_documented_type() -> None:
    for full, wire, _, annotation, schema in properties():
        assert without_none(annotation) == expected_type(schema), f"{full}.{wire}"


def test_every_field_keeps_how_lists_and_maps_merge() -> None:
    for full, wire, attribute, _, schema in properties():
        facts = facts_of(attribute)
        if (wire, full.rpartition(".")[2]) == ("metadata", attribute.name):
            continue
        assert facts.list_type == schema.get("x-kubernetes-list-type", ""), f"{full}.{wire}"
        assert facts.map_type == schema.get("x-kubernetes-map-type", ""), f"{full}.{wire}"
        assert list(facts.keys) == schema.get("x-kubernetes-list-map-keys", []), f"{full}.{wire}"
        assert facts.merge_key == schema.get("x-kubernetes-patch-merge-key", ""), f"{full}.{wire}"
        strategy = schema.get("x-kubernetes-patch-strategy", "")
        assert ",".join(facts.strategy) == strategy, f"{full}.{wire}"


def test_every_field_keeps_its_documented_values() -> None:
    for full, wire, attribute, _, schema in properties():
        documented = schema.get("enum") or schema.get("items", {}).get("enum", [])
        assert list(facts_of(attribute).enum) == documented, f"{full}.{wire}"


def test_every_type_that_is_replaced_as_a_whole_says_so() -> None:
    for full, cls, schema in made_types():
        atomic = schema.get("x-kubernetes-map-type", "")
        assert getattr(cls, "map_type", "") == atomic, full


def test_absence_means_what_it_means_in_go() -> None:
    for full, wire, attribute, annotation, schema in properties():
        if wire == "metadata":
            continue
        flags = GO_FACTS[full][wire].split()
        optional = annotation != without_none(annotation)
        is_time = schema.get("$ref", "").endswith("Time")
        assert optional == ("pointer" in flags or is_time), f"{full}.{wire}"
        by_value = "$ref" in schema and "pointer" not in flags
        expected = by_value or "omitempty" not in flags
        assert facts_of(attribute).always == expected, f"{full}.{wire}"


def test_fields_stand_in_the_order_of_the_go_source() -> None:
    for full, cls, _ in made_types():
        wires = [wire_name(each) for each in attrs.fields(cls)]
        ordered = [wire for wire in GO_FACTS[full] if wire in wires]
        assert wires == ordered, full


def test_every_class_says_what_it_is() -> None:
    for full, cls, _ in made_types():
        assert cls.__doc__, full
        assert cls.__doc__.rstrip().endswith("."), full


def test_a_fresh_object_of_every_type_is_empty_and_equal_to_another() -> None:
    for full, cls, _ in made_types():
        assert cls() == cls(), full
        assert repr(cls()) == f"{cls.__name__}()", full


def test_every_type_survives_the_wire() -> None:
    codec = Codec()
    for full, cls, _ in made_types():
        empty = cls()
        assert codec.from_dict(codec.to_dict(empty), cls) == empty, full


def filled(annotation: Any, depth: int = 4) -> Any:
    """Some value of a type in which every field is set, down to a depth."""
    annotation = without_none(annotation)
    origin = typing.get_origin(annotation)
    if origin is list:
        return [filled(typing.get_args(annotation)[0], depth)]
    if origin is dict:
        return {"key": filled(typing.get_args(annotation)[1], depth)}
    if origin is tuple:
        return (filled(typing.get_args(annotation)[0], depth),)
    if attrs.has(annotation):
        names = field_types(annotation)
        if depth == 0 or annotation in (ObjectMeta, Condition):
            return annotation()
        return annotation(**{name: filled(each, depth - 1) for name, each in names.items()})
    values = {str: "text", int: 7, bool: True, bytes: b"\x00\xff", Any: 1}
    if annotation in values:
        return values[annotation]
    if issubclass(annotation, Quantity | IntOrString):
        return annotation("1")
    moment = Time("2026-01-02T15:04:05Z").datetime
    return annotation.of(moment)


def test_every_field_survives_the_wire() -> None:
    codec = Codec(core_scheme())
    for full, cls, _ in made_types():
        value = filled(cls)
        tree = codec.to_dict(value)
        assert codec.from_dict(tree, cls) == value, full
        assert codec.copy(value) == value, full
        assert set(tree) == set(SCHEMAS[full]["properties"]), full


def test_values_differ_when_any_field_differs() -> None:
    one = filled(v1.Pod)
    other = Codec().copy(one)
    assert one == other
    other.spec.containers[0].liveness_probe.http_get.port = IntOrString(8080)
    assert one != other
    assert v1.ContainerPort() != v1.VolumeDevice()
    assert v1.ContainerPort() != {}


def test_a_repr_shows_what_was_set_and_no_secret() -> None:
    container = v1.Container(name="web", image="nginx", stdin=False)
    assert repr(container) == "Container(name='web', image='nginx')"
    assert repr(v1.PodSpec(priority=0)) == "PodSpec(priority=0)"
    assert repr(v1.Pod(spec=v1.PodSpec(hostname="h"))) == "Pod(spec=PodSpec(hostname='h'))"
    secret = v1.Secret(
        metadata=ObjectMeta(name="s"), data={"k": b"hunter2"}, string_data={"l": "hunter3"}
    )
    assert "hunter" not in repr(secret)
    assert repr(secret).count("<hidden>") == 2
    assert "hunter" not in repr([secret])


def test_a_server_writes_empty_structs_held_by_value() -> None:
    pod = v1.Pod(spec=v1.PodSpec(containers=[v1.Container(name="c")]))
    assert Codec().to_dict(pod) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {},
        "spec": {"containers": [{"name": "c", "resources": {}}]},
        "status": {},
    }
    status = v1.ContainerStatus(name="c", last_state=v1.ContainerState())
    assert Codec().to_dict(status) == {
        "image": "", "imageID": "", "lastState": {}, "name": "c", "ready": False,
        "restartCount": 0, "state": {},
    }  # fmt: skip


def test_a_server_writes_null_for_a_time_that_is_not_known() -> None:
    assert Codec().to_dict(v1.PodCondition(type="Ready", status="True")) == {
        "lastProbeTime": None, "lastTransitionTime": None, "status": "True", "type": "Ready",
    }  # fmt: skip


def test_a_pointer_keeps_zero_apart_from_nothing() -> None:
    to_dict = Codec().to_dict
    assert to_dict(v1.PodSpec())["containers"] == []
    assert "priority" not in to_dict(v1.PodSpec())
    assert to_dict(v1.PodSpec(priority=0))["priority"] == 0
    assert to_dict(v1.SecurityContext(privileged=False)) == {"privileged": False}
    assert to_dict(v1.PodSpec(host_network=False)).get("hostNetwork") is None


def test_lists_and_maps_are_never_shared_between_objects() -> None:
    one, other = v1.PodSpec(), v1.PodSpec()
    one.containers.append(v1.Container())
    one.node_selector["a"] = "b"
    assert not other.containers
    assert not other.node_selector


def test_a_misspelt_attribute_is_refused() -> None:
    pod = v1.Pod()
    with pytest.raises(AttributeError):
        pod.spec.contianers = []  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        v1.PodSpec(contianers=[])  # type: ignore[call-arg]


def test_the_scheme_knows_every_kind() -> None:
    scheme = core_scheme()
    kinds = {f"{kind.api_version} {kind.kind}" for kind in scheme.kinds()}
    assert kinds == {
        "v1 Binding", "v1 ConfigMap", "v1 Event", "v1 Namespace", "v1 Node", "v1 Pod", "v1 Secret",
        "v1 Service", "apps/v1 Deployment", "coordination.k8s.io/v1 Lease", "policy/v1 Eviction",
        "policy/v1 PodDisruptionBudget", "autoscaling/v1 Scale",
    }  # fmt: skip
    for kind in scheme.kinds():
        assert isinstance(scheme.new(kind), scheme.class_for(kind))
    assert core_scheme() is not scheme


def test_resources_have_the_names_and_places_of_the_api_server() -> None:
    table = {
        each.plural: (each.prefix, each.namespaced, each.singular, each.short_names, each.list_kind)
        for each in core_resources()
    }
    assert table == {
        "configmaps": ("configmaps", True, "configmap", ("cm",), "ConfigMapList"),
        "deployments": ("deployments", True, "deployment", ("deploy",), "DeploymentList"),
        "events": ("events", True, "event", ("ev",), "EventList"),
        "leases": ("leases", True, "lease", (), "LeaseList"),
        "namespaces": ("namespaces", False, "namespace", ("ns",), "NamespaceList"),
        "nodes": ("minions", False, "node", ("no",), "NodeList"),
        "poddisruptionbudgets": (
            "poddisruptionbudgets", True, "poddisruptionbudget", ("pdb",),
            "PodDisruptionBudgetList",
        ),
        "pods": ("pods", True, "pod", ("po",), "PodList"),
        "secrets": ("secrets", True, "secret", (), "SecretList"),
        "services": ("services/specs", True, "service", ("svc",), "ServiceList"),
    }  # fmt: skip


def test_an_eviction_carries_delete_options() -> None:
    data = b'{"apiVersion":"policy/v1","kind":"Eviction","deleteOptions":{"dryRun":["All"]}}'
    decoded = Codec(core_scheme()).decode_any(data)
    assert isinstance(decoded, policy_v1.Eviction)
    assert decoded.delete_options == DeleteOptions(dry_run=("All",))


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*(n for n in sys.modules if n.startswith('kregistry')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    return set(done.stdout.split())


def test_importing_pod_does_not_import_what_it_might_need_later() -> None:
    loaded = modules_after("from kregistry.core.v1 import Pod; Pod()")
    assert "kregistry.core.v1.podspec" in loaded
    for later in ("volume_sources", "cloud_volume_sources", "affinity", "node", "service", "probe"):
        assert f"kregistry.core.v1.{later}" not in loaded


def test_reading_a_plain_pod_does_not_import_other_topics() -> None:
    loaded = modules_after(
        "from kregistry.core.v1 import Pod\n"
        "from kregistry.runtime import Codec\n"
        "Codec().from_dict({'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}, Pod)"
    )
    for other in ("node", "nodestatus", "service", "event", "namespace", "config", "claims"):
        assert f"kregistry.core.v1.{other}" not in loaded


def test_the_door_shows_every_class_and_nothing_else() -> None:
    assert sorted(v1.__all__) == list(v1.__all__)
    for name in v1.__all__:
        assert getattr(v1, name).__name__ == name
    assert set(v1.__all__) <= set(dir(v1))
    core = {full.rpartition(".")[2] for full in GO_FACTS if ".core.v1." in full}
    assert core <= set(v1.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Pood'"):
        v1.Pood  # noqa: B018


def test_options_of_connections_have_their_names_on_the_wire() -> None:
    wires = {wire_name(each) for each in attrs.fields(v1.PodLogOptions)}
    assert wires == {
        "container", "follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines",
        "limitBytes", "insecureSkipTLSVerifyBackend", "stream",
    }  # fmt: skip
    assert Codec().to_dict(v1.PodExecOptions(container="c"))["command"] == []
    assert v1.PodExecOptions(command=("ls",)) == v1.PodExecOptions(command=("ls",))


GOLDEN = sorted((ROOT / "tests/golden").glob("*.json"))
CLASSES = {(kind.api_version, kind.kind): kind for kind in core_scheme().kinds()}


def recorded_objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object of a built-in kind in what a real API server answered."""
    if isinstance(value, list):
        for each in value:
            yield from recorded_objects(each)
    elif isinstance(value, dict):
        if (value.get("apiVersion"), value.get("kind")) in CLASSES and "metadata" in value:
            yield value
        for each in value.values():
            yield from recorded_objects(each)


def with_real_times(text: str) -> str:
    return text.replace('"<time>"', '"2026-01-02T15:04:05Z"')


def test_what_a_real_server_answered_is_written_again_without_a_difference() -> None:
    codec = Codec(core_scheme())
    scheme, seen = core_scheme(), set()
    for path in GOLDEN:
        answers = json.loads(with_real_times(path.read_text()))["answers"]
        for recorded in recorded_objects(answers):
            kind = CLASSES[recorded["apiVersion"], recorded["kind"]]
            seen.add(kind.kind)
            obj = codec.from_dict(recorded, scheme.class_for(kind))
            assert codec.to_dict(obj) == recorded, path.name
    assert {"Pod", "Namespace"} <= seen
