from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patchcases import OBJECTS, VALUES, failure, merge_patch, unhurried

from kregistry.server.patch.values import same

MISSING = object()


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc_about_objects(document: Any, patch: Any, result: Any) -> None:
    assert merge_patch(document, patch) == result


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        ({}, {"a": {"x": None, "y": 1}}, {"a": {"y": 1}}),
        ({"a": 1}, {"a": {"x": None}}, {"a": {}}),
        ({"a": None}, {"a": {"x": None}}, {"a": {}}),
        ({}, {"a": [{"x": None}, None, [{"x": None}]]}, {"a": [{}, None, [{}]]}),
        ({"a": [0]}, {"a": [{"x": None}]}, {"a": [{}]}),
        ({"a": {"b": 1}}, {"a": [{"x": None}]}, {"a": [{"x": None}]}),
    ],
)
def test_nulls_of_what_is_new_are_dropped_even_in_lists_but_not_in_place_of_an_object(
    document: Any, patch: Any, result: Any
) -> None:
    assert merge_patch(document, patch) == result


def test_names_are_told_apart_by_case() -> None:
    assert merge_patch({"data": 1}, {"Data": 2, "DATA": None}) == {"data": 1, "Data": 2}


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ([], "error decoding patch: json: cannot unmarshal array into Go value of type "
             "map[string]interface {}"),
        ("x", "error decoding patch: json: cannot unmarshal string into Go value of type "
              "map[string]interface {}"),
        (1.5, "error decoding patch: json: cannot unmarshal number into Go value of type "
              "map[string]interface {}"),
        (True, "error decoding patch: json: cannot unmarshal bool into Go value of type "
               "map[string]interface {}"),
        (None, "Invalid JSON Patch"),
    ],
)  # fmt: skip
def test_a_patch_that_is_no_object_is_a_bad_request(patch: Any, message: str) -> None:
    status = failure(merge_patch, {"a": 1}, patch).status
    assert (status.code, status.reason, status.message) == (400, "BadRequest", message)


def reference(target: Any, patch: Any) -> Any:
    """MergePatch of RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = reference(target.get(name), value)
    return target


def has_null_in_a_list(value: Any, *, listed: bool = False) -> bool:
    if isinstance(value, dict):
        return any(
            (listed and member is None) or has_null_in_a_list(member, listed=listed)
            for member in value.values()
        )
    return isinstance(value, list) and any(has_null_in_a_list(v, listed=True) for v in value)


@unhurried
@given(OBJECTS, OBJECTS)
def test_it_is_the_rfc_but_for_nulls_of_objects_in_lists(document: Any, patch: Any) -> None:
    made = merge_patch(document, patch)
    if not has_null_in_a_list(patch):
        assert same(made, reference(copy.deepcopy(document), patch))


def difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The merge patch that leads from one to the other."""
    patch: dict[str, Any] = dict.fromkeys(old.keys() - new.keys())
    for name, value in new.items():
        before = old.get(name, MISSING)
        if isinstance(before, dict) and isinstance(value, dict):
            patch[name] = difference(before, value)
        elif before is MISSING or not same(before, value):
            patch[name] = value
    return patch


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


@unhurried
@given(OBJECTS, OBJECTS.map(without_nulls))
def test_the_difference_of_two_objects_leads_from_one_to_the_other(old: Any, new: Any) -> None:
    """Objects without null members: a patch can delete a member, but not set it to null."""
    assert same(merge_patch(old, difference(old, new)), new)


@unhurried
@given(OBJECTS, OBJECTS)
def test_a_patch_applied_twice_is_a_patch_applied_once(document: Any, patch: Any) -> None:
    once = merge_patch(document, patch)
    if not has_null_in_a_list(patch):
        assert same(merge_patch(once, patch), once)


@unhurried
@given(OBJECTS, st.lists(VALUES, max_size=3))
def test_a_list_takes_the_place_of_what_was_there(document: Any, items: Any) -> None:
    made = merge_patch(document, {"a": items})
    assert isinstance(made["a"], list)
    assert len(made["a"]) == len(items)
