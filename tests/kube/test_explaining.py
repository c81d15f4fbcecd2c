"""What a failed comparison of objects tells, without pytest around it."""

from __future__ import annotations

from typing import Any

import pytest
from wire import config_map

from kregistry.core.v1 import ConfigMap
from kregistry.kube import Requests
from kregistry.kube.differing import Difference, Missing, differences
from kregistry.kube.explaining import explain
from kregistry.kube.plugin import pytest_assertrepr_compare
from kregistry.meta.objectmeta import ObjectMeta

NOTHING = Missing.MISSING


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", 1, 2)]),
        ({"a": None}, {}, [("a", None, NOTHING)]),
        ({}, {"a": None}, [("a", NOTHING, None)]),
        ({"a": {}}, {"a": []}, [("a", {}, [])]),
        ({"a": [1, 2]}, {"a": [1]}, [("a[1]", 2, NOTHING)]),
        ({"x.io/y": 1}, {"x.io/y": 2}, [("['x.io/y']", 1, 2)]),
        (
            [{"name": "a", "v": 1}, {"name": "b"}],
            [{"name": "b"}, {"name": "a", "v": 2}],
            [("[name=a].v", 1, 2), (" (order)", ["a", "b"], ["b", "a"])],
        ),
        (
            [{"name": "a"}, {"name": "a", "v": 1}],
            [{"name": "a"}, {"name": "a", "v": 2}],
            [("[1].v", 1, 2)],
        ),
        (
            [{"type": "Ready", "status": "True"}],
            [{"type": "Ready", "status": "False"}],
            [("[type=Ready].status", "True", "False")],
        ),
        ([config_map("a")], [config_map("b")], None),
    ],
)
def test_differences_are_told_by_their_path(left: Any, right: Any, found: Any) -> None:
    told = [(each.path, each.left, each.right) for each in differences(left, right)]

    if found is None:
        found = [
            ("[name=a]", config_map("a"), NOTHING),
            ("[name=b]", NOTHING, config_map("b")),
        ]
    assert told == found


@pytest.mark.parametrize(
    ("path", "noise"),
    [
        ("metadata.uid", True),
        ("[name=a].metadata.resourceVersion", True),
        ("spec.template.metadata.uid", False),
        ("metadata.name", False),
    ],
)
def test_only_the_metadata_of_an_object_is_noise(path: str, noise: bool) -> None:
    assert Difference(path, 1, 2).is_noise is noise


def test_our_own_objects_are_told_like_dicts() -> None:
    left = ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "v"})
    right = ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "w"})

    assert explain(left, right) == ["ConfigMap a == ConfigMap a", "  data.k: 'v' != 'w'"]


def test_an_object_and_a_dict_of_the_same_are_told_like_dicts() -> None:
    left = ConfigMap(metadata=ObjectMeta(name="a"), data={"k": "v"})

    assert explain(left, config_map("a", k="w")) == [
        "ConfigMap a == ConfigMap a",
        "  data.k: 'v' != 'w'",
    ]


def test_many_differences_are_cut_short_unless_all_are_wanted() -> None:
    left = config_map("a", **{f"k{n}": "x" * 500 for n in range(50)})
    right = config_map("a")

    short, full = explain(left, right), explain(left, right, full=True)

    assert short is not None
    assert full is not None
    assert len(short) == 42
    assert short[-1] == "  ... and 10 more differences; -vv shows all"
    assert max(map(len, short)) < 200
    assert len(full) == 51


def test_other_things_are_not_explained_here() -> None:
    for left, right in (({"a": 1}, 7), (7, 7), ([1], [2]), (config_map("a"), config_map("a"))):
        assert explain(left, right) is None
    assert explain(Requests(), 7) is None


def test_an_odd_comparison_never_hides_the_failure(request: pytest.FixtureRequest) -> None:
    class Odd:
        def __eq__(self, other: object) -> Any:
            raise ZeroDivisionError

        __hash__ = None  # type: ignore[assignment]

    deep: dict[str, Any] = config_map("a")
    deep["data"] = deep
    itself: list[Any] = []
    itself.append(itself)

    for left, right in (
        ({**config_map("a"), "data": Odd()}, config_map("a")),
        (deep, {**config_map("a"), "data": {**deep}}),
        (itself, itself),
        ([], config_map("a")),
        ({1: 2, "kind": None, "metadata": None}, {"kind": 7, "apiVersion": []}),
    ):
        told = pytest_assertrepr_compare(request.config, "==", left, right)
        assert told is None or all(isinstance(line, str) for line in told)
    assert pytest_assertrepr_compare(request.config, "!=", deep, deep) is None
