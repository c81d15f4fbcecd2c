from __future__ import annotations

import copy
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patchcases import OBJECTS, UPSTREAM, VALUES, failure, nested, unhurried

from kregistry.meta.errors import StatusError
from kregistry.meta.gvk import GroupVersionKind
from kregistry.runtime.errors import EncodeError
from kregistry.runtime.limits import HIGHEST_MAX_DEPTH, MAX_DEPTH, Limits
from kregistry.server.patch import PatchType, apply_patch, builtin_schema
from kregistry.server.patch.values import fresh, go_text, same

POD = builtin_schema(GroupVersionKind("", "v1", "Pod"))
TYPES = {each.name.lower(): each for each in PatchType}
HERE = [PatchType.JSON, PatchType.MERGE, PatchType.STRATEGIC]
DIRECTIVES = st.sampled_from(
    ["$patch", "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers",
     "$setElementOrder", "containers", "volumes", "name", "metadata", "spec", "finalizers"]
)  # fmt: skip
WORDS = VALUES | st.sampled_from(["replace", "delete", "merge"])
HOSTILE = st.recursive(
    WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(DIRECTIVES, inner),
    max_leaves=15,
)  # fmt: skip
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"])},
        optional={
            "path": st.text("/~01ab-", max_size=6),
            "from": st.text("/~01ab-", max_size=6),
            "value": VALUES,
        },
    ),
    max_size=4,
)


def parts(value: Any) -> set[int]:
    """The identities of everything mutable in a value."""
    found, todo = set(), [value]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list):
            found.add(id(node))
            todo += node.values() if isinstance(node, dict) else node
    return found


def check_is_pure(kind: PatchType, document: Any, patch: Any) -> None:
    """Applies a patch twice: nothing given is changed, and nothing made is shared."""
    before = copy.deepcopy((document, patch))
    made = outcome(kind, document, patch)
    if isinstance(made, StatusError):
        assert made.status.code in (400, 422, 500)
        assert made.status.message
    else:
        assert parts(made).isdisjoint(parts(document) | parts(patch))
        assert len(parts(made)) == count_of_containers(made)
        assert same(outcome(kind, document, patch), made)
    assert same([document, patch], list(before))


def outcome(kind: PatchType, document: Any, patch: Any) -> Any:
    """What is made, or the status that is raised; anything else that is raised fails the test."""
    try:
        return apply_patch(kind, document, patch, schema=POD)
    except StatusError as error:
        return error


def count_of_containers(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, dict | list) + sum(map(count_of_containers, inner))


@unhurried
@given(OBJECTS, OBJECTS | OPERATIONS | VALUES, st.sampled_from(HERE))
def test_inputs_are_left_alone_and_results_share_nothing_with_them(
    document: Any, patch: Any, kind: PatchType
) -> None:
    check_is_pure(kind, document, patch)


@unhurried
@given(st.dictionaries(DIRECTIVES, HOSTILE), st.dictionaries(DIRECTIVES, HOSTILE))
def test_whatever_a_strategic_patch_holds_the_answer_is_a_status_or_an_object(
    document: Any, patch: Any
) -> None:
    check_is_pure(PatchType.STRATEGIC, document, patch)


@pytest.mark.parametrize("number", range(0, len(UPSTREAM), 3))
def test_patches_as_clients_send_them_are_left_alone_too(number: int) -> None:
    case = UPSTREAM[number]
    check_is_pure(TYPES[case["type"]], case["document"], case["patch"])


def test_an_operation_given_twice_makes_two_values() -> None:
    value: list[int] = []
    patch = [{"op": "add", "path": f"/{name}", "value": value} for name in "ab"]
    made = apply_patch(PatchType.JSON, {}, patch)
    made["a"].append(1)
    assert (made, value) == ({"a": [1], "b": []}, [])


@pytest.mark.parametrize("kind", HERE)
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (math.nan, "invalid character 'N' looking for beginning of value"),
        (math.inf, "invalid character 'I' looking for beginning of value"),
        (-math.inf, "invalid character 'I' in numeric literal"),
        (10**400, "json: cannot unmarshal number into Go value of type float64"),
        ("\ud800", "a string holds a lone surrogate"),
        ({"\udfff": 1}, "a string holds a lone surrogate"),
        ({1: 2}, "keys of objects are strings; found a int"),
        ({None: 2}, "keys of objects are strings; found a NoneType"),
        ({(): 2}, "keys of objects are strings; found a tuple"),
        (b"x", "a value of type bytes is no JSON value"),
        ({1, 2}, "a value of type set is no JSON value"),
        (nested(MAX_DEPTH + 1), "exceeded max depth"),
        (nested(100_000), "exceeded max depth"),
    ],
)  # fmt: skip
def test_what_no_json_document_says_is_a_bad_request(
    kind: PatchType, value: Any, problem: str
) -> None:
    patch = (
        [{"op": "add", "path": "/a", "value": value}] if kind is PatchType.JSON else {"a": value}
    )
    status = failure(lambda: apply_patch(kind, {}, patch, schema=POD)).status
    introduced = "" if kind is PatchType.STRATEGIC else "error decoding patch: "
    assert (status.code, status.message) == (400, introduced + problem)


def test_a_patch_that_holds_itself_is_a_bad_request() -> None:
    patch: dict[str, Any] = {}
    patch["a"] = patch
    for kind in (PatchType.MERGE, PatchType.STRATEGIC):
        error = failure(lambda kind=kind: apply_patch(kind, {}, patch, schema=POD))
        assert error.status.code == 400


@pytest.mark.parametrize(
    "document",
    [
        {"a": math.nan},
        {1: 2},
        {"a": object()},
        nested(MAX_DEPTH + 1),
        nested(100_000),
        [],
        None,
        "x",
    ],
)
@pytest.mark.parametrize("kind", HERE)
def test_a_document_that_is_no_json_is_a_mistake_of_the_program(
    kind: PatchType, document: Any
) -> None:
    with pytest.raises(EncodeError):
        apply_patch(kind, document, [] if kind is PatchType.JSON else {}, schema=POD)


@pytest.mark.parametrize("depth", [MAX_DEPTH, HIGHEST_MAX_DEPTH])
def test_documents_and_patches_may_be_as_deep_as_the_limit(depth: int) -> None:
    room = Limits(max_depth=depth)
    old, new = nested(depth, 1), nested(depth, 2)
    operation = {"op": "replace", "path": "/a" * depth, "value": 2}
    assert same(apply_patch(PatchType.JSON, old, [operation], limits=room), new)
    assert same(apply_patch(PatchType.MERGE, old, new, limits=room), new)
    taken = apply_patch(PatchType.STRATEGIC, old | {"spec": {}}, {"b": new["a"]}, schema=POD,
                        limits=room)  # fmt: skip
    assert same(taken, {"a": old["a"], "spec": {}, "b": new["a"]})


def test_integers_beyond_64_bits_become_floats_as_in_go() -> None:
    made = apply_patch(PatchType.MERGE, {}, {"a": 2**63, "b": 2**63 - 1, "c": -(2**63) - 1})
    assert same(made, {"a": float(2**63), "b": 2**63 - 1, "c": -float(2**63)})


def test_a_type_that_is_unknown_or_needs_owners_is_refused() -> None:
    with pytest.raises(ValueError, match="application/json"):
        apply_patch("application/json", {}, {})
    with pytest.raises(ValueError, match="who owns the fields"):
        apply_patch(PatchType.APPLY, {}, {})


def test_the_type_may_be_given_by_its_media_type() -> None:
    assert apply_patch("application/merge-patch+json", {"a": 1}, {"a": 2}) == {"a": 2}


@unhurried
@given(VALUES)
def test_a_copy_is_the_same_and_equality_tells_types_apart(value: Any) -> None:
    assert same(fresh(value, 100), value)
    assert not same(value, [value])
    assert not same({"a": value}, {"b": value})
    if isinstance(value, int) and not isinstance(value, bool):
        assert not same(value, float(value))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"), (1.5, "1.5"), (0.0, "0"), (-0.0, "-0"), (1e20, "100000000000000000000"),
        (1e21, "1e+21"), (1e-4, "0.0001"), (1e-5, "1e-05"), (-2.5e-7, "-2.5e-07"),
        (1.2345678901234568e19, "12345678901234567000"), (1.5e300, "1.5e+300"),
        ({"b": [1, None], "a": {"x": "y z"}}, "map[a:map[x:y z] b:[1 <nil>]]"), ([], "[]"),
    ],
)  # fmt: skip
def test_values_are_printed_as_go_prints_them(value: Any, text: str) -> None:
    assert go_text(value) == text
