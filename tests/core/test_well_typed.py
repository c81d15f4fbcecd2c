"""The quick look at the types of values finds no fewer wrong ones than the search by places."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from kinds import made

from kregistry.core.apps_v1 import Deployment
from kregistry.core.pod.typecheck import type_errors
from kregistry.core.pod.welltyped import is_well_typed
from kregistry.core.v1 import Pod, Service
from kregistry.meta.model import Model
from kregistry.meta.object import Object
from kregistry.runtime.shapes import struct_of

POD = {
    "labels": {"app": "web"},
    "containers": [
        {
            "name": "c",
            "image": "i",
            "args": ["-v"],
            "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "ports": [{"name": "http", "containerPort": 80}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
            "livenessProbe": {"httpGet": {"port": "http"}},
        }
    ],
    "volumes": [{"name": "v", "configMap": {"name": "m", "items": [{"key": "k", "path": "p"}]}}],
}
SPEC = {name: value for name, value in POD.items() if name != "labels"}
OWNERS = [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u", "controller": True}]
META = {"name": "a", "labels": POD["labels"], "ownerReferences": OWNERS, "finalizers": ["x/y"]}
OBJECTS: list[Object] = [
    made(Pod, {"metadata": META, "spec": SPEC}),
    made(Service, {"metadata": META, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}}),
    made(
        Deployment,
        {
            "metadata": META,
            "spec": {
                "selector": {"matchLabels": POD["labels"]},
                "template": {"metadata": {"labels": POD["labels"]}, "spec": SPEC},
            },
        },
    ),
]
WRONG: list[Any] = [None, 5, 1.5, "x", True, [None], {"a": None}, {5: "x"}, object()]


def holders(value: Any) -> Iterator[Any]:
    """Every struct, list and map in *value*, itself included."""
    yield value
    if isinstance(value, Model):
        inner = [getattr(value, member.attribute) for member in struct_of(type(value)).attributes]
    else:
        inner = list(value.values() if isinstance(value, dict) else value)
    for each in inner:
        if isinstance(each, Model | list | dict):
            yield from holders(each)


def places(holder: Any) -> list[Any]:
    if isinstance(holder, Model):
        return [member.attribute for member in struct_of(type(holder)).attributes]
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def put(holder: Any, place: Any, value: Any) -> Any:
    """Put *value* there, and give back what was there before."""
    if isinstance(holder, Model):
        before = getattr(holder, place)
        setattr(holder, place, value)
    else:
        before, holder[place] = holder[place], value
    return before


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.kind)
def test_a_decoded_object_passes(obj: Object) -> None:
    assert is_well_typed(obj, depth=50)
    assert type_errors(obj) == []


@pytest.mark.parametrize("obj", OBJECTS, ids=lambda obj: obj.kind)
def test_no_wrong_value_passes_wherever_it_is(obj: Object, monkeypatch: pytest.MonkeyPatch) -> None:
    spoilt = copy.deepcopy(obj)
    found = 0
    for holder in list(holders(spoilt)):
        for place in places(holder):
            for wrong in WRONG:
                before = put(holder, place, wrong)
                passes = is_well_typed(spoilt, depth=50)
                with monkeypatch.context() as patched:
                    patched.setattr("kregistry.core.pod.typecheck.is_well_typed", _never)
                    errs = type_errors(spoilt)
                put(holder, place, before)
                assert not (passes and errs), (place, wrong)
                found += bool(errs)
    assert found > 200
    assert is_well_typed(spoilt, depth=50)


def _never(obj: object, *, depth: int) -> bool:
    return False


def test_what_is_too_deep_to_look_at_does_not_pass() -> None:
    assert not is_well_typed(OBJECTS[0], depth=3)


def test_subclasses_are_left_to_the_search() -> None:
    class Name(str):
        """A string, and not quite."""

    pod = copy.deepcopy(OBJECTS[0])
    pod.metadata.name = Name("a")
    assert not is_well_typed(pod, depth=50)
    assert type_errors(pod) == []
